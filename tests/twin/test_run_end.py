"""When a run is over: sorted and at rest, stalled, or ended on request."""

from types import SimpleNamespace

import pytest

from twin import ItemDraw, Layout, Scenario, settings_for, simulate, trace
from twin.run_end import FIRST_COMMAND_S, REST_HOLD_S, RunEnd
from twin.scenario.faults import BeltStops, BrokerDown, ForeignObject, GateStuck
from twin.timeline import Timeline
from twin.verdict.bounds import Bounds

BOUNDS = Bounds(Layout())
SETTLE_S = round(BOUNDS.settle_s, 3)
EXITED = trace.Exited(20.0, "python ended with exit code 0")


class Watched:
    """A `RunEnd` that gets `records` at their times. The line is at rest all the time, or never."""

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
        """The reason for the end of the run, and its time in s."""
        while not self.end.over and self.timeline.peek() <= until_s:
            self.timeline.step()
        return self.end.reason, round(self.timeline.now, 3)


LOADED, BINNED = trace.Loaded(1.0, 1, "ripe", 0.08, None), trace.Binned(5.0, 1, 2)


def test_a_run_without_a_request_to_end_ends_after_the_last_item():
    assert Watched(LOADED, BINNED).over() == ("sorted", round(5.0 + SETTLE_S, 3))
    assert Watched(LOADED, BINNED, at_rest=True).over() == ("sorted", 5.0)


def test_a_run_without_progress_for_the_layouts_bound_stalls():
    assert Watched().over() == ("stalled", round(BOUNDS.stall_s, 3))
    assert Watched(LOADED).over() == ("stalled", round(1.0 + BOUNDS.stall_s, 3))


def test_a_possible_observer_has_longer_until_the_first_command():
    assert Watched(expected=False).over() == ("stalled", FIRST_COMMAND_S)
    commanded = trace.Commanded(200.0, '{"conveyor":"run"}')
    assert Watched(commanded, expected=False).over() == ("stalled", round(200.0 + BOUNDS.stall_s, 3))


def test_a_run_waits_for_the_stacks_next_item():
    assert Watched(available_s=30.0).over() == ("stalled", round(30.0 + BOUNDS.stall_s, 3))


def test_a_moving_foreign_object_is_no_progress():
    edge = trace.Edge(40.0, 1, True, -1)
    assert Watched(LOADED, edge).over() == ("stalled", round(1.0 + BOUNDS.stall_s, 3))


def test_a_foreign_object_on_the_belt_does_not_prolong_the_run():
    laid = trace.LaidDown(9.0, -1, 0.08, 0.3, None)
    foreign = ForeignObject(from_s=9.0, until_s=9.0)
    assert Watched(LOADED, BINNED, laid, faults=(foreign,)).over() == ("sorted", round(5.0 + SETTLE_S, 3))


def test_a_run_stalls_only_after_its_faults_have_ended():
    stuck = GateStuck(from_s=20.0, until_s=200.0)
    assert Watched(LOADED, faults=(stuck,)).over() == ("stalled", round(200.0 + BOUNDS.stall_s, 3))


def test_a_run_does_not_wait_for_a_permanent_fault():
    stuck = GateStuck(from_s=20.0, until_s=100_000.0)
    assert Watched(LOADED, faults=(stuck,)).over() == ("stalled", round(1.0 + BOUNDS.stall_s, 3))


def test_a_controller_that_counts_items_has_a_bound_to_come_to_rest():
    watched = Watched(LOADED, BINNED, end_after=1)
    assert watched.over() == ("sorted", round(5.0 + BOUNDS.rest_s, 3))
    assert watched.recorded == [trace.EndRequested(5.0, "a count of items")]
    assert Watched(LOADED, BINNED, end_after=1, at_rest=True).over() == ("sorted", 5.0 + REST_HOLD_S)


def test_a_controller_with_a_lower_count_ends_before_the_stack_is_empty():
    assert Watched(LOADED, BINNED, items=5, end_after=1, at_rest=True).over() == ("told to end", 5.0 + REST_HOLD_S)


def test_a_rest_during_a_lost_connection_does_not_end_the_run():
    away = BrokerDown(from_s=4.0, until_s=9.0)
    assert Watched(LOADED, BINNED, end_after=1, at_rest=True, faults=(away,)).over() == ("sorted", 9.0 + REST_HOLD_S)


def test_the_bound_to_come_to_rest_begins_after_the_last_fault():
    away = BrokerDown(from_s=4.0, until_s=9.0)
    assert Watched(LOADED, BINNED, end_after=1, faults=(away,)).over() == ("sorted", round(9.0 + BOUNDS.rest_s, 3))


def test_a_controller_that_has_exited_is_not_awaited():
    assert Watched(LOADED, EXITED).over() == ("stalled", round(20.0 + SETTLE_S, 3))
    assert Watched(LOADED, EXITED, trace.Binned(22.0, 1, 0)).over() == ("sorted", round(22.0 + SETTLE_S, 3))


def test_a_controller_that_counts_an_object_may_end_one_item_early():
    laid = trace.LaidDown(2.0, -1, 0.08, 0.3, None)
    both = [LOADED, laid, BINNED]
    assert Watched(*both, items=2, end_after=2, at_rest=True).over()[0] == "told to end"
    assert Watched(LOADED, BINNED, items=2, end_after=2, at_rest=True).over()[0] == "stalled"
    assert Watched(*both, items=3, end_after=3, at_rest=True).over()[0] == "stalled"


def test_a_signal_ends_a_run_with_items_left():
    watched = Watched(LOADED, items=5)
    watched.timeline.call_at(3.0, lambda: watched.end.request_end("a signal"))
    assert watched.over() == ("told to end", round(3.0 + BOUNDS.rest_s, 3))


def test_a_sorted_run_waits_for_its_scheduled_signal():
    scenario = Scenario(items=ItemDraw(count=1), controller=settings_for(Layout()), stop_s=60.0)
    assert simulate(scenario).trace[-1].t_s > 60.0


@pytest.mark.parametrize("link", ["memory", pytest.param("lockstep", marks=pytest.mark.broker)])
@pytest.mark.parametrize("fault", [None, BrokerDown(from_s=14.5, until_s=16.0), BeltStops(from_s=14.5, until_s=16.0)])
def test_our_controller_brings_the_line_to_rest_on_request(link, fault):
    faults = () if fault is None else (fault,)
    scenario = Scenario(items=ItemDraw(count=9), faults=faults, controller=settings_for(Layout()), stop_s=15.0)
    run = simulate(scenario, link=link)
    assert run.violations == []
    ended = run.trace[-1]
    assert (ended.reason, ended.running, ended.rods_out, ended.in_stack) == ("told to end", False, (), True)
    assert run.summary.digest == simulate(scenario).summary.digest
