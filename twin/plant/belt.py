"""The belt: it runs, stops and drifts. The other parts wait for a displacement of the belt, not for a time.

The belt's motion is a sequence of segments of constant acceleration, so displacement and its inverse have closed
forms. All waits share one heap and one timer: when the belt stops or changes speed, only that timer is moved.
Not modelled: slip. An item that is not held moves exactly as the belt does.
"""

import heapq
import math
from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from twin.timeline import Timeline, Timer

REACH_M: Final = 1e-12
"""A wait for at most this much more than the present displacement is due: the sum of many segments is rounded."""

STANDSTILL_M_PER_S: Final = 1e-12
"""A belt slower than this stands still: the speed at the end of a ramp down is rounded."""


class Wait:
    """A wait for a displacement of the belt. Its `action` is None once the wait is cancelled."""

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Cancel the wait: its action will not be called."""
        self.action = None


class Drive(Protocol):
    """What drives the belt. Its speed, in m/s, is the belt's once the belt is up to speed."""

    @property
    def stands(self) -> bool:
        """Whether the drive stands still, so that the belt cannot move."""

    @property
    def next_change_s(self) -> float:
        """When the drive changes next, in s; infinity if never. Until then its speed is constant or drifts."""

    def speed_m_per_s(self, at_s: float) -> float:
        """The drive's speed at `at_s`, a time from now to the next change."""

    def on_change(self, act: Callable[[], None]) -> None:
        """Call `act` at each change of the drive."""


class _Phase(Enum):
    """What the belt is doing."""

    RESTING = "resting, or about to start"
    SPEEDING_UP = "speeding up"
    CRUISING = "at its drive's speed"
    SLOWING_DOWN = "slowing down"


class Belt:
    """The belt on its drive. Its displacement since the run began, in m, never falls.

    After `run` the belt waits for the start delay, then accelerates evenly for `ramp_s` to the drive's speed. After
    `stop` it decelerates evenly for `ramp_s`. When the drive stands still, the belt stops at once; when the drive moves
    again, a belt that should run accelerates again. `on_change` is called with True at each run, False at each stop.
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
        self._wait_count = 0
        self._arriving = False
        self._next_phase = Timer(timeline)
        self._next_arrival = Timer(timeline)
        drive.on_change(self._drive_changed)

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
        """Start the belt: it accelerates after the start delay. No effect on a belt that runs."""
        if self.running:
            return
        self.running = True
        self._on_change(True)
        if self._halted:
            return
        if self.moving:
            self._speed_up()
        else:
            self._rest()  # A ramp down that ends at exactly this time is over.
            self._next_phase.start(self._timeline.now + self._start_delay_s, self._speed_up)

    def stop(self) -> None:
        """Stop the belt: it decelerates from now on. No effect on a belt that is stopped or stopping."""
        if not self.running:
            return
        self.running = False
        self._on_change(False)
        if not self._halted:
            self._slow_down()

    def when(self, displacement_m: float, action: Callable[[], None]) -> Wait:
        """Call `action` when the belt's displacement reaches `displacement_m`; now, if it is there already."""
        wait = Wait(action)
        self._wait_count += 1
        heapq.heappush(self._waits, (displacement_m, self._wait_count, wait))
        if self._waits[0][2] is wait and not self._arriving:
            self._rearm()
        return wait

    def _drive_changed(self) -> None:
        """The drive has changed: the belt goes on with what it is doing, at the drive's new speed."""
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
        """Accelerate evenly from the present speed to the drive's speed at `until_s`."""
        left_s = until_s - self._timeline.now
        if left_s <= 0:
            self._cruise()
            return
        target_m_per_s = self._drive.speed_m_per_s(min(until_s, self._drive.next_change_s))
        speed_m_per_s = self.speed_m_per_s
        self._enter(_Phase.SPEEDING_UP, speed_m_per_s, (target_m_per_s - speed_m_per_s) / left_s, until_s)
        self._next_phase.start(until_s, self._cruise)

    def _cruise(self) -> None:
        """Move at the drive's speed, which may drift until the drive's next change."""
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
        """Begin a phase now: a segment of constant acceleration."""
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
            self._next_arrival.start(at_s, self._arrive)
        else:
            self._next_arrival.cancel()

    def _time_of(self, displacement_m: float) -> float:
        """When the present segment reaches a displacement, in s; infinity if it ends before, or the belt stands."""
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
        # This form of the quadratic's root loses no digits when the acceleration is small.
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
