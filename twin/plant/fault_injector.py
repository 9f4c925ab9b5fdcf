"""The faults of a run. A part asks which faults act on it now; each effect of a fault is recorded as a physical fact.

A part's behaviour is a function of all faults that act on it now, never of the order in which they began and ended.
This module does not decide what a fact excuses: the verdict does, from the records.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from random import Random
from typing import Any, Final, TypeVar

import msgspec

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
    """A scenario's faults, by kind. `record` takes each effect of a fault, and each begin and end.

    `injected` has the faults that people made act while the run was on, by number.
    """

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
        self._listeners: list[tuple[type[faults.Fault], dict[str, object], Callable[[AnyFault, bool], None]]] = []
        self._watched = 0
        self.injected: dict[int, AnyFault] = {}
        self._healed: set[int] = set()

    def watch(self, queue: ItemQueue) -> None:
        """Name the neighbours in `queue` in each fact from now on, and record begins and ends. Call this once."""
        self._queue = queue
        self._watched = len(self._listeners)
        for fault in chain.from_iterable(self._kinds.values()):
            self._timeline.call_at(fault.from_s, partial(self._record_acts, fault, True))
            self._timeline.call_at(fault.until_s, partial(self._record_acts, fault, False))
        for belt_fault in chain.from_iterable(self.all(kind) for kind in BELT):
            self._timeline.call_at(belt_fault.from_s, partial(self.disturb_all, belt_fault, "off_pace", "belt"))
            self._timeline.call_at(belt_fault.until_s + self._ramp_s, partial(self._belt_recovers, belt_fault))

    def all(self, kind: type[F]) -> list[F]:
        """Every fault of a kind, in the scenario's order."""
        return self._kinds.get(kind, [])  # type: ignore[return-value]

    def active(self, kind: type[F], **where: object) -> list[F]:
        """The faults of a kind that act now, in the scenario's order.

        `where` selects a part: names of the fault's fields and their values, such as `rod=2`.
        """
        if kind not in self._kinds:
            return []
        now_s = self._timeline.now
        return [
            fault for fault in self.all(kind)
            if fault.from_s <= now_s < fault.until_s and _fits(fault, where)
        ]  # fmt: skip

    def first(self, kind: type[F], **where: object) -> F | None:
        """The first of the faults of a kind that act now, or None; `where` selects a part, as for `active`."""
        return next(iter(self.active(kind, **where)), None)

    def on_change(self, kind: type[faults.Fault], act: Callable[[], None], **where: object) -> None:
        """Call `act` whenever a fault of a kind begins or ends; `where` selects a part, as for `active`."""
        self._listeners.append((kind, where, lambda fault, acts: act()))
        for fault in self.all(kind):
            if _fits(fault, where):
                self._timeline.call_at(fault.from_s, act)
                self._timeline.call_at(fault.until_s, act)

    def on_begin(self, kind: type[F], act: Callable[[F], None], **where: object) -> None:
        """Call `act` with each fault of a kind when it begins; `where` selects a part, as for `active`."""
        self._listeners.append((kind, where, lambda fault, acts: act(fault) if acts else None))  # type: ignore[arg-type]
        for fault in self.all(kind):
            if _fits(fault, where):
                self._timeline.call_at(fault.from_s, partial(act, fault))

    def on_injected(self, kind: type[faults.Fault], act: Callable[[Any, bool], None]) -> None:
        """Call `act` with each fault of a kind that a person makes act (True), and when it has ended (False)."""
        self._listeners.append((kind, {}, act))

    def inject(self, fault: AnyFault) -> int:
        """Let a fault act from now on that the scenario does not have; it ends at its `until_s` at the latest.

        Returns the number by which `heal` ends it.
        """
        number = len(self.injected) + 1
        self.injected[number] = fault
        self._kinds.setdefault(type(fault), []).append(fault)
        self._change_injected(number, fault, True)
        self._timeline.call_at(fault.until_s, partial(self.heal, number))
        return number

    def heal(self, number: int) -> None:
        """End a fault that was injected. No effect if it has ended."""
        fault, now_s = self.injected.get(number), self._timeline.now
        if fault is None or number in self._healed:
            return
        self._healed.add(number)
        healed = self.injected[number] = msgspec.structs.replace(fault, until_s=now_s)
        same_kind = self._kinds[type(fault)]
        same_kind[same_kind.index(fault)] = healed
        self._change_injected(number, healed, False)

    def _change_injected(self, number: int, fault: AnyFault, acts: bool) -> None:
        """Record and tell that an injected fault begins or ends, in the order in which a scenario's faults do."""
        self._record(trace.Injected(self._timeline.now, number, fault, acts))
        self._tell(self._listeners[: self._watched], fault, acts)
        self._record_acts(fault, acts)
        if isinstance(fault, BELT):
            if acts:
                self.disturb_all(fault, "off_pace", "belt")
            else:
                self._timeline.call_at(self._timeline.now + self._ramp_s, partial(self._belt_recovers, fault))
        self._tell(self._listeners[self._watched :], fault, acts)

    @staticmethod
    def _tell(listeners: Iterable[Any], fault: AnyFault, acts: bool) -> None:
        for kind, where, listen in listeners:
            if type(fault) is kind and _fits(fault, where):
                listen(fault, acts)

    def next_change_s(self, *kinds: type[faults.Fault]) -> float:
        """When a fault of these kinds begins or ends next, in s; infinity if none does."""
        now_s = self._timeline.now
        times_s = [at_s for kind in kinds for fault in self.all(kind) for at_s in (fault.from_s, fault.until_s)]
        return min((at_s for at_s in times_s if at_s > now_s), default=float("inf"))

    def drawn(self, share: float) -> bool:
        """Draw whether a fault that acts with probability `share` acts this time."""
        return self._stream.random() < share

    def disturb(
        self, fault: faults.Fault, what: trace.Effect, part: str, *, item: int | None = None, at_m: float | None = None
    ) -> None:
        """Record that a fault had the effect `what` at a part, on an item or on none.

        The fact names the items directly ahead of and behind that item on the belt. Without an item it names those
        next to the part, which stands at `at_m` from the loader; without either, none.
        """
        beside = () if self._queue is None else self._queue.beside(item, at_m)
        self._record(trace.Disturbed(self._timeline.now, what, part, item, beside, faults.kind_of(fault)))

    def disturb_all(self, fault: faults.Fault, what: trace.Effect, part: str) -> None:
        """Record that a fault had the effect `what` at a part: once without an item, and once for each on the belt."""
        now_s, tag = self._timeline.now, faults.kind_of(fault)
        self._record(trace.Disturbed(now_s, what, part, None, (), tag))
        for belt_item in self._queue or ():
            self._record(trace.Disturbed(now_s, what, part, belt_item.number, (), tag))

    def item_loaded(self, belt_item: BeltItem) -> None:
        """An item has come onto the belt: record each fault that keeps the belt off its nominal speed."""
        for fault in self._speed_faults():
            self.disturb(fault, "off_pace", "belt", item=belt_item.number)

    def _speed_faults(self) -> list[faults.Fault]:
        """The faults that keep the belt off its nominal speed: active ones, and those that ended within a ramp."""
        now_s, belt = self._timeline.now, chain.from_iterable(self.all(kind) for kind in BELT)
        return [fault for fault in belt if fault.from_s <= now_s < fault.until_s + self._ramp_s]

    def _belt_recovers(self, fault: faults.Fault) -> None:
        if not self._speed_faults():
            self.disturb(fault, "on_pace", "belt")

    def _record_acts(self, fault: faults.Fault, acts: bool) -> None:
        self._record(trace.FaultActs(self._timeline.now, faults.kind_of(fault), acts))


def _fits(fault: faults.Fault, where: dict[str, object]) -> bool:
    """Whether a fault has these values in its fields."""
    return all(getattr(fault, field) == value for field, value in where.items())
