"""Scenarios whose faults are aimed at items, for a program that loads them when it likes; and smaller ones."""

from collections.abc import Hashable, Iterator
from typing import Any, Final

import msgspec

from scenarios.pace import Pace
from scenarios.strategies import HAND_S, one_loss_at_a_time
from twin import Item, Layout, LinkModel, RecognizerModel, Scenario, faults
from twin.scenario.faults import LONGEST_DELAY_S

PASSING_S: Final = 1.0
"""Length of a fault that acts on one item at one place."""

SOONEST_S: Final = 0.1
"""When an aimed fault begins at the soonest. A broker that was never there is no broker that is lost."""

LONGEST_AIM_S: Final = 15.0
MOST_DELAYED_S: Final = 5.0
"""No message is on its way for longer, in s. Were it any time, no program could tell an item's from those of the next.
"""


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """Where a fault acts: from `before_s` before the item at place `item` of the stack gets to `at_m`, for `lasts_s`.

    The place is counted modulo the number of items. With `next_m` the fault is an answer, a picture or every message
    that comes late, when the item behind is there, however long the fault's own delay is.
    """

    item: int
    at_m: float
    before_s: float = PASSING_S / 2
    lasts_s: float = PASSING_S
    next_m: float | None = None

    def span(self, pace: Pace, stack: tuple[Item, ...], layout: Layout) -> tuple[float, float]:
        """Begin and end of the fault with a program of this pace, in s, to a tenth."""
        loaded_s = pace.loaded_s(stack, self.item % len(stack))
        from_s = round(max(SOONEST_S, loaded_s + self.at_m / layout.belt_speed_m_per_s - self.before_s), 1)
        return from_s, round(from_s + self.lasts_s, 1)

    @property
    def places_dm(self) -> tuple[int | None, ...]:
        """Where it acts, and where the next item is then, in whole decimetres."""
        return tuple(None if place_m is None else round(10 * place_m) for place_m in (self.at_m, self.next_m))

    def without(self, place: int, count: int) -> "Aim":
        """The same aim when the item at this place of `count` is gone. Was it its own, it is the one behind that."""
        item = self.item % count
        return msgspec.structs.replace(self, item=item - 1 if item > place else item)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario whose faults, and whose end, are aimed at items, but have no times yet."""

    scenario: Scenario
    aims: tuple[tuple[Any, Aim], ...] = ()
    stop: Aim | None = None

    def at(self, pace: Pace) -> Scenario:
        """The scenario for a program of this pace."""
        stack, layout = tuple(self.scenario.stack()), self.scenario.layout
        drawn = []
        for fault, aim in self.aims:
            if isinstance(fault, faults.RetainedMessage):
                drawn.append(fault)  # It lies there from the beginning: it acts when somebody subscribes.
                continue
            from_s, until_s = aim.span(pace, stack, layout)
            if isinstance(fault, faults.TakenOff):
                until_s = round(from_s + HAND_S, 1)  # The hand waits for its item to come.
                fault = msgspec.structs.replace(fault, item=min(fault.item, len(stack)))  # noqa: PLW2901
            if aim.next_m is not None:
                delay_s = _delay_s(aim.next_m, _missed_s(fault, pace), layout)
                if isinstance(fault, faults.LinkDelay):
                    delay_s = min(delay_s, MOST_DELAYED_S)
                fault = msgspec.structs.replace(fault, delay_s=delay_s)  # noqa: PLW2901
            drawn.append(msgspec.structs.replace(fault, from_s=from_s, until_s=until_s))
        stop_s = None if self.stop is None else self.stop.span(pace, stack, layout)[0]
        return msgspec.structs.replace(self.scenario, faults=one_loss_at_a_time(drawn), stop_s=stop_s)

    @property
    def outline(self) -> Hashable:
        """What matters most: classes, what goes wrong, and where; numbers without their fractions."""
        stack = tuple(self.scenario.stack())
        aims = [*self.aims, *([] if self.stop is None else [(self.scenario.stop_signal, self.stop)])]
        return (
            tuple(item.item_class for item in stack),
            tuple((_rounded(fault), aim.item % len(stack), aim.places_dm) for fault, aim in aims),
        )  # fmt: skip

    def smaller(self) -> Iterator["Draft"]:
        """Drafts with less in them, those with the least first; then some with more usual values."""
        if self.aims:
            yield msgspec.structs.replace(self, aims=())
        if len(self.aims) > 1:
            yield from (msgspec.structs.replace(self, aims=(aimed,)) for aimed in self.aims)
        count = self.scenario.item_count
        for left in range(1, count - 1):
            yield self._first(left)
        if count > 1:
            yield from (self._without(place) for place in reversed(range(count)))
        usual: dict[str, Any] = {
            "link": LinkModel(), "recognizer": RecognizerModel(), "schedule": 0, "seed": 0, "stop_signal": "SIGTERM",
        }  # fmt: skip
        stack = tuple(Item(item_class=item.item_class) for item in self.scenario.stack())
        yield self._with(items=stack, **usual)
        yield from (self._with(**{name: value}) for name, value in {**usual, "items": stack}.items())
        if self.aims:
            aims = tuple((fault, Aim(item=aim.item, at_m=aim.at_m, next_m=aim.next_m)) for fault, aim in self.aims)
            yield msgspec.structs.replace(self, aims=aims)

    def _with(self, **fields: Any) -> "Draft":
        return msgspec.structs.replace(self, scenario=msgspec.structs.replace(self.scenario, **fields))

    def _first(self, left: int) -> "Draft":
        """Without the items at the stack's end."""
        draft = self
        while draft.scenario.item_count > left:
            draft = draft._without(draft.scenario.item_count - 1)
        return draft

    def _without(self, place: int) -> "Draft":
        """Without the item at a place of the stack. The faults stay with their items."""
        stack = tuple(self.scenario.stack())
        aims = tuple((fault, aim.without(place, len(stack))) for fault, aim in self.aims)
        stop = None if self.stop is None else self.stop.without(place, len(stack))
        left = self._with(items=stack[:place] + stack[place + 1 :])
        return msgspec.structs.replace(left, aims=aims, stop=stop)


def _missed_s(fault: Any, pace: Pace) -> float:
    """How long after an item whose messages or answer come late the program loads the next one."""
    if isinstance(fault, faults.LinkDelay):
        return pace.silent_s
    return pace.unseen_s if isinstance(fault, faults.LateImage) else pace.unanswered_s


def _delay_s(next_m: float, missed_s: float, layout: Layout) -> float:
    """How late it comes, in s, to a tenth, if the item behind, loaded `missed_s` later, is at `next_m` then.

    No later than a fault can have it: on a long line, or with a program that waits for long.
    """
    late_s = missed_s + (next_m - layout.camera_m) / layout.belt_speed_m_per_s
    return min(LONGEST_DELAY_S, max(0.1, round(late_s, 1)))


def _rounded(fault: Any) -> Hashable:
    """A fault's kind, and its fields without fractions."""
    if isinstance(fault, str):
        return fault
    fields = msgspec.structs.asdict(fault)
    return type(fault), tuple(round(value) if isinstance(value, float) else value for value in fields.values())
