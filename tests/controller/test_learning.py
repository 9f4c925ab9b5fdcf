"""What is learned of times that come again and again."""

import random

from controller.learning import Estimate


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
