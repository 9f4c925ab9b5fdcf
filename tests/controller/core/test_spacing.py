"""The headway between two loads, and whether the leg before a rod is free."""

import pytest

from controller.core.spacing import NEVER_S, headway_s, leg_is_free, soonest_nose_s
from controller.core.timing_model import TimingModel
from controller.core.track import Stage, Track

PICTURE_S, LEG_S, DWELL_S, ROD_OUT_S = 1.4, 2.8, 0.4, 0.6
LONG_LEG_S = 5.0


def a_timing_model(*legs_s):
    timing = TimingModel(3)
    for _ in range(150):
        timing.picture.learn(PICTURE_S)
        timing.dwell.learn(DWELL_S)
        for leg, leg_s in zip(timing.legs[1:], legs_s, strict=False):
            leg.learn(leg_s)
    return timing


def a_track(*, gate=0, at_s=0.0, rod=None):
    """A track whose centre was at `gate` at `at_s`, decided for `rod` or rejected."""
    track = Track(at_s)
    track.gate = gate
    track.stage, track.rod = (Stage.REJECTED, None) if rod is None else (Stage.DECIDED, rod)
    return track


EVEN = a_timing_model(LEG_S, LEG_S, LEG_S)


def test_the_headway_is_infinite_while_a_leg_ahead_is_unknown():
    timing = a_timing_model(LEG_S)
    assert headway_s(a_track(), timing, ROD_OUT_S) == NEVER_S
    assert headway_s(a_track(rod=2), timing, ROD_OUT_S) < NEVER_S


def test_the_longest_leg_ahead_sets_the_headway():
    uneven = a_timing_model(LEG_S, LEG_S, LONG_LEG_S)
    even_s, uneven_s = (headway_s(a_track(), timing, ROD_OUT_S) for timing in (EVEN, uneven))
    assert LEG_S < even_s < LEG_S + 1.0
    assert uneven_s == pytest.approx(even_s + LONG_LEG_S - LEG_S)


def test_an_item_that_leaves_early_needs_no_headway_for_later_legs():
    uneven = a_timing_model(LEG_S, LEG_S, LONG_LEG_S)
    at_gate_1, at_gate_2, at_the_end = (headway_s(a_track(rod=rod), uneven, ROD_OUT_S) for rod in (2, 3, None))
    assert at_gate_1 < at_gate_2 < at_the_end
    assert at_gate_1 >= DWELL_S + ROD_OUT_S


def test_picture_windows_of_two_items_do_not_overlap():
    timing = a_timing_model(LEG_S)
    timing.picture.tolerance_s = 2.0
    assert headway_s(a_track(rod=2), timing, ROD_OUT_S) > 2 * timing.picture.tolerance_s


def test_the_next_item_waits_until_a_missing_picture_is_noticed():
    far = a_timing_model(LEG_S)
    far.picture.mean_s = 9.0
    awaited, pictured = Track(0.0), Track(0.0)
    pictured.image, pictured.stage, pictured.rod = 1, Stage.DECIDED, 2
    window_s = awaited.picture_window_s(far)
    assert headway_s(awaited, a_timing_model(LEG_S, LEG_S, LEG_S), ROD_OUT_S) < PICTURE_S + LEG_S
    far.legs[2].learn(LEG_S)
    far.legs[3].learn(LEG_S)
    assert window_s[1] < headway_s(awaited, far, ROD_OUT_S) < window_s[1] + 1.0
    assert headway_s(pictured, far, ROD_OUT_S) < LEG_S


def test_the_soonest_nose_is_before_the_mean_time_of_the_centre():
    assert 0.0 < soonest_nose_s(EVEN) < LEG_S - DWELL_S / 2
    assert soonest_nose_s(TimingModel(3)) == 0.0


def free(other, *, timing=EVEN, gate=1):
    """Whether the rod behind `gate` may go out for a target that has just left the gate, beside `other`."""
    target, now_s = a_track(gate=gate, at_s=10.0, rod=gate + 1), 10.0 + DWELL_S / 2
    return leg_is_free(target, [target, other], timing, now_s, ROD_OUT_S)


def test_a_leg_is_free_with_the_others_far_ahead_and_behind():
    assert free(a_track(gate=2, at_s=9.0))
    assert free(a_track(gate=0, at_s=10.0))


def test_a_leg_is_not_free_while_the_item_ahead_is_on_it():
    assert not free(a_track(gate=1, at_s=8.0))


def test_a_leg_is_not_free_if_the_next_item_comes_before_the_rod_is_in():
    soon_s = 10.0 + DWELL_S / 2 + ROD_OUT_S - LEG_S + DWELL_S / 2
    assert not free(a_track(at_s=soon_s - 0.05))
    assert free(a_track(at_s=soon_s + 0.05))


def test_a_leg_is_not_free_while_another_item_blocks_its_gate():
    other = a_track(at_s=10.0)
    other.blocked_at = 1
    assert not free(other)


def test_a_leg_is_not_free_while_the_place_of_an_item_behind_is_unknown():
    overdue = a_track(at_s=10.0)
    overdue.missed = 1
    assert not free(overdue)
    assert not free(a_track(at_s=10.0), timing=a_timing_model(LEG_S), gate=2)
