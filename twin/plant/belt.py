"""The belt: runs, stops, drifts; whoever waits on it waits for displacement, not for time.

Its motion is a row of segments of constant acceleration, so displacement and its inverse are closed forms. All
waits share one heap and one timer: when the belt stops or changes speed, that timer alone is moved.
Leaves out slip: what lies on the belt and is not held moves as the belt does.
"""

import heapq
import math
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from twin.timeline import Timeline, Timer

REACH_M: Final = 1e-12
"""Waits this close behind the belt's displacement are due with it (rounding of a sum of many segments)."""

STANDSTILL_M_PER_S: Final = 1e-12
"""A ramp down ends at rest, but for the rounding of its speed."""


class Wait:
    """Somebody's wait for a displacement; its action is None once it was taken back."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Take the wait back."""
        self.action = None


class Drive(Protocol):
    """What moves the belt: how fast it can go now, whatever it is told."""

    @property
    def stands(self) -> bool:
        """Whether it cannot move at all."""

    @property
    def next_change_s(self) -> float:
        """When it changes next; infinity for never. Until then its speed changes evenly, if at all."""

    def speed_m_per_s(self, at_s: float) -> float:
        """How fast it goes at a time from now to the next change."""

    def on_change(self, act: Callable[[], None]) -> None:
        """Call `act` at each change."""


class _Phase(Enum):
    """What the belt is about."""

    RESTING = "resting, or about to start"
    SPEEDING_UP = "speeding up"
    CRUISING = "at its drive's speed"
    SLOWING_DOWN = "slowing down"


