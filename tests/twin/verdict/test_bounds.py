"""The time limits of the verdict."""

import pytest
from support.judging import BOUNDS

from twin import Layout
from twin.verdict.bounds import Bounds


def test_bounds_follow_from_the_layout_alone():
    assert (round(BOUNDS.trip_s, 2), round(BOUNDS.stall_s, 1), round(BOUNDS.rest_s, 1)) == (11.71, 69.1, 146.8)
    assert (round(BOUNDS.leg_s, 2), round(BOUNDS.settle_s, 2)) == (3.28, 8.56)


@pytest.mark.parametrize("places", [
    {"camera_m": 0.2, "gates_m": (1.0, 1.2), "rods_m": (1.1,), "end_m": 1.4},
    {"camera_m": 0.2, "gates_m": (0.4, 1.4), "rods_m": (0.5,), "end_m": 1.6},
    {"camera_m": 0.2, "gates_m": (0.4, 0.6), "rods_m": (0.5,), "end_m": 1.6},
])  # fmt: skip
def test_the_longest_leg_counts_wherever_it_is(places):
    assert Bounds(Layout(belt_speed_m_per_s=0.2, rod_stroke_s=0.25, **places)).leg_s == pytest.approx(5.5)
