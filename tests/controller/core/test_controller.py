"""The core's table: every event in every state, also the excluded pairs; and its path from start to rest."""

import copy
from typing import get_args

import pytest

from controller.core.controller import Controller
from controller.core.events import (
    BrokerBack,
    BrokerLost,
    Event,
    Finished,
    ImageSeen,
    Recognise,
    Recognised,
    Sorted,
    Start,
    Stop,
    Tick,
    Unrecognised,
)
from controller.core.loader import EMPTY_PUSHES, EMPTY_S
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
    """A controller in a state, and the time at which it reached that state."""
    core, now_s = Controller(Settings(**{"belt_start_s": 2.0, **settings})), 0.0
    for event, at_s in PATHS[state]:
        core.handle(event, at_s)
        now_s = at_s
    assert core.state is state
    return core, now_s


def outputs_from(core, now_s):
    """The outputs, states and deadlines for a short sequence of events from `now_s` on."""
    outputs = []
    for step, event in enumerate([GateEdge(1, blocked=True), ImageSeen(7), Tick(), GateEdge(1, blocked=False), Tick()]):
        outputs.append((core.handle(event, now_s + step), core.state, core.next_deadline_s))
    return outputs


def test_these_tests_have_every_event_and_every_state():
    assert set(EVENTS) == set(get_args(Event))
    assert set(PATHS) == set(State)
    assert set(TRANSITIONS) <= set(PAIRS)


@pytest.mark.parametrize(("state", "kind"), PAIRS, ids=lambda part: getattr(part, "value", None) or part.__name__)
def test_an_event_that_the_table_lacks_is_refused_without_effect(state, kind):
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
        assert outputs_from(core, now_s + 1) == outputs_from(untouched, now_s + 1)


def test_the_start_retracts_rods_runs_the_belt_and_waits():
    core = Controller(Settings(belt_start_s=2.0))
    assert core.handle(Start(), 10.0) == (Rod(ALL, push=False), Conveyor(run=True))
    assert core.next_deadline_s == 12.0
    assert core.handle(Tick(), 11.9) == ()
    assert core.handle(Tick(), 12.0) == (Rod(1, push=True),)


def test_the_loader_is_pulled_when_its_stroke_is_over_on_a_wire_that_jitters_too():
    core, now_s = brought_to(State.SORTING, loader_stroke_s=0.5)
    due_s = core.next_deadline_s
    assert now_s + 0.5 + 0.05 <= due_s <= now_s + 0.6
    assert core.handle(Tick(), due_s) == (Rod(1, push=False),)


def run_out(core, now_s=0.0):
    """Send a `Tick` at each deadline until there is none; returns all outputs, and the last time."""
    outputs = ()
    while core.next_deadline_s is not None:
        now_s = core.next_deadline_s
        outputs += core.handle(Tick(), now_s)
    return outputs, now_s


def test_a_stop_during_the_start_ends_once_the_belt_runs():
    core, now_s = brought_to(State.STARTING, belt_start_s=2.0)
    assert core.handle(Stop(), now_s + 0.1) == ()
    assert run_out(core) == (REST, now_s + 2.0)
    assert core.state is State.FINISHED


def test_a_stop_after_a_reconnect_waits_until_the_belt_is_clear():
    core, now_s = brought_to(State.OFFLINE, patience_s=20.0)
    core.handle(BrokerBack(), now_s + 5.0)
    core.handle(Stop(), now_s + 5.1)
    assert run_out(core) == (REST, now_s + 25.0)


def test_a_stop_without_a_broker_takes_effect_after_the_reconnect():
    core, now_s = brought_to(State.OFFLINE, patience_s=20.0)
    assert core.handle(Stop(), now_s + 1.0) == ()
    core.handle(BrokerBack(), now_s + 5.0)
    assert run_out(core) == (REST, now_s + 25.0)


def test_a_flickering_gate_does_not_prevent_the_start():
    core, now_s = brought_to(State.STARTING, belt_start_s=2.0, patience_s=20.0)
    while core.state is State.STARTING:
        now_s += 1.0
        core.handle(GateEdge(2, blocked=now_s % 2 == 0), now_s)
        if core.next_deadline_s <= now_s:
            core.handle(Tick(), now_s)
    assert now_s <= 2.0 + 2 * 20.0 + 1.0


def test_items_on_the_belt_count_as_done_when_the_broker_is_lost():
    """With one item set, the core loads no other when the broker is back."""
    core, now_s = brought_to(State.SORTING, items=1)
    core.handle(ImageSeen(1), now_s + 1.5)
    core.handle(BrokerLost(), now_s + 2.0)
    core.handle(BrokerBack(), now_s + 3.0)
    assert run_out(core)[0] == REST


