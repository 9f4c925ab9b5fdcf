"""How far the belt has moved at any time of a run, from the layout, the scenario's faults and the trace's records.

It does not ask the plant: from the same rules it derives the same displacement. The belt waits for the start delay,
then accelerates evenly for the ramp to the drive's speed; after a stop it slows down evenly for the ramp.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from copy import copy
from typing import Final, NamedTuple

from twin.scenario.faults import AnyFault, BeltDrift, BeltSpeed, BeltStops
from twin.scenario.layout import Layout

STANDSTILL_M_PER_S: Final = 1e-12
"""A belt slower than this stands still."""

BeltFault = BeltSpeed | BeltDrift | BeltStops


class Segment(NamedTuple):
    """A time of constant acceleration: when it begins, displacement and speed then, and the acceleration."""

    from_s: float
    from_m: float
    speed_m_per_s: float
    acceleration_m_per_s2: float

    def displacement_m(self, at_s: float) -> float:
        """The belt's displacement at a time within the segment."""
        elapsed_s = at_s - self.from_s
        return self.from_m + (self.speed_m_per_s + self.acceleration_m_per_s2 * elapsed_s / 2) * elapsed_s


class BeltMotion:
    """The belt's motion up to the latest record. `segments` has it in order.

    Commands come in the order of their times; a displacement can be asked for at any time, also a later one.
    """

    def __init__(self, layout: Layout, faults: Iterable[AnyFault]) -> None:
        self.segments = [Segment(0.0, 0.0, 0.0, 0.0)]
        self._layout = layout
        self._faults: list[BeltFault] = []
        self._changes_s: list[float] = []
        self._passed_s = 0.0
        self._running = self._halted = False
        self._cruising = False
        self._starts_s = self._full_speed_s = self._rests_s = math.inf
        for fault in faults:
            self.add(fault)

    def add(self, fault: AnyFault) -> None:
        """Take a fault that does not begin in the past; only those of the belt matter here."""
        if isinstance(fault, BeltFault):
            self._faults.append(fault)
            times_s = {*self._changes_s, fault.from_s, fault.until_s}
            self._changes_s = sorted(at_s for at_s in times_s if at_s >= self._passed_s)

    def heal(self, fault: AnyFault, healed: AnyFault) -> None:
        """A fault ends now, earlier than it would have: `healed` takes its place."""
        if isinstance(fault, BeltFault) and isinstance(healed, BeltFault):
            self._pass(healed.until_s)
            self._faults[self._faults.index(fault)] = healed
            self._changes_s = sorted({*self._changes_s, healed.until_s})

    def obey(self, at_s: float, running: bool) -> None:
        """The belt begins to obey a command to run, or to stop."""
        self._pass(at_s)
        self._running = running
        if self._halted:
            return
        if not running:
            self._slow_down(at_s)
        elif self._moves(at_s):
            self._speed_up(at_s, at_s + self._layout.belt_ramp_s)
        else:
            self._rest(at_s)
            self._starts_s = at_s + self._layout.belt_start_delay_s

    def ahead(self, until_s: float) -> list[Segment]:
        """The segments up to `until_s`, if no command and no other fault comes before; those known are not in it."""
        foreseen = copy(self)
        foreseen.segments, foreseen._changes_s = [self.segments[-1]], [*self._changes_s]
        foreseen._pass(until_s)
        return foreseen.segments[1:]

    def displacement_m(self, at_s: float) -> float:
        """The belt's displacement at a time, in m since the run began."""
        if at_s >= self.segments[-1].from_s:
            self._pass(at_s)
            if at_s >= self.segments[-1].from_s:
                return self.segments[-1].displacement_m(at_s)
        place = bisect_right(self.segments, at_s, key=lambda segment: segment.from_s)
        return self.segments[max(0, place - 1)].displacement_m(at_s)

    def _pass(self, until_s: float) -> None:
        """Go through what happens by itself up to a time: changes of the drive first, then ends of delay and ramps."""
        while True:
            change_s = self._changes_s[0] if self._changes_s else math.inf
            end_s = min(self._starts_s, self._full_speed_s, self._rests_s)
            at_s = min(change_s, end_s)
            if at_s > until_s:
                break
            if change_s <= end_s:
                self._changes_s.pop(0)
                self._change(at_s)
            elif self._starts_s == at_s:
                self._speed_up(at_s, at_s + self._layout.belt_ramp_s)
            elif self._full_speed_s == at_s:
                self._cruise(at_s)
            else:
                self._rest(at_s)
        self._passed_s = max(self._passed_s, until_s)

    def _change(self, at_s: float) -> None:
        """A fault of the belt begins or ends."""
        if any(isinstance(fault, BeltStops) for fault in self._active(at_s)):
            self._halted = True
            self._rest(at_s)
        elif self._halted:
            self._halted = False
            if self._running:
                self._speed_up(at_s, at_s + self._layout.belt_ramp_s)
        elif self._full_speed_s < math.inf:
            self._speed_up(at_s, self._full_speed_s)
        elif self._cruising:
            self._cruise(at_s)

    def _speed_up(self, at_s: float, until_s: float) -> None:
        if until_s <= at_s:
            self._cruise(at_s)
            return
        speed_m_per_s = self._speed_m_per_s(at_s)
        target_m_per_s = self._drive_m_per_s(at_s, min(until_s, self._next_change_s))
        self._begin(at_s, speed_m_per_s, (target_m_per_s - speed_m_per_s) / (until_s - at_s))
        self._full_speed_s = until_s

    def _cruise(self, at_s: float) -> None:
        speed_m_per_s, until_s = self._drive_m_per_s(at_s, at_s), self._next_change_s
        drift_m_per_s2 = 0.0
        if until_s < math.inf:
            drift_m_per_s2 = (self._drive_m_per_s(at_s, until_s) - speed_m_per_s) / (until_s - at_s)
        self._begin(at_s, speed_m_per_s, drift_m_per_s2)
        self._cruising = True

    def _slow_down(self, at_s: float) -> None:
        speed_m_per_s, ramp_s = self._speed_m_per_s(at_s), self._layout.belt_ramp_s
        if ramp_s <= 0 or speed_m_per_s == 0:
            self._rest(at_s)
            return
        self._begin(at_s, speed_m_per_s, -speed_m_per_s / ramp_s)
        self._rests_s = at_s + ramp_s

    def _rest(self, at_s: float) -> None:
        self._begin(at_s, 0.0, 0.0)

    def _begin(self, at_s: float, speed_m_per_s: float, acceleration_m_per_s2: float) -> None:
        self._starts_s = self._full_speed_s = self._rests_s = math.inf
        self._cruising = False
        last = self.segments[-1]
        new = Segment(at_s, last.displacement_m(at_s), speed_m_per_s, acceleration_m_per_s2)
        if new[2:] != last[2:] or acceleration_m_per_s2:
            self.segments.append(new)

    def _moves(self, at_s: float) -> bool:
        return self._speed_m_per_s(at_s) > STANDSTILL_M_PER_S or self.segments[-1].acceleration_m_per_s2 > 0

    def _speed_m_per_s(self, at_s: float) -> float:
        last = self.segments[-1]
        return last.speed_m_per_s + last.acceleration_m_per_s2 * (at_s - last.from_s)

    @property
    def _next_change_s(self) -> float:
        return self._changes_s[0] if self._changes_s else math.inf

    def _active(self, at_s: float) -> list[BeltFault]:
        return [fault for fault in self._faults if fault.from_s <= at_s < fault.until_s]

    def _drive_m_per_s(self, now_s: float, at_s: float) -> float:
        """The drive's speed at `at_s`, with the faults that act at `now_s`."""
        factor = 1.0
        for fault in self._active(now_s):
            if isinstance(fault, BeltSpeed):
                factor *= fault.factor
            elif isinstance(fault, BeltDrift):
                factor *= 1.0 + (fault.factor - 1.0) * (at_s - fault.from_s) / (fault.until_s - fault.from_s)
        return self._layout.belt_speed_m_per_s * factor
