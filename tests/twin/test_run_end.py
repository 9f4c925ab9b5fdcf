"""When a run ends: all items done and the line at rest, stalled, or told to end."""

from types import SimpleNamespace

import pytest

from twin import ItemDraw, Layout, Scenario, settings_for, simulate, trace
from twin.run_end import HELD_S, SILENCE_S, RunEnd
from twin.scenario.faults import BeltStops, BrokerDown, ForeignObject, GateStuck
from twin.timeline import Timeline
from twin.verdict.bounds import Bounds

BOUNDS = Bounds(Layout())
SETTLE_S = round(BOUNDS.settle_s, 3)
GONE = trace.Exited(20.0, "python ended with exit code 0")


class Watched:
    """A `RunEnd` that gets records at their times, with a line that is at rest or not."""

    def __init__(self, *records, at_rest=False, available_s=None, items=1, faults=(), end_after=None, expected=True):
        self.timeline, self.recorded = Timeline(), []
        self.line = SimpleNamespace(at_rest=at_rest, loader=SimpleNamespace(next_available_s=available_s), queue=())
        scenario = Scenario(items=ItemDraw(count=items), faults=faults)
        self.end = RunEnd(
            self.timeline, scenario, self.line, self.recorded.append, end_after=end_after, expected=expected
        )
        for record in records:
            self.timeline.call_at(record.t_s, lambda record=record: self.end.see(record))

    def over(self, until_s=10_000.0):
        """The reason for the end of the run, and its time."""
        while not self.end.over and self.timeline.peek() <= until_s:
            self.timeline.step()
        return self.end.reason, round(self.timeline.now, 3)


LOADED, BINNED = trace.Loaded(1.0, 1, "ripe", 0.08, None), trace.Binned(5.0, 1, 2)


def test_without_a_request_a_run_ends_soon_after_the_last_item():
    assert Watched(LOADED, BINNED).over() == ("sorted", round(5.0 + SETTLE_S, 3))
    assert Watched(LOADED, BINNED, at_rest=True).over() == ("sorted", 5.0)


def test_no_progress_within_the_bound_of_the_layout_is_a_stall():
    assert Watched().over() == ("stalled", round(BOUNDS.stall_s, 3))
    assert Watched(LOADED).over() == ("stalled", round(1.0 + BOUNDS.stall_s, 3))


def test_a_client_that_has_sent_no_command_gets_more_time():
    assert Watched(expected=False).over() == ("stalled", SILENCE_S)
    spoken = trace.Commanded(200.0, '{"conveyor":"run"}')
    assert Watched(spoken, expected=False).over() == ("stalled", round(200.0 + BOUNDS.stall_s, 3))


def test_an_item_that_comes_later_to_the_loader_is_waited_for():
    assert Watched(available_s=30.0).over() == ("stalled", round(30.0 + BOUNDS.stall_s, 3))


def test_the_movement_of_an_object_is_no_progress():
    edge = trace.Edge(40.0, 1, True, -1)
    assert Watched(LOADED, edge).over() == ("stalled", round(1.0 + BOUNDS.stall_s, 3))


def test_an_object_left_on_the_belt_does_not_prolong_the_run():
    laid = trace.LaidDown(9.0, -1, 0.08, 0.3, None)
    thrown = ForeignObject(from_s=9.0, until_s=9.0)
    assert Watched(LOADED, BINNED, laid, faults=(thrown,)).over() == ("sorted", round(5.0 + SETTLE_S, 3))


def test_a_stall_is_declared_only_after_the_faults_have_ended():
    stuck = GateStuck(from_s=20.0, until_s=200.0)
    assert Watched(LOADED, faults=(stuck,)).over() == ("stalled", round(200.0 + BOUNDS.stall_s, 3))


def test_a_permanent_fault_is_not_waited_for():
    stuck = GateStuck(from_s=20.0, until_s=100_000.0)
    assert Watched(LOADED, faults=(stuck,)).over() == ("stalled", round(1.0 + BOUNDS.stall_s, 3))


def test_a_counting_controller_is_asked_to_end_by_the_last_item():
    watched = Watched(LOADED, BINNED, end_after=1)
    assert watched.over() == ("sorted", round(5.0 + BOUNDS.rest_s, 3))
    assert watched.recorded == [trace.EndRequested(5.0, "a count of items")]
    assert Watched(LOADED, BINNED, end_after=1, at_rest=True).over() == ("sorted", 5.0 + HELD_S)


def test_a_controller_that_counts_fewer_items_ends_with_items_left():
    assert Watched(LOADED, BINNED, items=5, end_after=1, at_rest=True).over() == ("told to end", 5.0 + HELD_S)


def test_rest_while_the_broker_is_down_does_not_count():
    away = BrokerDown(from_s=4.0, until_s=9.0)
    assert Watched(LOADED, BINNED, end_after=1, at_rest=True, faults=(away,)).over() == ("sorted", 9.0 + HELD_S)


def test_the_bound_to_come_to_rest_begins_after_the_last_fault():
    away = BrokerDown(from_s=4.0, until_s=9.0)
    assert Watched(LOADED, BINNED, end_after=1, faults=(away,)).over() == ("sorted", round(9.0 + BOUNDS.rest_s, 3))


def test_a_controller_that_has_exited_is_not_waited_for():
    assert Watched(LOADED, GONE).over() == ("stalled", round(20.0 + SETTLE_S, 3))
    assert Watched(LOADED, GONE, trace.Binned(22.0, 1, 0)).over() == ("sorted", round(22.0 + SETTLE_S, 3))