class Belt:
    """The belt on its drive. Displacement in m since the run began, never falling.

    Told to run it waits for the start delay, then speeds up evenly for `ramp_s` to what its drive does then; told to
    stop it slows down for as long. A drive that stands holds it at once; one that moves again brings it back up.
    """

    def __init__(
        self, timeline: Timeline, drive: Drive, *, start_delay_s: float, ramp_s: float,
        on_change: Callable[[bool], None] = lambda running: None,
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._drive = drive
        self._start_delay_s = start_delay_s
        self._ramp_s = ramp_s
        self._on_change = on_change
        self.running = False
        self._phase = _Phase.RESTING
        self._halted = False
        self._since_s = timeline.now
        self._from_m = 0.0
        self._speed_m_per_s = 0.0
        self._acceleration_m_per_s2 = 0.0
        self._until_s = math.inf
        self._waits: list[tuple[float, int, Wait]] = []
        self._waited = 0
        self._arriving = False
        self._next_phase = Timer(timeline)
        self._next = Timer(timeline)
        drive.on_change(self._driven_otherwise)

    @property
    def displacement_m(self) -> float:
        """How far the belt has moved up to now."""
        elapsed_s = self._timeline.now - self._since_s
        return self._from_m + (self._speed_m_per_s + self._acceleration_m_per_s2 * elapsed_s / 2) * elapsed_s

    @property
    def speed_m_per_s(self) -> float:
        """The belt's speed now."""
        return self._speed_m_per_s + self._acceleration_m_per_s2 * (self._timeline.now - self._since_s)

    @property
    def moving(self) -> bool:
        """Whether anything on the belt moves now."""
        return self.speed_m_per_s > STANDSTILL_M_PER_S or self._acceleration_m_per_s2 > 0

    def run(self) -> None:
        """Start: after the start delay the belt speeds up. Nothing new for a belt that runs."""
        if self.running:
            return
        self.running = True
        self._on_change(True)
        if self._halted:
            return
        if self.moving:
            self._speed_up()
        else:
            self._rest()  # A ramp down that ends at this very instant has ended.
            self._next_phase.start(self._timeline.now + self._start_delay_s, self._speed_up)

    def stop(self) -> None:
        """Slow down to a standstill at once. Nothing new for a belt that stands or is about to."""
        if not self.running:
            return
        self.running = False
        self._on_change(False)
        if not self._halted:
            self._slow_down()

    def when(self, displacement_m: float, action: Callable[[], None]) -> Wait:
        """Call `action` when the belt's displacement reaches `displacement_m` (at once, if it has)."""
        wait = Wait(action)
        self._waited += 1
        heapq.heappush(self._waits, (displacement_m, self._waited, wait))
        if self._waits[0][2] is wait and not self._arriving:
            self._rearm()
        return wait

    def _driven_otherwise(self) -> None:
        """The drive changes: what the belt is about goes on with it."""
        if self._drive.stands:
            self._halted = True
            self._rest()
        elif self._halted:
            self._halted = False
            if self.running:
                self._speed_up()
        elif self._phase is _Phase.SPEEDING_UP:
            self._speed_up_until(self._until_s)
        elif self._phase is _Phase.CRUISING:
            self._cruise()

    def _rest(self) -> None:
        self._enter(_Phase.RESTING, 0.0, 0.0, math.inf)

    def _speed_up(self) -> None:
        self._speed_up_until(self._timeline.now + self._ramp_s)

    def _speed_up_until(self, until_s: float) -> None:
        """From the present speed evenly to what the drive does at the end."""
        left_s = until_s - self._timeline.now
        if left_s <= 0:
            self._cruise()
            return
        target_m_per_s = self._drive.speed_m_per_s(min(until_s, self._drive.next_change_s))
        speed_m_per_s = self.speed_m_per_s
        self._enter(_Phase.SPEEDING_UP, speed_m_per_s, (target_m_per_s - speed_m_per_s) / left_s, until_s)
        self._next_phase.start(until_s, self._cruise)

    def _cruise(self) -> None:
        """At the drive's speed, which may drift until it changes next."""
        now_s, until_s = self._timeline.now, self._drive.next_change_s
        speed_m_per_s = self._drive.speed_m_per_s(now_s)
        drift_m_per_s2 = 0.0
        if until_s < math.inf:
            drift_m_per_s2 = (self._drive.speed_m_per_s(until_s) - speed_m_per_s) / (until_s - now_s)
        self._enter(_Phase.CRUISING, speed_m_per_s, drift_m_per_s2, until_s if drift_m_per_s2 else math.inf)

    def _slow_down(self) -> None:
        speed_m_per_s = self.speed_m_per_s
        if self._ramp_s <= 0 or speed_m_per_s == 0:
            self._rest()
            return
        until_s = self._timeline.now + self._ramp_s
        self._enter(_Phase.SLOWING_DOWN, speed_m_per_s, -speed_m_per_s / self._ramp_s, until_s)
        self._next_phase.start(until_s, self._rest)

    def _enter(self, phase: _Phase, speed_m_per_s: float, acceleration_m_per_s2: float, until_s: float) -> None:
        """Another phase begins now: a segment of constant acceleration."""
        self._next_phase.cancel()
        self._phase = phase
        self._from_m = self.displacement_m
        self._since_s = self._timeline.now
        self._speed_m_per_s = speed_m_per_s
        self._acceleration_m_per_s2 = acceleration_m_per_s2
        self._until_s = until_s
        self._rearm()

    def _rearm(self) -> None:
        while self._waits and self._waits[0][2].action is None:
            heapq.heappop(self._waits)
        at_s = self._time_of(self._waits[0][0]) if self._waits else math.inf
        if at_s < math.inf:
            self._next.start(at_s, self._arrive)
        else:
            self._next.cancel()

    def _time_of(self, displacement_m: float) -> float:
        """When this segment reaches a displacement; infinite where it ends, or stands, before."""
        now_s = self._timeline.now
        ahead_m = displacement_m - self._from_m
        if displacement_m <= self.displacement_m + REACH_M:
            return now_s
        speed, acceleration = self._speed_m_per_s, self._acceleration_m_per_s2
        if acceleration == 0:
            return max(now_s, self._since_s + ahead_m / speed) if speed > 0 else math.inf
        square = speed * speed + 2 * acceleration * ahead_m
        if square < 0:
            return math.inf
        # The root of the motion's quadratic in the form that loses no digits when the acceleration is small.
        at_s = self._since_s + 2 * ahead_m / (speed + math.sqrt(square))
        return max(now_s, at_s) if at_s <= self._until_s else math.inf

    def _arrive(self) -> None:
        self._arriving = True
        reached_m = max(self._waits[0][0], self.displacement_m) + REACH_M
        while self._waits and self._waits[0][0] <= reached_m:
            action = heapq.heappop(self._waits)[2].action
            if action is not None:
                action()
        self._arriving = False
        self._rearm()
