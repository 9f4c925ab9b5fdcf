"""The faults of a run at work: parts ask which act on them now, and what a fault did is recorded as a physical fact.

A part's behaviour is a function of all faults that act at the time, never of the order in which they began and ended.
What a fact excuses is none of this module's business: the verdict reads the records.
"""

from collections.abc import Callable
from functools import partial
from itertools import chain
from random import Random
from typing import Final, TypeVar

from twin import trace
from twin.plant.belt_item import BeltItem
from twin.plant.item_queue import ItemQueue
from twin.scenario import faults
from twin.scenario.faults import AnyFault
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline

F = TypeVar("F", bound=faults.Fault)

BELT: Final = (faults.BeltSpeed, faults.BeltDrift, faults.BeltStops)


class FaultInjector:
    """A scenario's faults, by kind. `record` takes what they do."""

    def __init__(
        self, timeline: Timeline, scenario: Scenario, stream: Random, record: Callable[[trace.AnyRecord], None]
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._stream = stream
        self._kinds: dict[type[faults.Fault], list[AnyFault]] = {}
        for fault in scenario.faults:
            self._kinds.setdefault(type(fault), []).append(fault)
        self._ramp_s = scenario.layout.belt_ramp_s
        self._queue: ItemQueue | None = None

    def watch(self, queue: ItemQueue) -> None:
        """From now on a fact names the items on `queue` beside it; call once the line stands."""
        self._queue = queue
        for fault in chain.from_iterable(self._kinds.values()):
            self._timeline.call_at(fault.from_s, partial(self._note, fault, True))
            self._timeline.call_at(fault.until_s, partial(self._note, fault, False))
        for each in chain.from_iterable(self.all(kind) for kind in BELT):
            self._timeline.call_at(each.from_s, partial(self.disturb_all, each, "off_pace", "belt"))
            self._timeline.call_at(each.until_s + self._ramp_s, partial(self._belt_heals, each))

    def all(self, kind: type[F]) -> list[F]:
        """Every fault of a kind, in the scenario's order."""
        return self._kinds.get(kind, [])  # type: ignore[return-value]

    def active(self, kind: type[F], **where: object) -> list[F]:
        """The faults of a kind that act on a part now, in the scenario's order."""
        if kind not in self._kinds:
            return []
        now_s = self._timeline.now
        return [
            fault for fault in self.all(kind)
            if fault.from_s <= now_s < fault.until_s
            and all(getattr(fault, field) == value for field, value in where.items())
        ]  # fmt: skip

    def on_change(self, kind: type[faults.Fault], act: Callable[[], None], **where: object) -> None:
        """Call `act` whenever a fault of a kind begins or ends on a part."""
        for fault in self.all(kind):
            if all(getattr(fault, field) == value for field, value in where.items()):
                self._timeline.call_at(fault.from_s, act)
                self._timeline.call_at(fault.until_s, act)

    def next_change_s(self, *kinds: type[faults.Fault]) -> float:
        """When the next fault of these kinds begins or ends; infinity where none does."""
        now_s = self._timeline.now
        times_s = [at_s for kind in kinds for fault in self.all(kind) for at_s in (fault.from_s, fault.until_s)]
        return min((at_s for at_s in times_s if at_s > now_s), default=float("inf"))

    def drawn(self, share: float) -> bool:
        """Whether a fault with a share acts this time."""
        return self._stream.random() < share

    def disturb(
        self, fault: faults.Fault, what: trace.Effect, part: str, *, item: int | None = None, at_m: float | None = None
    ) -> None:
        """A fault did `what` at a part, to an item or to none.

        The fact names the items that are next to that item on the belt, ahead and behind; without an item those next
        to the part, which stands at `at_m`; without either, none.
        """
        beside = () if self._queue is None else self._queue.beside(item, at_m)
        self._record(trace.Disturbed(self._timeline.now, what, part, item, beside, _tag(fault)))

    def disturb_all(self, fault: faults.Fault, what: trace.Effect, part: str) -> None:
        """A fault did `what` at a part, to every item on the belt; if there is none, that it did is recorded all the
        same.
        """
        now_s, tag = self._timeline.now, _tag(fault)
        self._record(trace.Disturbed(now_s, what, part, None, (), tag))
        for belt_item in self._queue or ():
            self._record(trace.Disturbed(now_s, what, part, belt_item.number, (), tag))

    def laid(self, belt_item: BeltItem) -> None:
        """An item comes onto the belt: if the belt is not at its pace, the item rides otherwise than it should."""
        for fault in self._unpaced():
            self.disturb(fault, "off_pace", "belt", item=belt_item.number)

    def _unpaced(self) -> list[faults.Fault]:
        """The faults for which the belt is not at its pace now: it needs its ramp to come back to that."""
        now_s, belt = self._timeline.now, chain.from_iterable(self.all(kind) for kind in BELT)
        return [fault for fault in belt if fault.from_s <= now_s < fault.until_s + self._ramp_s]

    def _belt_heals(self, fault: faults.Fault) -> None:
        if not self._unpaced():
            self.disturb(fault, "on_pace", "belt")

    def _note(self, fault: faults.Fault, acts: bool) -> None:
        self._record(trace.FaultActs(self._timeline.now, _tag(fault), acts))


def _tag(fault: faults.Fault) -> str:
    """A fault's name in files."""
    tag = type(fault).__struct_config__.tag
    assert isinstance(tag, str)
    return tag
