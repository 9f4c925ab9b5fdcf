"""The twin's virtual time: SimPy's environment, with calls at absolute times that can be taken back.

SimPy schedules by delay, and `now + (t - now)` is not always `t`. Deadlines are agreed between two parties and
must compare equal, so a call is put into the kernel's queue at its own time, unchanged.
"""

import heapq
from collections.abc import Callable

import simpy
from simpy.events import NORMAL, Event


class Timeline(simpy.Environment):
    """A SimPy environment, in seconds since the run began. `events`: how many calls were ever scheduled."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0

    def call_at(self, at_s: float, action: Callable[[], None]) -> Event:
        """Call `action` at `at_s`, which lies not before now; `cancel` takes it back."""
        assert at_s >= self._now, f"{at_s} s lies before now, {self._now} s"
        self.events += 1
        event = Event(self)
        event._ok = True
        event._value = None
        assert event.callbacks is not None
        event.callbacks.append(lambda _: action())
        heapq.heappush(self._queue, (at_s, NORMAL, next(self._eid), event))
        return event


class Timer:
    """One call in the future that can be moved or taken back: what a moving part waits for."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._event: Event | None = None

    def start(self, at_s: float, action: Callable[[], None]) -> None:
        """Call `action` at `at_s` and at no other time: an earlier start is forgotten."""
        self.cancel()
        self._event = self._timeline.call_at(at_s, action)

    def cancel(self) -> None:
        """Call nothing."""
        if self._event is not None and self._event.callbacks is not None:
            # The kernel can't remove an event from its queue; without callbacks it passes unnoticed.
            self._event.callbacks.clear()
        self._event = None