def test_an_object_counted_as_an_item_may_end_the_run_early():
    laid, seen = trace.LaidDown(2.0, -1, 0.08, 0.3, None), trace.Edge(3.0, 1, False, -1)
    runs, stops = trace.BeltRuns(0.5, True), trace.BeltRuns(6.0, False)
    both = [runs, LOADED, laid, seen, BINNED, stops]
    assert Watched(*both, items=2, end_after=2, at_rest=True).over()[0] == "told to end"
    assert Watched(runs, LOADED, BINNED, stops, items=2, end_after=2, at_rest=True).over()[0] == "stalled"
    assert Watched(*both, items=3, end_after=3, at_rest=True).over()[0] == "stalled"
    unseen, unstopped = [one for one in both if one is not seen], both[:-1]
    assert Watched(*unseen, items=2, end_after=2, at_rest=True).over()[0] == "stalled"
    assert Watched(*unstopped, items=2, end_after=2, at_rest=True).over()[0] == "stalled"


def test_an_item_put_back_may_be_counted_twice_and_no_more():
    off, back = trace.TakenByHand(2.0, 1, False, True), trace.TakenByHand(3.0, 1, True, False)
    passes, seen = trace.Edge(1.5, 1, False, 1), trace.Edge(4.0, 1, False, 1)
    rest = [off, back, seen, BINNED, trace.BeltRuns(6.0, False)]
    records = [trace.BeltRuns(0.5, True), LOADED, passes, *rest]
    assert Watched(*records, items=2, end_after=2, at_rest=True).over()[0] == "told to end"
    assert Watched(*records, items=3, end_after=3, at_rest=True).over()[0] == "stalled"


def test_an_item_taken_off_for_good_is_done_and_stands_for_no_other():
    records = [trace.BeltRuns(0.5, True), LOADED, trace.TakenByHand(2.0, 1, False, False), trace.BeltRuns(6.0, False)]
    assert Watched(*records, items=2, end_after=2, at_rest=True).over()[0] == "stalled"


def test_a_signal_ends_a_run_with_items_left():
    watched = Watched(LOADED, items=5)
    watched.timeline.call_at(3.0, lambda: watched.end.request_end("a signal"))
    assert watched.over() == ("told to end", round(3.0 + BOUNDS.rest_s, 3))


def test_a_run_waits_for_a_planned_signal_after_the_last_item():
    scenario = Scenario(items=ItemDraw(count=1), controller=settings_for(Layout()), stop_s=60.0)
    assert simulate(scenario).trace[-1].t_s > 60.0


@pytest.mark.parametrize("link", ["memory", pytest.param("lockstep", marks=pytest.mark.broker)])
@pytest.mark.parametrize("fault", [None, BrokerDown(from_s=14.5, until_s=16.0), BeltStops(from_s=14.5, until_s=16.0)])
def test_our_controller_brings_the_line_to_rest_when_asked_to_end(link, fault):
    faults = () if fault is None else (fault,)
    scenario = Scenario(items=ItemDraw(count=9), faults=faults, controller=settings_for(Layout()), stop_s=15.0)
    run = simulate(scenario, link=link)
    assert run.violations == []
    ended = run.trace[-1]
    assert (ended.reason, ended.running, ended.rods_out, ended.in_stack) == ("told to end", False, (), True)
    assert run.summary.digest == simulate(scenario).summary.digest


def stops_now_and_then(watched, *, from_s, times):
    """The line of a program that ignores the signal: the belt stands for 2 s, then runs for 2 s."""

    def stand(stands):
        watched.line.at_rest = stands
        watched.end.see(trace.BeltRuns(watched.timeline.now, not stands))

    for turn in range(times):
        watched.timeline.call_at(from_s + 2.0 * turn, lambda stands=turn % 2 == 0: stand(stands))
    return watched


def signalled(at_s, **options):
    watched = Watched(LOADED, items=5, **options)
    watched.timeline.call_at(at_s, lambda: watched.end.request_end("a signal"))
    return watched


def test_after_a_signal_rest_counts_only_if_it_lasts():
    restless = stops_now_and_then(signalled(3.0), from_s=2.0, times=100)
    assert restless.over() == ("told to end", round(3.0 + BOUNDS.rest_s, 3))
    assert not restless.line.at_rest
    rests = stops_now_and_then(signalled(3.0), from_s=2.0, times=5)
    assert rests.over() == ("told to end", round(10.0 + BOUNDS.leg_s, 3))


def test_a_rest_that_begins_at_the_last_moment_is_waited_for():
    by_s = 3.0 + BOUNDS.rest_s
    watched = stops_now_and_then(signalled(3.0), from_s=by_s - 1.0, times=1)
    assert watched.over() == ("told to end", round(by_s - 1.0 + BOUNDS.leg_s, 3))
    watched = stops_now_and_then(signalled(3.0), from_s=by_s - 1.0, times=2)
    assert watched.over() == ("told to end", round(by_s + 1.0, 3))
    assert not watched.line.at_rest


def test_the_rest_of_a_controller_that_has_exited_counts_at_once():
    watched = Watched(LOADED, GONE, items=5)
    watched.timeline.call_at(10.0, lambda: watched.end.request_end("a signal"))
    watched.timeline.call_at(19.0, lambda: watched.end.see(trace.BeltRuns(19.0, False)))
    watched.timeline.call_at(19.5, lambda: setattr(watched.line, "at_rest", True))
    assert watched.over() == ("told to end", 20.0)


def test_a_fault_that_begins_after_the_request_gives_more_time():
    away = BrokerDown(from_s=60.0, until_s=200.0)
    watched = Watched(LOADED, BINNED, end_after=1, faults=(away,))
    assert watched.over() == ("sorted", round(200.0 + BOUNDS.rest_s, 3))
