"""Which recorded fact excuses a break of a rule: one about the same item or part, and within a time limit.

The decision uses only what a fault did to which item or part. It uses neither the controller, nor its settings, nor the
fault's class. A fact about an item excuses that item until it leaves the belt. It also excuses the items directly ahead
and behind if the controller could confuse them with it, since no message carries an item's number. A fact about a part
excuses what the part does in the same stroke, or while one item travels from gate to rod.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from twin import trace
from twin.scenario.layout import LOADER
from twin.trace import Effect
from twin.verdict.absence import AWAY
from twin.verdict.fact import Fact
from twin.verdict.facts import SEEN_WRONGLY, Facts
from twin.verdict.parts import carried


def _effects(*names: Effect) -> frozenset[Effect]:
    return frozenset(names)


MOVED: Final = _effects("off_pace", "longer", "two_loaded", "taken_off", "put_back", "laid_down", "held")
"""What changed an item's movement in a way that a controller cannot know."""

UNANSWERED: Final = _effects("answer_lost", "answer_late", "answer_false")
"""Wrong or missing answers of the recognizer."""

UNOBEYED: Final = _effects(
    "command_lost", "command_late", "command_twice", "command_false", "push_failed", "stroke_slow", "rod_stuck",
)  # fmt: skip
"""What made a rod or the belt deviate from its commands."""

REJECTABLE: Final = SEEN_WRONGLY | MOVED | UNANSWERED | UNOBEYED | AWAY
"""Effects that excuse the reject of the item itself."""

MISTAKABLE: Final = (SEEN_WRONGLY | MOVED | UNOBEYED | AWAY) - _effects("picture_spoilt")
"""Effects on one item that the controller may attribute to a neighbour."""

RELEARNED: Final = 2
"""After misleading times of two items in a row, or of the first item of all, a controller needs this many items at each
sensor to learn the line's times again."""


UNSEEN: Final = _effects("off_pace", "command_lost", "command_late")
"""Effects that may stop an item between sensors, where no sensor sees it."""

LEAST_RIDE: Final = 0.5
"""The share of a whole ride for which the belt must have run before an item off pace can seem to have left it. A
controller may have learned the line's times from a belt that was too fast, so it is not 1."""


