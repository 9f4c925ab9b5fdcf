"""What excuses the stroke of a rod, and what an item runs into."""

import pytest
from support.judging import BOUNDS, fact, found, loaded, reasons, rejected, strokes

from twin import trace

PUSH_TWICE = '{"rod_control":"second_push"}'
OUT = strokes(2, (10.0, "extending"), (10.25, "out"))
LEFT_OUT = [*OUT, *strokes(2, (15.0, "retracting"))]
NOTHING = [*OUT, *strokes(2, (10.5, "retracting"), (10.75, "in"))]
STRUCK = [loaded(), *OUT, trace.Struck(10.25, 1, 2, 0.07)]
HELD = [loaded(), *OUT, trace.Held(11.0, 1, 2, None)]
AGAIN = [*OUT, trace.Commanded(10.4, PUSH_TWICE)]
UNSAFE = [trace.BeltRuns(0.5, True), *OUT, trace.BeltRuns(11.0, False), *strokes(2, (15.0, "in"))]

ROD = {
    "rod_left_out": LEFT_OUT, "pushed_at_nothing": NOTHING, "struck": STRUCK, "jam": HELD, "protocol": AGAIN,
    "unsafe_stop": UNSAFE,
}  # fmt: skip


def checks_of(records):
    return {check for check, _ in found(*records)}


@pytest.mark.parametrize("check", ROD)
def test_a_break_without_a_fact_is_a_violation(check):
    assert check in checks_of(ROD[check])


@pytest.mark.parametrize("check", ROD)
@pytest.mark.parametrize("what", ["command_lost", "command_late", "command_twice", "stroke_slow", "rod_stuck"])
def test_an_effect_on_a_rod_excuses_the_same_stroke(check, what):
    assert check not in checks_of([*ROD[check], fact(what, None, 10.2, "rod 2")])
    assert check not in checks_of([*ROD[check], fact(what, None, 10.2, "rods")])


@pytest.mark.parametrize("check", ROD)
def test_an_effect_on_another_rod_excuses_nothing(check):
    assert check in checks_of([*ROD[check], fact("rod_stuck", None, 10.2, "rod 3")])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_an_effect_on_a_rod_does_not_excuse_a_later_stroke(check):
    assert check in checks_of([*ROD[check], fact("rod_stuck", None, 9.9, "rod 2")])


@pytest.mark.parametrize("check", ["pushed_at_nothing", "struck"])
def test_an_effect_excuses_a_push_only_since_the_item_left_the_gate(check):
    before_s = 10.0 - BOUNDS.leg_s
    assert check in checks_of([*ROD[check], fact("command_late", None, before_s - 0.1, "rod 2")])
    assert check not in checks_of([*ROD[check], fact("command_late", None, before_s + 0.1, "rod 2")])


@pytest.mark.parametrize("check", ROD)
@pytest.mark.parametrize("what", ["edge_lost", "edge_false", "picture_late", "answer_false", "garbage"])
def test_wrong_sensor_messages_do_not_excuse_what_a_rod_does(check, what):
    assert check in checks_of([*ROD[check], fact(what, 1, 9.9), fact(what, None, 9.9, "gate 1", (1,))])


@pytest.mark.parametrize("check", ["pushed_at_nothing", "struck"])
@pytest.mark.parametrize("what", ["edge_late", "edge_twice"])
def test_a_late_edge_excuses_a_late_push(check, what):
    assert check not in checks_of([*ROD[check], fact(what, 1, 9.9), fact(what, None, 9.9, "gate 1")])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_a_controller_that_is_cut_off_may_leave_a_rod_out(check):
    cut = fact("cut_off", None, 10.3, "controller")
    assert check not in checks_of([*ROD[check], cut])


BROKEN_S = {"rod_left_out": 15.0, "jam": 11.0, "protocol": 10.4, "unsafe_stop": 15.0}
"""When each of these rules is broken."""


@pytest.mark.parametrize("check", BROKEN_S)
@pytest.mark.parametrize("cut_s", [2.0, 10.3])
def test_a_reconnected_controller_must_pull_rods_within_five_seconds(check, cut_s):
    """Whether the rod went out before the loss or after it."""
    back_s = BROKEN_S[check] - 5.0
    cut = fact("cut_off", None, min(cut_s, back_s - 1.0), "controller")
    assert check in checks_of([*ROD[check], cut, fact("reconnected", None, back_s - 0.1, "controller")])
    assert check not in checks_of([*ROD[check], cut, fact("reconnected", None, back_s + 0.1, "controller")])


def client(event, t_s):
    return trace.Connection(t_s, "FS_Ctl", event, "")


