"""Where an excuse ends, and what is no break at all: runs of small controllers, and records by hand."""

import msgspec
import pytest
from support.judging import found, judged, loaded

from controller.wire import Conveyor, Rod
from twin import Item, Layout, Scenario, settings_for, simulate, trace
from twin.scenario.faults import (
    BeltSpeed,
    ForeignObject,
    Garbage,
    GateGhost,
    GateStuck,
    LinkDelay,
    LinkDrop,
    LinkReorder,
    TakenOff,
)
from twin.verdict.checks import ALL_CHECKS, Checks

RUN, STOP = Conveyor(run=True), Conveyor(run=False)


class Scripted:
    """A controller's core that sends each command at its time, whatever happens."""

    ending = False

    def __init__(self, *steps):
        self.steps = list(steps)

    @property
    def next_deadline_s(self):
        return self.steps[0][0] if self.steps else None

    def handle(self, event, now_s):
        due = [command for at_s, command in self.steps if at_s <= now_s]
        self.steps = self.steps[len(due) :]
        return tuple(due)


def played(*steps, items=1, faults=()):
    """A run of a scripted controller: each step is a time and a command, or a rod to push and the time to pull it."""
    scenario = Scenario(items=(Item(item_class="raw"),) * items, faults=faults, controller=settings_for(Layout()))
    return simulate(scenario, controller=lambda settings: Scripted(*steps))


def stroke(rod, push_s, pull_s):
    return (push_s, Rod(rod, push=True)), (pull_s, Rod(rod, push=False))


def details(run, check):
    return [violation.detail for violation in run.violations if violation.check == check]


# A rod that is out while the belt stands.


def test_a_rod_may_go_out_for_a_short_time_long_after_the_belt_has_stopped():
    run = played((0.0, RUN), (3.0, STOP), *stroke(1, 5.5, 6.5), (8.0, RUN))
    assert details(run, "unsafe_stop") == []


def test_a_rod_that_goes_out_over_a_standing_belt_must_come_back_within_two_seconds():
    run = played((0.0, RUN), (3.0, STOP), *stroke(2, 5.5, 8.5), (20.0, RUN))
    assert details(run, "unsafe_stop") == ["rod 2 was still out 3.00 s after it went out over the standing belt"]


# The bin of an item that another one carries or blocks.

RIPE, HALF, RAW = loaded(1), trace.Loaded(1.5, 2, "half_ripe", 0.08, None), trace.Loaded(1.8, 3, "raw", 0.08, None)
"""Three items, which belong in the bins 2, 3 and 4."""

BLOCKED = (RIPE, HALF, RAW, trace.Held(2.0, 1, None, 2))
"""The ripe one is blocked by the half ripe one."""


def wrong(*records):
    return {item for check, item in found(*records) if check == "wrong_bin"}


def test_a_blocked_item_may_go_only_where_the_blocking_one_belongs_or_falls():
    assert wrong(*BLOCKED, trace.Binned(9.0, 1, 3)) == set()
    assert wrong(*BLOCKED, trace.Binned(9.0, 1, 4)) == {1}
    assert wrong(*BLOCKED, trace.Binned(8.0, 2, 3), trace.Binned(9.0, 1, 3)) == set()
    assert wrong(*BLOCKED, trace.Binned(8.0, 2, 4), trace.Binned(9.0, 1, 4)) == {2}


@pytest.mark.parametrize("carries", [
    trace.Loaded(2.0, 2, "half_ripe", 0.08, 1), trace.TakenByHand(2.0, 2, True, False, 1),
])  # fmt: skip
def test_a_carried_item_may_go_only_where_the_other_one_belongs_or_falls(carries):
    ride = (RIPE, HALF, RAW, carries)
    assert wrong(*ride, trace.Binned(9.0, 1, 3)) == wrong(*ride, trace.Binned(9.0, 2, 2)) == set()
    assert wrong(*ride, trace.Binned(9.0, 1, 4)) == {1}
    assert wrong(*ride, trace.Binned(9.0, 2, 4)) == {2}
    assert wrong(*ride, trace.Binned(9.0, 1, 4), trace.Binned(9.0, 2, 4)) == {1}


def test_an_item_in_a_row_of_blocked_ones_may_go_where_the_first_goes():
    row = (*BLOCKED, trace.Held(2.5, 2, None, 3))
    assert wrong(*row, trace.Binned(9.0, 1, 4)) == set()
    assert wrong(*row, trace.Binned(8.0, 3, 4), trace.Binned(9.0, 2, 4), trace.Binned(9.5, 1, 4)) == set()


def test_an_item_on_an_object_may_go_only_where_that_object_went():
    laid = (RIPE, trace.LaidDown(2.0, -1, 0.08, 0.3, 1))
    assert wrong(*laid, trace.Binned(9.0, 1, 4)) == set()
    assert wrong(*laid, trace.Binned(8.0, -1, 3), trace.Binned(9.0, 1, 3)) == set()
    assert wrong(*laid, trace.Binned(8.0, -1, 3), trace.Binned(9.0, 1, 4)) == {1}


def test_items_that_are_apart_again_go_each_into_its_own_bin():
    apart = [trace.Edge(3.0, 1, True, 2), trace.Edge(3.4, 1, False, 2), trace.Edge(3.8, 1, True, 1)]
    into_another = trace.Binned(9.0, 1, 3)
    assert wrong(*BLOCKED, *apart, into_another) == {1}
    assert wrong(*BLOCKED, *apart[:2], trace.Edge(3.8, 1, False, 1), into_another) == set()  # No gap between them.
    unseen = trace.Disturbed(3.0, "edge_lost", "gate 1", 2, (1,), "afault")
    assert wrong(*BLOCKED, unseen, *apart, into_another) == set()