class Excuses:
    """The excuses of one run. Each method returns the fact that excuses a break, or None."""

    def __init__(self) -> None:
        self.facts = Facts()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The method to call for each record type, after that of the facts.

        If an item is held up, struck, or loaded onto another item because of a fault, that becomes a fact about it.
        """
        return {
            trace.Held: lambda record: self._note(record, self.held(record)),
            trace.Struck: lambda record: self._note(record, self.struck(record.item, record.rod)),
            trace.Loaded: lambda record: self._note(record, None if record.onto is None else self.onto(record.onto)),
        }

    def reject(self, item: int) -> Fact | None:
        """Why an item may be rejected: an effect on it or on a neighbour, or times that had to be learned again."""
        facts = self.facts.item(item)
        effect = _first(facts.noticed, REJECTABLE) or _first(facts.beside, MISTAKABLE)
        return effect or self._relearning(item) or _first(facts.own, _effects("rode_on"))

    def carried(self, item: int, bin_number: int, bin_of: Callable[[int], int]) -> Fact | None:
        """Why an item may go into a wrong bin: one that lies on or under it, or blocked its way, belongs or fell there.

        `bin_of` tells where an item belongs. An object that is no item belongs nowhere: it may go anywhere.
        """
        if bin_number in self.facts.item(item).led_to:
            return self.facts.item(item).led_to[bin_number]
        for other, since_s in self.facts.leaders(item).items():
            if other < 0 or bin_of(other) == bin_number or bin_number in self.facts.item(other).led_to:
                return carried(since_s, other)
        return None

    def struck(self, item: int, rod: int) -> Fact | None:
        """Why a rod may strike an item."""
        own = _first(self.facts.item(item).own, MOVED | _effects("edge_late", "edge_twice"))
        return self._unobeyed(rod, self._approach_s(rod)) or own

    def held(self, record: trace.Held) -> Fact | None:
        """Why an item may run into a rod, or into an item that stands still."""
        cause = self.rod_out(record.rod, record.t_s) if record.rod is not None else None
        if record.behind is not None:
            cause = _first(self.facts.item(record.behind).own, _effects("held", "taken_off"))
        return cause or _first(self.facts.item(record.item).own, MOVED)

    def rod_out(self, rod: int, now_s: float) -> Fact | None:
        """Why a rod may be out now: its pull did not arrive, it did not obey, or the controller was cut off."""
        return self._unobeyed(rod, self.facts.rod(rod).extended_s) or self._away(now_s)

    def unrest(self, requested_s: float, rods: tuple[int, ...], *, running: bool) -> Fact | None:
        """Why belt or rods may not be at rest after the request to end: the command to each of them was lost."""
        causes = [self.facts.of_part("belt", _effects("command_lost"), requested_s)] if running else []
        causes += [self._unobeyed(rod, max(requested_s, self.facts.rod(rod).extended_s)) for rod in rods]
        return causes[-1] if all(causes) else None

    def onto(self, item: int) -> Fact | None:
        """Why another item may be loaded onto this one: either item moved unexpectedly, or the loader did not obey."""
        stroke_s = self.facts.rod(LOADER).extended_s
        other = self.facts.of_part("loader", MOVED, stroke_s)
        return _first(self.facts.item(item).own, MOVED) or other or self._unobeyed(LOADER, stroke_s)

    def push_at_nothing(self, rod: int) -> Fact | None:
        """Why a rod may push without an item in front of it."""
        since_s = self._approach_s(rod)
        seen = self.facts.of_part(f"gate {rod - 1}", _effects("edge_late", "edge_twice", "taken_off"), since_s)
        return self._unobeyed(rod, since_s) or seen

    def left_on_belt(self, item: int, now_s: float) -> Fact | None:
        """Why an item may be left on the belt in a stalled run: it was stopped where no sensor sees it.

        So its fact came before the belt was stopped, and lasted until then or had ended within one trip before.
        """
        facts, belt = self.facts.item(item), self.facts.belt
        stopped_s = belt.stopped_s(now_s)
        hindered = _first(facts.own, _effects("held")) is not None
        for fact in facts.noticed:
            if fact.what not in UNSEEN or fact.t_s > stopped_s:
                continue
            ended_s = max(self._until_s(fact, now_s), facts.held_s if hindered else 0.0)
            may_seem_gone = fact.what != "off_pace" or hindered or self._has_ridden(item, now_s)
            if may_seem_gone and ended_s >= stopped_s - self.facts.bounds.trip_s:
                return fact
        return None

    def left_at_rest(self, item: int, now_s: float) -> Fact | None:
        """Why a controller may end with an item on the belt: no sensor sees it, or it was there before a restart."""
        return self.left_on_belt(item, now_s) or _first(self.facts.item(item).own, _effects("restarted"))

    def stall(self, on_belt: list[int], now_s: float, *, in_stack: bool) -> Fact | None:
        """Why there may be no progress: a fault is in the way, or all items left lie where no sensor sees them.

        It is in the way if it is acting, and has had an effect since shortly before an item last made progress: nobody
        needs to wait for one that does nothing.
        """
        acting = self.facts.acting(self.facts.progress_s - self.facts.bounds.stall_s)
        if acting is not None:
            return Fact(0.0, "acting", "line", acting)
        left = [self.left_on_belt(item, now_s) for item in on_belt]
        return left[0] if left and all(left) and not in_stack else None

    def _until_s(self, fact: Fact, now_s: float) -> float:
        """When an effect ended: a wrong speed lasts until the belt has the right one again."""
        if fact.what != "off_pace":
            return fact.t_s
        on_pace = self.facts.of_part("belt", _effects("on_pace"), fact.t_s)
        return now_s if on_pace is None else on_pace.t_s

    def _has_ridden(self, item: int, now_s: float) -> bool:
        """Whether the belt has run for so long since an item was loaded that it can seem to have left the belt."""
        ran_s = self.facts.belt.ran_s(now_s) - self.facts.item(item).ran_s
        return ran_s >= LEAST_RIDE * self.facts.bounds.ride_s

    def _note(self, record: trace.Held | trace.Struck | trace.Loaded, cause: Fact | None) -> None:
        if cause is not None:
            self.facts.add(cause._replace(t_s=record.t_s, what="held"), record.item)

    def _approach_s(self, rod: int) -> float:
        """The earliest time at which the item of this stroke can have left the gate before the rod."""
        return self.facts.rod(rod).extended_s - self.facts.bounds.leg_s

    def _unobeyed(self, rod: int, since_s: float) -> Fact | None:
        facts = self.facts
        return facts.of_part(f"rod {rod}", UNOBEYED, since_s) or facts.of_part("rods", UNOBEYED, since_s)

    def _away(self, now_s: float) -> Fact | None:
        """The fact that the controller is cut off, or was reconnected only shortly before."""
        return self.facts.absence.fact(now_s, self.facts.bounds.stall_s)

    def _relearning(self, item: int) -> Fact | None:
        """The fact behind misleading times at a sensor that at most `RELEARNED` items have passed since."""
        mistimed = self.facts.mistimed
        for sensor in self.facts.sensors:
            before = self.facts.passed_before(item, sensor)[: RELEARNED + 1]
            for later, earlier in pairwise(before):
                if later is not None and later in mistimed and (earlier is None or earlier in mistimed):
                    return mistimed[later]
        return None


def _first(facts: Iterable[Fact], effects: frozenset[Effect]) -> Fact | None:
    return next((fact for fact in facts if fact.what in effects), None)
