"""The table of the core: every state with every event, those that cannot be among them."""

import copy
from typing import get_args

import pytest

from controller.core.controller import EMPTY_PUSHES, EMPTY_S, Controller
from controller.core.events import (
    BrokerBack,
    BrokerLost,
    Event,
    Finished,
    ImageSeen,
    Recognise,
    Recognised,
    Start,
    Stop,
    Tick,
    Unrecognised,
)
from controller.core.transitions import TRANSITIONS, State
from controller.settings import Settings
from controller.wire import ALL, Conveyor, GateEdge, Rod

REST = (Rod(ALL, push=False), Conveyor(run=False), Finished())
EVENTS = {
    Start: Start(),
    Stop: Stop(),
    BrokerLost: BrokerLost(),
    BrokerBack: BrokerBack(),
    GateEdge: GateEdge(1, blocked=True),
    ImageSeen: ImageSeen(1),
    Recognised: Recognised(image=1, label="ripe", confidence=0.99),
    Unrecognised: Unrecognised(image=1, reason="torn"),
    Tick: Tick(),
}
PATHS = {
    State.IDLE: [],
    State.STARTING: [(Start(), 0.0)],
    State.SORTING: [(Start(), 0.0), (Tick(), 2.0)],
    State.CLEARING: [(Start(), 0.0), (Tick(), 2.0), (Stop(), 2.1)],
    State.OFFLINE: [(Start(), 0.0), (BrokerLost(), 1.0)],
    State.FINISHED: [(Start(), 0.0), (Stop(), 1.0), (Tick(), 2.0)],
}
PAIRS = [(state, kind) for state in State for kind in EVENTS]


def brought_to(state, **settings):
    """A controller in a state, and the time when it came there."""
    core, now_s = Controller(Settings(**settings)), 0.0
    for event, at_s in PATHS[state]:
        core.handle(event, at_s)
        now_s = at_s
    assert core.state is state
    return core, now_s


def what_it_says_from(core, now_s):
    """What the controller says to a little story from `now_s` on, and when it wants to be asked again."""
    said = []
    for step, event in enumerate([GateEdge(1, blocked=True), ImageSeen(7), Tick(), GateEdge(1, blocked=False), Tick()]):
        said.append((core.handle(event, now_s + step), core.state, core.next_deadline_s))
    return said


def test_every_kind_of_event_and_every_state_is_here():
    assert set(EVENTS) == set(get_args(Event))
    assert set(PATHS) == set(State)
    assert set(TRANSITIONS) <= set(PAIRS)


@pytest.mark.parametrize(("state", "kind"), PAIRS, ids=lambda part: getattr(part, "value", None) or part.__name__)
def test_an_event_has_its_place_in_the_table_or_is_refused_and_changes_nothing(state, kind):
    core, now_s = brought_to(state)
    if (state, kind) in TRANSITIONS:
        core.handle(EVENTS[kind], now_s + 0.5)
        assert core.state in State
        return
    untouched = copy.deepcopy(core)
    with pytest.raises(AssertionError, match=f"{kind.__name__} while {state.value}"):
        core.handle(EVENTS[kind], now_s + 0.5)
    assert core.state is state
    assert core.next_deadline_s == untouched.next_deadline_s
    if state is not State.IDLE:
        assert what_it_says_from(core, now_s + 1) == what_it_says_from(untouched, now_s + 1)


def test_it_begins_by_retracting_the_rods_and_running_the_belt_and_waits_for_it():
    core = Controller(Settings(belt_start_s=2.0))
    assert core.handle(Start(), 10.0) == (Rod(ALL, push=False), Conveyor(run=True))
    assert core.next_deadline_s == 12.0
    assert core.handle(Tick(), 11.9) == ()
    assert core.handle(Tick(), 12.0) == (Rod(1, push=True),)


def test_the_loader_is_pulled_when_its_stroke_is_over():
    core, now_s = brought_to(State.SORTING, loader_stroke_s=0.5)
    due_s = core.next_deadline_s
    assert now_s + 0.5 <= due_s <= now_s + 0.6
    assert core.handle(Tick(), due_s) == (Rod(1, push=False),)


def at_its_end(core, now_s=0.0):
    """What it says until it has no more to say, and when it has said the last of it."""
    said = ()
    while core.next_deadline_s is not None:
        now_s = core.next_deadline_s
        said += core.handle(Tick(), now_s)
    return said, now_s


def test_a_stop_while_it_starts_ends_as_soon_as_the_belt_runs():
    core, now_s = brought_to(State.STARTING, belt_start_s=2.0)
    assert core.handle(Stop(), now_s + 0.1) == ()
    assert at_its_end(core) == (REST, now_s + 2.0)
    assert core.state is State.FINISHED


def test_a_stop_soon_after_the_broker_is_back_waits_until_the_belt_is_clear():
    core, now_s = brought_to(State.OFFLINE, patience_s=20.0)
    core.handle(BrokerBack(), now_s + 5.0)
    core.handle(Stop(), now_s + 5.1)
    assert at_its_end(core) == (REST, now_s + 25.0)


def test_a_stop_while_the_broker_is_away_is_remembered_until_it_is_back():
    core, now_s = brought_to(State.OFFLINE, patience_s=20.0)
    assert core.handle(Stop(), now_s + 1.0) == ()
    core.handle(BrokerBack(), now_s + 5.0)
    assert at_its_end(core) == (REST, now_s + 25.0)


