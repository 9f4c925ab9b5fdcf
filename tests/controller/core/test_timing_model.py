"""What is learned of times that come again and again."""

import random

from controller.core.timing_model import DwellRange, Estimate, TimingModel


def taught(*values_s):
    estimate = Estimate()
    for value_s in values_s:
        estimate.learn(value_s)
    return estimate


def test_the_first_value_is_the_mean():
    assert taught(2.0).mean_s == 2.0


def test_the_mean_follows_a_belt_that_slows_down_a_little_at_a_time():
    estimate = taught(*[2.0 * 1.002**step for step in range(100)])
    assert abs(estimate.mean_s - 2.0 * 1.002**99) < 0.1


def test_a_value_far_off_is_not_learned():
    estimate = taught(*[2.0] * 10)
    estimate.learn(3.5)
    assert estimate.mean_s == 2.0


def test_values_far_off_to_the_same_place_are_the_line_as_it_is_now():
    estimate = taught(*[2.0] * 10)
    for _ in range(5):
        estimate.learn(2.9)
    assert abs(estimate.mean_s - 2.9) < 0.05


def test_the_tolerance_holds_what_is_seen():
    stream = random.Random(1)
    estimate = taught(*[2.0 + stream.uniform(-0.05, 0.05) for _ in range(50)])
    assert abs(estimate.mean_s - 2.0) < 0.05
    assert 0.05 <= estimate.tolerance_s < 0.6


def test_room_is_left_for_much_longer_items_while_few_were_seen():
    lengths = DwellRange()
    for _ in range(2):
        lengths.learn(0.3)
    assert lengths.most_s > 3 * 0.3
    for _ in range(500):
        lengths.learn(0.3)
    assert lengths.most_s == 0.3


def test_an_item_is_as_long_at_each_gate():
    lengths = DwellRange()
    assert lengths.same(0.32, 0.3)
    assert not lengths.same(0.6, 0.2)
    assert not lengths.same(0.6, 1.2)


def test_no_item_is_as_long_as_half_the_stretch_behind_a_gate():
    timing = TimingModel(3)
    assert timing.room_for(1.0, 1)
    timing.legs[2].learn(2.0)
    assert timing.room_for(0.8, 1)
    assert not timing.room_for(1.0, 1)
    assert timing.room_for(1.0, 2)


def test_the_stretch_behind_the_last_gate_is_as_long_as_the_longest():
    timing = TimingModel(2)
    timing.legs[1].learn(3.0)
    timing.legs[2].learn(2.0)
    assert (timing.leg_behind_s(1), timing.leg_behind_s(2)) == (2.0, 2.0)


def test_an_item_half_as_long_again_as_any_is_a_long_one():
    lengths = DwellRange()
    assert not lengths.long(0.32)
    lengths.learn(0.32)
    assert not lengths.long(0.4)
    assert lengths.long(0.5)
