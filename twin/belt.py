"""The belt: runs, stops, drifts; whoever waits on it waits for displacement, not for time.

Its motion is a row of segments of constant acceleration, so displacement and its inverse are closed forms. All
waits share one heap and one timer: when the belt stops or changes speed, that timer alone is moved.
Leaves out slip: what lies on the belt and is not held moves as the belt does.
"""

import heapq
import math
from collections.abc import Callable
from typing import Final

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


class Belt:
    """The belt's drive. Displacement in m since the run began, never falling."""

    def __init__(
        self, timeline: Timeline, *, speed_m_per_s: float, start_delay_s: float, ramp_s: float,
        on_change: Callable[[bool], None] = lambda running: None,
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._cruise_m_per_s = speed_m_per_s
        self._start_delay_s = start_delay_s
        self._ramp_s = ramp_s
        self._on_change = on_change
        self.running = False
        self._halted = False
        self._since_s = timeline.now
        self._from_m = 0.0
        self._speed_m_per_s = 0.0
        self._acceleration_m_per_s2 = 0.0
        self._until_s = math.inf
        self._waits: list[tuple[float, int, Wait]] = []
        self._waited = 0
        self._arriving = False
        self._phase = Timer(timeline)
        self._next = Timer(timeline)

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
        """Start: after the start delay the belt ramps up to its speed. Nothing new for a belt that runs."""
        if self.running:
            return
        self.running = True
        self._on_change(True)
        if self._halted:
            return
        if self.moving:
            self._ramp()
        else:
            self._cruise(0.0)  # A ramp down that ends at this very instant has ended.
            self._phase.start(self._timeline.now + self._start_delay_s, self._ramp)

    def stop(self) -> None:
        """Ramp down to a standstill at once. Nothing new for a belt that stands or is about to."""
        if not self.running:
            return
        self.running = False
        self._on_change(False)
        if self._halted:
            return
        self._phase.cancel()
        self._ramp()

    def halt(self) -> None:
        """Stand, whatever was told, until `resume`: the drive has failed."""
        self._halted = True
        self._phase.cancel()
        self._cruise(0.0)

    def resume(self) -> None:
        """The drive works again: the belt does what it was told last."""
        self._halted = False
        self._ramp()

    def change_speed(self, speed_m_per_s: float, over_s: float) -> None:
        """Go at another speed from now on, reached evenly over `over_s`: a drift, or a wrong speed."""
        self._cruise_m_per_s = speed_m_per_s
        if self.running and self.moving and not self._halted:
            self._accelerate(speed_m_per_s, over_s)

    def when(self, displacement_m: float, action: Callable[[], None]) -> Wait:
        """Call `action` when the belt's displacement reaches `displacement_m` (at once, if it has)."""
        wait = Wait(action)
        self._waited += 1
        heapq.heappush(self._waits, (displacement_m, self._waited, wait))
        if self._waits[0][2] is wait and not self._arriving:
            self._rearm()
        return wait

    def _ramp(self) -> None:
        self._accelerate(self._cruise_m_per_s if self.running else 0.0, self._ramp_s)

    def _accelerate(self, target_m_per_s: float, over_s: float) -> None:
        self._phase.cancel()
        change_m_per_s = target_m_per_s - self.speed_m_per_s
        if over_s <= 0 or change_m_per_s == 0:
            self._cruise(target_m_per_s)
            return
        self._begin_segment(self.speed_m_per_s, change_m_per_s / over_s, self._timeline.now + over_s)
        self._phase.start(self._until_s, lambda: self._cruise(target_m_per_s))

    def _cruise(self, speed_m_per_s: float) -> None:
        self._begin_segment(speed_m_per_s, 0.0, math.inf)

    def _begin_segment(self, speed_m_per_s: float, acceleration_m_per_s2: float, until_s: float) -> None:
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