def test_a_gate_that_flickers_does_not_keep_a_line_from_starting_for_ever():
    core, now_s = brought_to(State.STARTING, belt_start_s=2.0, patience_s=20.0)
    while core.state is State.STARTING:
        now_s += 1.0
        core.handle(GateEdge(2, blocked=now_s % 2 == 0), now_s)
        if core.next_deadline_s <= now_s:
            core.handle(Tick(), now_s)
    assert now_s <= 2.0 + 2 * 20.0 + 1.0


def test_items_seen_on_the_belt_count_where_the_broker_is_lost():
    """Told to end after one item, it loads no other when the broker is back."""
    core, now_s = brought_to(State.SORTING, items=1)
    core.handle(ImageSeen(1), now_s + 1.5)
    core.handle(BrokerLost(), now_s + 2.0)
    core.handle(BrokerBack(), now_s + 3.0)
    assert at_its_end(core)[0] == REST


def test_a_stack_that_gives_nothing_again_and_again_is_empty_to_whoever_counts():
    core, now_s = brought_to(State.SORTING, items=3, patience_s=20.0)
    said, now_s = at_its_end(core)
    assert said[-3:] == REST
    assert said.count(Rod(1, push=True)) == EMPTY_PUSHES - 1  # The first was before.
    assert now_s >= EMPTY_S


def test_whoever_does_not_count_goes_on_pushing():
    core, now_s = brought_to(State.SORTING, patience_s=20.0)
    while now_s < 10 * EMPTY_S:
        now_s = core.next_deadline_s
        core.handle(Tick(), now_s)
    assert core.state in (State.SORTING, State.STARTING)


def test_a_stop_with_an_item_on_the_belt_is_bounded_though_nothing_is_ever_seen_of_it():
    core, now_s = brought_to(State.SORTING, patience_s=20.0)
    core.handle(Stop(), now_s + 0.2)
    said, now_s = at_its_end(core)
    assert said[0] == Rod(1, push=False)
    assert said[-3:] == REST
    assert now_s < 2.0 + 20.0 + 20.0


def test_no_items_is_done_as_soon_as_it_has_started():
    core, _ = brought_to(State.STARTING, items=0)
    assert at_its_end(core)[0] == REST


def test_a_broker_that_is_back_finds_the_rods_retracted_and_nothing_loaded_before_the_belt_is_clear():
    core, now_s = brought_to(State.OFFLINE, patience_s=20.0)
    assert core.next_deadline_s is None
    assert core.handle(BrokerBack(), now_s + 5) == (Rod(ALL, push=False), Conveyor(run=True))
    assert core.next_deadline_s >= now_s + 5 + 20.0


def test_what_is_seen_before_anything_was_loaded_rides_off_first():
    core, now_s = brought_to(State.STARTING, patience_s=20.0)
    core.handle(GateEdge(2, blocked=True), now_s + 1.5)
    assert core.next_deadline_s >= now_s + 21.5


def test_one_item_goes_all_the_way_to_its_push():
    core, now_s = brought_to(State.SORTING)
    assert core.handle(Tick(), now_s + 0.6) == (Rod(1, push=False),)
    assert core.handle(ImageSeen(1), now_s + 1.5) == (Recognise(1),)
    core.handle(Recognised(image=1, label="ripe", confidence=0.97), now_s + 1.6)
    core.handle(GateEdge(1, blocked=True), now_s + 2.3)
    assert core.handle(GateEdge(1, blocked=False), now_s + 2.6) == (Rod(2, push=True),)
    due_s = core.next_deadline_s
    assert due_s <= now_s + 2.6 + 0.6
    assert Rod(2, push=False) in core.handle(Tick(), due_s)


@pytest.mark.parametrize(
    "answer",
    [
        Recognised(image=1, label="ripe", confidence=0.79),
        Recognised(image=1, label="unknown", confidence=0.99),
        Recognised(image=1, label="", confidence=1.0),
        Recognised(image=2, label="ripe", confidence=0.99),
        Unrecognised(image=1, reason="code 1"),
        None,
    ],
    ids=["low confidence", "label unknown", "no label", "another picture's", "error", "no answer"],
)
def test_what_is_not_sure_is_not_pushed(answer):
    core, now_s = brought_to(State.SORTING)
    core.handle(Tick(), now_s + 0.6)
    core.handle(ImageSeen(1), now_s + 1.5)
    if answer is not None:
        core.handle(answer, now_s + 1.6)
    for gate in (1, 2, 3):
        core.handle(GateEdge(gate, blocked=True), now_s + 2.3 * gate)
        said = core.handle(GateEdge(gate, blocked=False), now_s + 2.3 * gate + 0.3)
        assert not [output for output in said if isinstance(output, Rod) and output.push and output.number > 1]


def test_an_answer_that_comes_when_its_rod_is_passed_moves_nothing():
    core, now_s = brought_to(State.SORTING)
    core.handle(Tick(), now_s + 0.6)
    core.handle(ImageSeen(1), now_s + 1.5)
    core.handle(GateEdge(1, blocked=True), now_s + 2.3)
    core.handle(GateEdge(1, blocked=False), now_s + 2.6)
    assert core.handle(Recognised(image=1, label="ripe", confidence=0.99), now_s + 2.61) == ()
