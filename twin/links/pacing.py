"""Pacing: the virtual time follows the wall clock.

SimPy's own real-time environment sleeps where no message can wake it, so the plain environment is paced here.
"""

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from controller.system import fine_waits, wall_s
from twin.timeline import Timeline

LOOK_UP_S: Final = 0.2
"""However long nothing is due, the pacer looks up this often, so that an interrupt is heard."""

LATENESS_SAMPLES: Final = 100_000


Arrival = TypeVar("Arrival")


class Pacer(Generic[Arrival]):
    """Lets a timeline's events happen at their time on the wall clock, `speed` times as fast.

    Arrivals are put on `inbox` by any thread; each wakes the pacer, and `take` gets it at the timeline's present.
    `lateness_s` has by how much events were late on the wall clock.
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
        """Pace until `over` says so."""
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
                arrival = self._inbox.get(timeout=min(due_s - elapsed_s, LOOK_UP_S))
            except Empty:
                continue
            self._receive(arrival, (wall_s() - began_s) * speed)

    def _receive(self, arrival: Arrival, now_s: float) -> None:
        """What was due before it arrived happens before it."""
        timeline = self._timeline
        while timeline.peek() <= now_s:
            timeline.step()
        timeline.call_at(max(now_s, timeline.now), lambda: self._take(arrival))
