"""The faults of a run at work: parts ask which befalls them now, and what a fault touched is recorded.

An item is touched by a fault if it is on the belt when the fault does something, or is loaded before what that left
behind can be over: as long as `RECOVERY_TRIPS` items need, one after another, along the whole belt. That decides
what a check excuses.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final, TypeVar

from twin import faults, trace
from twin.faults import AnyFault
from twin.row import Row
from twin.scenario import Scenario
from twin.timeline import Timeline

RECOVERY_TRIPS: Final = 4
"""A controller may take so many items to find out what has changed, and as many to find out that it is over."""

F = TypeVar("F", bound=faults.Fault)

_LASTING = (
    faults.GateStuck, faults.RodSlow, faults.RodDead, faults.RodSticksOut, faults.BeltSpeed, faults.BeltDrift,
    faults.BeltStops, faults.LinkDelay, faults.BrokerDown, faults.ClientCutOff, faults.ControllerKilled,
)  # fmt: skip
"""Faults that are something all the time and not only when a part asks for them."""

_PACES = (faults.BeltSpeed, faults.BeltDrift, faults.BeltStops)


class Mishaps:
    """A scenario's faults, by kind. `record` takes what they touch."""

    def __init__(
        self, timeline: Timeline, scenario: Scenario, stream: Random, record: Callable[[trace.AnyRecord], None]
    ) -> None:
        self._timeline = timeline
        self._record = record
        self._stream = stream
        self._kinds: dict[type[faults.Fault], list[AnyFault]] = {}
        for fault in scenario.faults:
            self._kinds.setdefault(type(fault), []).append(fault)
        layout = scenario.layout
        trip_s = layout.end_m / layout.belt_speed_m_per_s + 2 * layout.loader_stroke_s
        self._aftermath_s = RECOVERY_TRIPS * trip_s
        self._late_image_s = scenario.controller.late_image_s
        self._patience_s = scenario.controller.patience_s
        self._touching: dict[str, float] = {}
        self._row: Row | None = None

    def watch(self, row: Row) -> None:
        """From now on lasting faults touch what lies on `row`; call once the line stands."""
        self._row = row
        for kind in _LASTING:
            for fault in self.all(kind):
                self._timeline.call_at(fault.from_s, partial(self.touch, fault, fault.until_s))
                self._timeline.call_at(fault.until_s, partial(self.touch, fault))

    def all(self, kind: type[F]) -> list[F]:
        """Every fault of a kind."""
        return self._kinds.get(kind, [])  # type: ignore[return-value]

    def now(self, kind: type[F], **where: object) -> F | None:
        """The fault of a kind that befalls a part now, if one does."""
        if kind not in self._kinds:
            return None
        now_s = self._timeline.now
        for fault in self.all(kind):
            here = all(getattr(fault, field) == value for field, value in where.items())
            if here and fault.from_s <= now_s < fault.until_s:
                return fault
        return None

    def drawn(self, share: float) -> bool:
        """Whether a fault with a share befalls this time."""
        return self._stream.random() < share

    def touch(self, fault: faults.Fault, until_s: float | None = None) -> None:
        """A fault does something: all that is on the belt is touched, and all that is loaded until it is over."""
        name = type(fault).__name__.lower()
        over_s = (self._timeline.now if until_s is None else until_s) + self._aftermath_s
        if isinstance(fault, _PACES):
            over_s += self._late_image_s  # At another pace pictures are late, and a controller waits for such.
        elif isinstance(fault, faults.LinkDelay):
            over_s += self._patience_s  # At its end a beam's clear overtakes its blocked, and that is waited out.
        self._touching[name] = max(over_s, self._touching.get(name, 0.0))
        self._record(trace.Mishap(self._timeline.now, name, over_s))
        for rider in self._row or ():
            self._record(trace.Touched(self._timeline.now, rider.number, name))

    def loaded(self, item: int) -> None:
        """An item comes onto the belt: whatever is not over yet touches it."""
        for name, until_s in self._touching.items():
            if self._timeline.now <= until_s:
                self._record(trace.Touched(self._timeline.now, item, name))
