"""The pacer: virtual time follows the wall clock, also while nothing happens, and what is late counts as late."""

import threading
from queue import SimpleQueue

import pytest

from controller.system import wall_s
from twin.links.pacing import POLL_S, Pacer
from twin.timeline import Timeline


@pytest.mark.realtime
def test_time_passes_while_nothing_happens():
    timeline, times_s = Timeline(), []
    began_s = wall_s()

    def over():
        times_s.append(timeline.now)
        return wall_s() - began_s > 3 * POLL_S

    Pacer(timeline, SimpleQueue(), lambda arrival: None, speed=10.0).run(over)
    assert 10 * 2 * POLL_S < times_s[-1] <= 10 * (wall_s() - began_s)
    assert times_s == sorted(times_s)


def test_time_does_not_pass_an_event_that_is_due():
    timeline = Timeline()
    timeline.call_at(1.0, lambda: None)
    timeline.pass_to(1.0)
    with pytest.raises(AssertionError):
        timeline.pass_to(1.1)


@pytest.mark.realtime
def test_an_event_that_waits_behind_an_arrival_counts_as_late():
    """An arrival comes while nobody looks, and is received only after the event that was due meanwhile."""
    timeline, held_up, taken = Timeline(), threading.Event(), []

    class SlowInbox(SimpleQueue):
        def get(self, block=True, timeout=None):
            arrival = super().get(block, timeout)
            held_up.wait(0.3)
            return arrival

    inbox = SlowInbox()
    inbox.put("late")
    timeline.call_at(0.1, lambda: None)
    pacer = Pacer(timeline, inbox, taken.append, speed=1.0)
    pacer.run(lambda: bool(taken))
    assert max(pacer.lateness_s) > 0.15
