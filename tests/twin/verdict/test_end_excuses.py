"""What excuses the end of a run: no progress, items left on the belt, a line that is not at rest."""

import pytest
from support.judging import BOUNDS, fact, found, loaded, strokes

from twin import trace


def ended(reason="stalled", on_belt=(), in_stack=False):
    return trace.Ended(90.0, reason, on_belt, in_stack, (), False)


def a_ride(stop_s=10.0):
    """An item rides, and the belt is stopped."""
    return trace.BeltRuns(0.5, True), loaded(), trace.BeltRuns(stop_s, False)


ACTS = trace.FaultActs(2.0, "afault", True), fact("edge_lost", item=None)


def test_a_stall_is_excused_while_a_fault_acts():
    assert found(*ACTS, ended(in_stack=True)) == set()
    assert found(*ACTS, trace.FaultActs(6.0, "afault", False), ended(in_stack=True)) == {("stalled", None)}


def test_a_stall_is_excused_until_all_faults_have_ended():
    both = (*ACTS, trace.FaultActs(3.0, "afault", True))
    assert found(*both, trace.FaultActs(4.0, "afault", False), ended(in_stack=True)) == set()


def test_a_fault_without_an_effect_excuses_nobody_who_does_nothing():
    assert found(ACTS[0], ended(in_stack=True)) == {("stalled", None)}


def test_an_effect_long_before_the_last_progress_excuses_no_stall():
    long_after_s = 5.0 + BOUNDS.stall_s
    assert found(*ACTS, loaded(t_s=long_after_s - 0.1), trace.Ended(200.0, "stalled", (), True, (), False)) == set()
    late = found(*ACTS, loaded(t_s=long_after_s + 0.1), trace.Ended(200.0, "stalled", (), True, (), False))
    assert late == {("stalled", None)}


@pytest.mark.parametrize("what", ["off_pace", "command_lost", "command_late"])
def test_an_effect_between_sensors_excuses_an_item_left_on_the_belt(what):
    assert found(*a_ride(), fact(what), ended(on_belt=(1,))) == set()
    assert found(*a_ride(), fact(what), ended("told to end", on_belt=(1,))) == set()


@pytest.mark.parametrize("what", ["command_lost", "command_late"])
def test_an_item_is_excused_only_if_the_belt_stops_within_a_trip_after_the_effect(what):
    left = {("stalled", None), ("lost", 1)}
    assert found(*a_ride(5.0 + BOUNDS.trip_s), fact(what), ended(on_belt=(1,))) == set()
    assert found(*a_ride(5.1 + BOUNDS.trip_s), fact(what), ended(on_belt=(1,))) == left
    assert found(*a_ride(4.9), fact(what), ended(on_belt=(1,))) == left


def test_a_wrong_speed_counts_until_the_belt_has_the_right_one_again():
    slow = (*a_ride(30.0), fact("off_pace", 1, 5.0, "belt"))
    assert found(*slow, ended(on_belt=(1,))) == set()
    assert found(*slow, fact("on_pace", None, 20.0, "belt"), ended(on_belt=(1,))) == set()
    left = {("stalled", None), ("lost", 1)}
    assert found(*slow, fact("on_pace", None, 29.9 - BOUNDS.trip_s, "belt"), ended(on_belt=(1,))) == left


@pytest.mark.parametrize("what", ["edge_lost", "picture_lost", "answer_lost", "cut_off", "reconnected", "longer"])
def test_wrong_sensor_messages_do_not_excuse_leaving_an_item(what):
    assert found(*a_ride(), fact(what), ended(on_belt=(1,))) == {("stalled", None), ("lost", 1)}
    assert found(*a_ride(), fact(what), ended("told to end", on_belt=(1,))) == {("lost", 1)}


def test_an_item_stopped_between_sensors_may_be_left_on_the_belt():
    hidden = (*a_ride(), fact("off_pace", 1, 3.0, "belt"))
    assert found(*hidden, ended(on_belt=(1,))) == set()
    assert found(*hidden, ended(on_belt=(1,), in_stack=True)) == {("stalled", None)}
    assert found(*hidden, loaded(2, 4.0), ended(on_belt=(1, 2))) == {("stalled", None), ("lost", 2)}


def test_a_restarted_controller_may_leave_items_it_never_saw_on_the_belt():
    before = (loaded(), fact("restarted", 1, 3.0, "controller"))
    assert found(*before, trace.Ended(90.0, "told to end", (1,), True, (), False)) == set()
    assert found(*before, ended(on_belt=(1,))) == {("stalled", None), ("lost", 1)}
    only_cut_off = (loaded(), fact("cut_off", 1, 2.0, "controller"), fact("reconnected", 1, 3.0, "controller"))
    assert found(*only_cut_off, trace.Ended(90.0, "told to end", (1,), True, (), False)) == {("lost", 1)}


def test_unrest_is_excused_only_if_the_command_to_each_part_was_lost():
    end_request = trace.EndRequested(50.0, "signal")
    out = strokes(2, (49.0, "extending"), (49.3, "out"))
    stop_lost = trace.Disturbed(60.0, "command_lost", "belt", None, (), "afault")
    stop_lost_before = trace.Disturbed(49.9, "command_lost", "belt", None, (), "afault")
    pull_lost = trace.Disturbed(60.0, "command_lost", "rods", None, (), "afault")
    unrest = trace.Ended(90.0, "told to end", (), False, (2,), True)
    assert ("not_at_rest", None) in found(end_request, *out, unrest)
    assert ("not_at_rest", None) in found(end_request, *out, stop_lost, unrest)
    assert ("not_at_rest", None) in found(end_request, *out, pull_lost, unrest)
    assert ("not_at_rest", None) not in found(end_request, *out, stop_lost, pull_lost, unrest)
    assert ("not_at_rest", None) in found(end_request, *out, stop_lost_before, pull_lost, unrest)
