"""The tempo of a run in virtual time that somebody watches: at a speed, paused, or event by event.

Nothing that happens on the line depends on it: between two events the run's thread only waits.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from controller.system import fine_waits, wall_s
from twin import trace
from twin.errors import ArgumentError
from twin.links.pacing import POLL_S
from twin.timeline import Timeline

SLOWEST: Final = 0.1
FASTEST: Final = 50.0

MOST_LATE_S: Final = 0.2
"""A run that can't keep up with its speed makes up for no more than this, in s of the wall clock."""

Change = Callable[[Timeline], None]


JUST_AFTER_S: Final = 0.001
"""What a person does at the time of an event happens this much later, or halfway to the next event."""


class _Pass(NamedTuple):
    """How the watched time passes: from `line_s` at the wall clock's `wall_s` on, `speed` times as fast (0: not)."""

    line_s: float
    wall_s: float
    speed: float


class Tempo:
    """How fast a run goes on. Any thread may change it; the run begins at `speed`.

    `see` has to see the run's records: a step ends with the last record of an instant.
    """

    def __init__(self, speed: float = 1.0) -> None:
        _check(speed)
        self.speed = speed
        self.paused = False
        self._stepping = False
        self._seen = False
        self._due_s = 0.0
        self._pass = _Pass(0.0, 0.0, 0.0)
        self._changes: SimpleQueue[Change] = SimpleQueue()

    @property
    def now_s(self) -> float:
        """The line's time as it is shown. It does not pass the next event until that has happened."""
        line_s, since_s, speed = self._pass
        return min(self._due_s, line_s + (wall_s() - since_s) * speed)

    def pause(self) -> None:
        """Let no further event happen."""
        self._changes.put(self._pause)

    def go_on(self) -> None:
        """Go on at the speed."""
        self._changes.put(self._go_on)

    def step(self) -> None:
        """Go on to the next instant at which something happens that the trace records, and pause there."""
        self._changes.put(self._step)

    def set_speed(self, speed: float) -> None:
        """Go on, now or after a pause, `speed` times as fast as the wall clock. Raises `ArgumentError`."""
        _check(speed)
        self._changes.put(lambda timeline: self._set_speed(speed))

    def act(self, act: Callable[[], None]) -> None:
        """Do something to the line at the time that is shown, also during a pause."""
        self._changes.put(lambda timeline: self._do(timeline, act))

    def see(self, record: trace.AnyRecord) -> None:
        """Note that something was recorded."""
        self._seen = True

    def run(self, timeline: Timeline, over: Callable[[], bool]) -> None:
        """Run a timeline's events, each when it is due, until `over` returns true."""
        self._let_pass(timeline.now)
        with fine_waits():
            while not over():
                self._due_s = timeline.peek()
                wait_s = self._wait_s()
                if wait_s > 0 or not self._changes.empty():
                    self._take_change(timeline, wait_s)
                    continue
                timeline.step()
                if self._stepping and self._seen and timeline.peek() > timeline.now:
                    self._pause(timeline)
        self._due_s = timeline.now

    def _wait_s(self) -> float:
        """How long the next event has to wait, in s of the wall clock."""
        if self._stepping:
            return 0.0
        line_s, since_s, speed = self._pass
        if speed == 0:
            return POLL_S
        wait_s = (self._due_s - line_s) / speed + since_s - wall_s()
        if wait_s < -MOST_LATE_S:
            self._let_pass(self._due_s)
        return wait_s

    def _take_change(self, timeline: Timeline, wait_s: float) -> None:
        try:
            self._changes.get(timeout=max(0.0, min(wait_s, POLL_S)))(timeline)
        except Empty:
            return

    def _let_pass(self, line_s: float) -> None:
        """From now on, time passes from `line_s` on, as it now has to."""
        self._pass = _Pass(line_s, wall_s(), 0.0 if self.paused else self.speed)

    def _pause(self, timeline: Timeline) -> None:
        now_s = timeline.now if self._stepping else self.now_s
        self.paused, self._stepping = True, False
        self._let_pass(now_s)

    def _go_on(self, timeline: Timeline) -> None:
        now_s, self.paused, self._stepping = self.now_s, False, False
        self._let_pass(now_s)

    def _step(self, timeline: Timeline) -> None:
        self._pause(timeline)
        self.paused, self._stepping, self._seen = False, True, False

    def _set_speed(self, speed: float) -> None:
        now_s, self.speed = self.now_s, speed
        self._let_pass(now_s)

    def _do(self, timeline: Timeline, act: Callable[[], None]) -> None:
        """Do it at once. It never shares an instant with an event, so that it is clear which of the two was first."""
        while (next_s := timeline.peek()) <= timeline.now:
            timeline.step()
        now_s = self.now_s
        if not timeline.now < now_s < next_s:
            now_s = timeline.now + min(JUST_AFTER_S, (next_s - timeline.now) / 2)
        timeline.call_at(now_s, act)
        while timeline.peek() <= now_s:
            timeline.step()


def _check(speed: float) -> None:
    if not SLOWEST <= speed <= FASTEST:
        raise ArgumentError("speed", speed, f"{SLOWEST:g} to {FASTEST:g}")