@pytest.mark.parametrize("check", BROKEN_S)
def test_the_five_seconds_begin_when_the_controller_has_connected_again(check):
    """It may wait longer and longer from try to try; so does paho, for 8 s after 7 s."""
    broken_s = BROKEN_S[check]
    back_s = broken_s - 8.0
    loss = [client("connected", 0.1), client("lost", back_s - 1.0), fact("cut_off", None, back_s - 1.0, "controller")]
    lost = [*ROD[check], *loss, fact("reconnected", None, back_s, "controller")]
    assert check not in checks_of(lost)
    assert check not in checks_of([*lost, client("connected", broken_s - 4.9)])
    assert check in checks_of([*lost, client("connected", broken_s - 5.1)])
    assert check in checks_of([*lost, client("connected", broken_s - 5.1), client("connected", broken_s - 1.0)])


def test_a_controller_that_never_connects_again_is_not_excused_for_ever():
    loss = [client("connected", 0.1), client("lost", 9.0), fact("cut_off", None, 9.0, "controller")]
    since_s = 10.0 + BOUNDS.stall_s
    late = strokes(2, (since_s, "extending"), (since_s + 0.25, "out"), (since_s + 5.0, "retracting"))
    assert checks_of([*loss, fact("reconnected", None, 10.0, "controller"), *late]) >= {"rod_left_out"}


def test_a_push_at_a_removed_item_is_excused():
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9, "gate 1")]) == set()
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9, "gate 2")]) == {"pushed_at_nothing"}
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9 - BOUNDS.leg_s, "gate 1")]) == {"pushed_at_nothing"}


def test_a_cut_off_controller_may_not_strike_or_push_at_nothing():
    cut = fact("cut_off", None, 9.0, "controller")
    assert "struck" in checks_of([*STRUCK, cut])
    assert "pushed_at_nothing" in checks_of([*NOTHING, cut])


def test_the_reject_of_an_item_struck_because_of_a_fault_is_excused():
    late = fact("command_late", None, 10.2, "rod 2")
    assert reasons(*STRUCK, late, rejected()) == {1: "held"}
    assert found(*STRUCK, rejected()) >= {("struck", 1), ("needless_reject", 1)}


@pytest.mark.parametrize("check", ["struck", "jam"])
@pytest.mark.parametrize("what", ["off_pace", "longer", "two_loaded", "taken_off", "put_back", "laid_down", "held"])
def test_an_item_that_moved_unexpectedly_may_be_struck_or_jam(check, what):
    assert check not in checks_of([*ROD[check], fact(what, 1, 9.0, "belt")])
    assert check in checks_of([*ROD[check], fact(what, 2, 9.0, "belt")])


def test_running_into_an_item_that_a_fault_held_up_is_excused():
    stuck = fact("rod_stuck", None, 10.4, "rod 2")
    queue = [loaded(), loaded(2, 2.0), *OUT, stuck, trace.Held(11.0, 1, 2, None), trace.Held(12.0, 2, None, 1)]
    assert found(*queue) == set()
    assert found(*[record for record in queue if record is not stuck]) == {("jam", 1), ("jam", 2)}


def test_an_item_loaded_late_onto_a_free_belt_is_not_held_up():
    stroke = (*strokes(1, (0.5, "extending"), (1.0, "out")), fact("command_late", None, 0.5, "rod 1"))
    queue = (*stroke, loaded(), loaded(2, 2.0), trace.Held(12.0, 2, None, 1))
    assert found(*queue) == {("jam", 2)}


def test_running_into_an_item_that_was_put_back_is_excused():
    queue = (loaded(), loaded(2, 2.0), trace.Held(12.0, 2, None, 1))
    assert found(*queue, fact("taken_off", 1, 9.0)) == set()
    assert found(*queue, fact("edge_lost", 1, 9.0)) == {("jam", 2)}


def test_loading_onto_an_item_that_a_fault_stopped_is_excused():
    assert found(loaded(), fact("off_pace", 1, 1.5, "belt"), loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), loaded(2, 3.0, onto=1)) == {("jam", 2)}


def test_an_item_loaded_onto_a_stopped_item_counts_as_held_up():
    ride = (loaded(), fact("off_pace", 1, 1.5, "belt"), loaded(2, 3.0, onto=1))
    assert reasons(*ride, rejected(2)) == {2: "held"}


@pytest.mark.parametrize("what", ["command_late", "command_twice", "stroke_slow", "rod_stuck"])
def test_loading_onto_an_item_is_excused_by_a_disturbed_stroke(what):
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    assert found(loaded(), *stroke, fact(what, None, 2.5, "rod 1"), loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), *stroke, fact(what, None, 2.4, "rod 1"), loaded(2, 3.0, onto=1)) == {("jam", 2)}


def test_loading_a_longer_item_onto_the_one_ahead_is_excused():
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    long = fact("longer", None, 3.0, "loader")
    assert found(loaded(), *stroke, long, loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), *stroke, fact("longer", None, 2.4, "loader"), loaded(2, 3.0, onto=1)) == {("jam", 2)}