def test_an_item_laid_into_a_beam_onto_one_that_has_just_left_it_is_not_apart_from_it():
    behind_the_gate = [RIPE, HALF, trace.Edge(3.0, 1, True, 2), trace.Edge(3.4, 1, False, 2)]
    laid = [trace.TakenByHand(3.5, 1, True, False, 2), trace.Edge(3.5, 1, True, 1)]
    assert wrong(*behind_the_gate, *laid, trace.Binned(9.0, 1, 3)) == set()


def test_a_gate_that_an_item_passed_before_it_was_put_back_shows_no_gap():
    passed = [RIPE, HALF, trace.Edge(3.0, 1, True, 2), trace.Edge(3.4, 1, False, 2)]
    back = [trace.TakenByHand(4.0, 2, False, True), trace.TakenByHand(5.0, 2, True, False, 1)]
    assert wrong(*passed, *back, trace.Edge(6.0, 1, True, 1), trace.Binned(9.0, 1, 3)) == set()


def test_the_excuse_has_the_time_of_what_joined_the_two():
    (excused,) = [each for each in judged(*BLOCKED, trace.Binned(9.0, 1, 3)).excused if each.violation.item == 1]
    assert (excused.fact.t_s, excused.fact.part) == (2.0, "item 2")


# Items that are left where no sensor sees them.


def alone(run):
    """What the run's records show by themselves, as for a program that is not run again without the faults."""
    checks = Checks(ALL_CHECKS)
    for record in run.trace:
        checks.see(record)
    return {violation.check for violation in checks.violations}


ONE_ON_THE_BELT = ((0.0, RUN), *stroke(1, 1.0, 1.6))


def test_a_belt_stopped_far_too_early_is_not_excused_by_a_little_slowness():
    slow = BeltSpeed(factor=0.95, from_s=3.0, until_s=4.0)
    assert alone(played(*ONE_ON_THE_BELT, (6.0, STOP), faults=(slow,))) == {"stalled", "lost"}


def test_a_belt_stopped_long_after_the_fault_is_not_excused():
    slow = BeltSpeed(factor=0.5, from_s=2.0, until_s=3.0)
    run = played(*ONE_ON_THE_BELT, (4.0, STOP), (30.0, RUN), (36.0, STOP), faults=(slow,))
    assert alone(run) == {"stalled", "lost"}


@pytest.mark.parametrize("factor", [0.5, 0.8])
def test_a_belt_stopped_when_a_late_item_should_have_left_it_is_excused(factor):
    slow = BeltSpeed(factor=factor, from_s=2.0, until_s=14.0)
    assert alone(played(*ONE_ON_THE_BELT, (13.0, STOP), faults=(slow,))) == set()


def test_an_item_behind_a_rod_whose_pull_was_lost_may_be_left_when_the_rod_comes_in():
    lost = LinkDrop(way="aa", share=1.0, from_s=3.0, until_s=5.0)
    pushed = (2.5, Rod(2, push=True)), (3.5, Rod(2, push=False)), (40.0, Rod(2, push=False)), (45.0, STOP)
    assert alone(played(*ONE_ON_THE_BELT, *pushed, faults=(lost,))) <= {"pushed_at_nothing"}


# A message about another item.


def test_a_late_edge_of_another_item_excuses_a_reject_but_no_strike():
    late = [
        trace.Disturbed(5.0, "edge_late", "gate 1", 2, (1,), "afault"),
        trace.Disturbed(6.0, "edge_late", "gate 1", None, (1, 2), "afault"),
    ]
    strikes = [trace.Struck(9.0, item, 2, 0.07) for item in (1, 2)]
    rejects = [trace.Binned(20.0 + item, item, 0) for item in (1, 2)]
    assert found(RIPE, HALF, *late, *strikes, *rejects) == {("struck", 1)}


# A command that has not arrived yet.


@pytest.mark.parametrize("late", [LinkReorder(way="aa", share=1.0, delay_s=3.3), LinkDelay(way="aa", delay_s=3.3)])
def test_an_item_that_runs_into_a_rod_whose_pull_has_not_arrived_yet_is_excused(late):
    scenario = Scenario(items=(Item(item_class="ripe"),) * 5, controller=settings_for(Layout()))
    (pull_s, *_) = [
        record.t_s for record in simulate(scenario).trace
        if isinstance(record, trace.Commanded) and "second_pull" in record.payload and record.t_s > 15.0
    ]  # fmt: skip
    late = msgspec.structs.replace(late, from_s=pull_s - 0.05, until_s=pull_s + 0.02)
    run = simulate(msgspec.structs.replace(scenario, faults=(late,)))
    assert run.violations == []
    assert ("jam", 3) in {(each.violation.check, each.violation.item) for each in run.excused}


# A fault that is over, although its time is not.


@pytest.mark.parametrize("fault", [GateGhost, Garbage, ForeignObject, TakenOff])
def test_a_fault_that_happens_once_excuses_no_controller_that_does_nothing(fault):
    assert alone(played(faults=(fault(from_s=1.0, until_s=5000.0),))) == {"stalled"}


def test_a_fault_that_goes_on_excuses_that_nothing_makes_progress():
    assert alone(played(faults=(GateStuck(from_s=1.0, until_s=5000.0),))) == set()


def test_a_person_excuses_a_stall_only_while_an_item_is_in_the_hand():
    acts = trace.FaultActs(1.0, "takenoff", True)
    off, back = trace.TakenByHand(5.0, 1, False, True), trace.TakenByHand(7.0, 1, True, False)
    stalls = trace.Ended(90.0, "stalled", (), True, (), False)
    assert found(loaded(), acts, off, stalls) == set()
    assert found(loaded(), acts, off, back, stalls) == {("stalled", None)}
