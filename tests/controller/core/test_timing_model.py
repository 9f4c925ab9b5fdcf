"""Learning recurring times and dwells."""

import random

from controller.core.timing_model import DwellRange, Estimate, TimingModel


def taught(*values_s):
    estimate = Estimate()
    for value_s in values_s:
        estimate.learn(value_s)
    return estimate


def test_the_first_value_is_the_mean():
    assert taught(2.0).mean_s == 2.0


def test_the_mean_follows_a_belt_that_slows_down_gradually():
    estimate = taught(*[2.0 * 1.002**step for step in range(100)])
    assert abs(estimate.mean_s - 2.0 * 1.002**99) < 0.1


def test_a_single_outlier_is_not_learned():
    estimate = taught(*[2.0] * 10)
    estimate.learn(3.5)
    assert estimate.mean_s == 2.0


def test_repeated_outliers_close_together_replace_the_mean():
    estimate = taught(*[2.0] * 10)
    for _ in range(5):
        estimate.learn(2.9)
    assert abs(estimate.mean_s - 2.9) < 0.05


def test_the_tolerance_covers_the_observed_spread():
    stream = random.Random(1)
    estimate = taught(*[2.0 + stream.uniform(-0.05, 0.05) for _ in range(50)])
    assert abs(estimate.mean_s - 2.0) < 0.05
    assert 0.05 <= estimate.tolerance_s < 0.6


def test_few_dwells_leave_room_for_much_longer_items():
    dwells = DwellRange()
    for _ in range(2):
        dwells.learn(0.3)
    assert dwells.most_s > 3 * 0.3
    for _ in range(500):
        dwells.learn(0.3)
    assert dwells.most_s == 0.3


def test_an_items_dwell_is_similar_at_each_gate():
    dwells = DwellRange()
    assert dwells.same(0.32, 0.3)
    assert not dwells.same(0.6, 0.2)
    assert not dwells.same(0.6, 1.2)


def test_a_dwell_of_half_the_leg_leaves_no_room_for_the_rod():
    timing = TimingModel(3)
    assert timing.room_for(1.0, 1)
    timing.legs[2].learn(2.0)
    assert timing.room_for(0.8, 1)
    assert not timing.room_for(1.0, 1)
    assert timing.room_for(1.0, 2)


def test_the_leg_behind_the_last_gate_counts_as_the_longest():
    timing = TimingModel(2)
    timing.legs[1].learn(3.0)
    timing.legs[2].learn(2.0)
    assert (timing.leg_behind_s(1), timing.leg_behind_s(2)) == (2.0, 2.0)


def test_a_dwell_half_as_long_again_as_any_is_long():
    dwells = DwellRange()
    assert not dwells.long(0.32)
    dwells.learn(0.32)
    assert not dwells.long(0.4)
    assert dwells.long(0.5)