def test_a_counted_run_ends_after_repeated_empty_pushes():
    core, now_s = brought_to(State.SORTING, items=3, patience_s=20.0)
    outputs, now_s = run_out(core)
    assert outputs[-3:] == REST
    assert outputs.count(Rod(1, push=True)) == EMPTY_PUSHES - 1  # The first push came before.
    assert now_s >= EMPTY_S


def test_an_uncounted_run_goes_on_after_empty_pushes():
    core, now_s = brought_to(State.SORTING, patience_s=20.0)
    while now_s < 10 * EMPTY_S:
        now_s = core.next_deadline_s
        core.handle(Tick(), now_s)
    assert core.state in (State.SORTING, State.STARTING)


def test_a_stop_is_bounded_when_no_sensor_detects_the_item():
    core, now_s = brought_to(State.SORTING, patience_s=20.0)
    core.handle(Stop(), now_s + 0.2)
    outputs, now_s = run_out(core)
    assert outputs[0] == Rod(1, push=False)
    assert outputs[-3:] == REST
    assert now_s < 2.0 + 20.0 + 20.0


def test_a_run_of_no_items_ends_after_the_start():
    core, _ = brought_to(State.STARTING, items=0)
    assert run_out(core)[0] == REST


def test_nothing_is_loaded_after_a_reconnect_until_the_belt_is_clear():
    core, now_s = brought_to(State.OFFLINE, patience_s=20.0)
    assert core.next_deadline_s is None
    assert core.handle(BrokerBack(), now_s + 5) == (Rod(ALL, push=False), Conveyor(run=True))
    assert core.next_deadline_s >= now_s + 5 + 20.0


def test_clutter_during_the_start_rides_off_before_the_first_load():
    core, now_s = brought_to(State.STARTING, patience_s=20.0)
    core.handle(GateEdge(2, blocked=True), now_s + 1.5)
    assert core.next_deadline_s >= now_s + 21.5


def test_an_item_is_loaded_recognised_pushed_and_reported():
    core, now_s = brought_to(State.SORTING)
    assert core.handle(Tick(), now_s + 0.6) == (Rod(1, push=False),)
    assert core.handle(ImageSeen(1), now_s + 1.5) == (Recognise(1),)
    core.handle(Recognised(image=1, label="ripe", confidence=0.97), now_s + 1.6)
    core.handle(GateEdge(1, blocked=True), now_s + 2.3)
    item = Sorted(number=1, label="ripe", confidence=0.97, bin=2, reason=None)
    assert core.handle(GateEdge(1, blocked=False), now_s + 2.6) == (Rod(2, push=True), item)
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
def test_an_item_without_a_sure_answer_is_not_pushed(answer):
    core, now_s = brought_to(State.SORTING)
    core.handle(Tick(), now_s + 0.6)
    core.handle(ImageSeen(1), now_s + 1.5)
    if answer is not None:
        core.handle(answer, now_s + 1.6)
    for gate in (1, 2, 3):
        core.handle(GateEdge(gate, blocked=True), now_s + 2.3 * gate)
        outputs = core.handle(GateEdge(gate, blocked=False), now_s + 2.3 * gate + 0.3)
        assert not [output for output in outputs if isinstance(output, Rod) and output.push and output.number > 1]


def test_an_answer_after_its_gate_moves_no_rod():
    core, now_s = brought_to(State.SORTING)
    core.handle(Tick(), now_s + 0.6)
    core.handle(ImageSeen(1), now_s + 1.5)
    core.handle(GateEdge(1, blocked=True), now_s + 2.3)
    core.handle(GateEdge(1, blocked=False), now_s + 2.6)
    assert core.handle(Recognised(image=1, label="ripe", confidence=0.99), now_s + 2.61) == ()


def test_a_push_that_loads_nothing_takes_no_number():
    core, now_s = brought_to(State.SORTING)
    outputs, now_s = (), core.next_deadline_s
    while Rod(1, push=True) not in outputs:
        outputs, now_s = core.handle(Tick(), now_s), core.next_deadline_s
    core.handle(Tick(), now_s)
    core.handle(ImageSeen(1), now_s + 1.0)
    core.handle(Recognised(image=1, label="ripe", confidence=0.97), now_s + 1.1)
    core.handle(GateEdge(1, blocked=True), now_s + 1.8)
    outputs = core.handle(GateEdge(1, blocked=False), now_s + 2.1)
    assert [output.number for output in outputs if isinstance(output, Sorted)] == [1]
