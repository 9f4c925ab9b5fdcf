"""Pacing: virtual time follows the wall clock.

SimPy's own real-time environment sleeps where no message can wake it, so this module paces the plain environment.
"""

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from controller.system import fine_waits, wall_s
from twin.timeline import Timeline

POLL_S: Final = 0.2
"""The longest time for which the pacer waits without a check, so that an interrupt takes effect soon."""

LATENESS_SAMPLES: Final = 100_000


Arrival = TypeVar("Arrival")


class Pacer(Generic[Arrival]):
    """Runs a timeline's events at their times on the wall clock, `speed` times as fast.

    Any thread may put arrivals on `inbox`. Each wakes the pacer, which passes it to `take` at the timeline's present
    time. `lateness_s` has how late each event was, in s of the wall clock.
    """

    def __init__(
        self, timeline: Timeline, inbox: "SimpleQueue[Arrival]", take: Callable[[Arrival], None], speed: float
    ) -> None:
        self._timeline = timeline
        self._inbox = inbox
        self._take = take
        self._speed = speed
        self.lateness_s: deque[float] = deque(maxlen=LATENESS_SAMPLES)

    def run(self, over: Callable[[], bool]) -> None:
        """Run events until `over` returns true."""
        with fine_waits():
            self._run(over)

    def _run(self, over: Callable[[], bool]) -> None:
        timeline, speed = self._timeline, self._speed
        began_s = wall_s() - timeline.now / speed
        while not over():
            elapsed_s = wall_s() - began_s
            due_s = timeline.peek() / speed
            if due_s <= elapsed_s:
                self.lateness_s.append(elapsed_s - due_s)
                timeline.step()
                continue
            try:
                arrival = self._inbox.get(timeout=min(due_s - elapsed_s, POLL_S))
            except Empty:
                # An exit is noticed, and a line of output read, at the time that it is now.
                now_s = max(timeline.now, (wall_s() - began_s) * speed)  # However they are rounded.
                timeline.pass_to(min(now_s, timeline.peek()))
                continue
            self._receive(arrival, (wall_s() - began_s) * speed)

    def _receive(self, arrival: Arrival, now_s: float) -> None:
        """Pass an arrival on, after the events that were due before it."""
        timeline = self._timeline
        while timeline.peek() <= now_s:
            self.lateness_s.append((now_s - timeline.peek()) / self._speed)
            timeline.step()
        timeline.call_at(max(now_s, timeline.now), lambda: self._take(arrival))
