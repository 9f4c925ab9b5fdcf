"""The twin's virtual time: SimPy's environment with cancellable calls at absolute times.

SimPy schedules by delay, and in floating point `now + (t - now)` is not always `t`. Plant and controller agree on
deadlines and compare them for equality, so a call is put into SimPy's queue at exactly its own time.
"""

import heapq
from collections.abc import Callable

import simpy
from simpy.events import NORMAL, Event


class Timeline(simpy.Environment):
    """A SimPy environment, in seconds since the run began. `events` counts all calls that were scheduled."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0

    def call_at(self, at_s: float, action: Callable[[], None]) -> Event:
        """Call `action` at `at_s`, which must not be in the past."""
        assert at_s >= self._now, f"{at_s} s is before now, {self._now} s"
        self.events += 1
        event = Event(self)
        event._ok = True
        event._value = None
        event.callbacks = [lambda _: action()]
        heapq.heappush(self._queue, (at_s, NORMAL, next(self._eid), event))
        return event

    def pass_to(self, now_s: float) -> None:
        """Let time pass until `now_s`, before which nothing is due."""
        assert self._now <= now_s <= self.peek(), f"{now_s} s is not between {self._now} s and {self.peek()} s"
        self._now = now_s


class Timer:
    """One future call that can be moved or cancelled, for example the end of a part's movement."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._event: Event | None = None

    def start(self, at_s: float, action: Callable[[], None]) -> None:
        """Call `action` at `at_s`. This replaces an earlier `start`."""
        self.cancel()
        self._event = self._timeline.call_at(at_s, action)

    def cancel(self) -> None:
        """Cancel the call, if one is scheduled."""
        if self._event is not None and self._event.callbacks is not None:
            # SimPy cannot remove an event from its queue; without callbacks it has no effect.
            self._event.callbacks.clear()
        self._event = None
