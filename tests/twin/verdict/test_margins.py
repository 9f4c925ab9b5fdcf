"""How close a run came to breaking a rule: what each push left of the belt, and each stroke of the time."""

import msgspec
import pytest

from twin import Item, Layout, Scenario, faults, settings_for, simulate, trace
from twin.trace import Stroke
from twin.verdict.checks.rods import LONGEST_OUT_S
from twin.verdict.margins import MarginReader, Margins, StrokeMargin

LAYOUT = Layout()
HALF_M = LAYOUT.rod_head_m / 2
SPEED_M_PER_S = LAYOUT.belt_speed_m_per_s
BEGAN = trace.Began(t_s=0.0, scenario=Scenario(layout=LAYOUT, items=(Item(),)))


def margins(*records):
    reader = MarginReader()
    return [margin for record in (BEGAN, *records) for margin in reader.see(record)]


def push(offset_m, *, taken_s, out_s, item=1, gap_m=None):
    return (
        trace.Taken(t_s=taken_s, item=item, rod=2, offset_m=offset_m, gap_m=gap_m),
        trace.RodMoves(t_s=out_s, rod=2, stroke=Stroke.OUT),
    )


def test_a_late_push_has_what_is_left_to_the_edge_of_the_head():
    (margin,) = margins(*push(0.04, taken_s=5.0, out_s=5.3))
    assert margin == StrokeMargin("clip_m", pytest.approx(HALF_M - 0.04), 2, 1)


def test_an_item_taken_at_the_edge_of_a_head_that_moves_is_as_early_as_the_stroke_has_still_to_go():
    (margin,) = margins(*push(-HALF_M, taken_s=5.2, out_s=5.3))
    assert margin.left == pytest.approx(0.1 * SPEED_M_PER_S)


def test_a_push_in_the_middle_has_more_left_than_one_before_or_behind():
    lefts = [margins(*push(offset_m, taken_s=5.0, out_s=5.3))[0].left for offset_m in (-0.03, 0.0, 0.03)]
    assert lefts[1] > lefts[2]
    assert lefts == sorted(lefts, reverse=True)


def test_a_push_that_is_given_up_and_an_object_that_is_no_item_leave_nothing_behind():
    taken, out = push(0.0, taken_s=5.0, out_s=5.3)
    assert margins(taken, trace.RodMoves(t_s=5.2, rod=2, stroke=Stroke.RETRACTING), out) == []
    assert margins(*push(0.0, taken_s=5.0, out_s=5.3, item=-1, gap_m=0.1)) == []


def test_a_neighbour_and_a_rod_that_stands_out_leave_theirs():
    taken, out = push(0.0, taken_s=5.0, out_s=5.3, gap_m=0.12)
    gap, _, stood = margins(taken, out, trace.RodMoves(t_s=6.0, rod=2, stroke=Stroke.RETRACTING))
    assert gap == StrokeMargin("gap_m", 0.12, 2, 1)
    assert stood == StrokeMargin("out_s", pytest.approx(LONGEST_OUT_S - 0.7), 2, None)


def test_the_margins_of_a_run_are_its_smallest_rooms():
    items = tuple(Item(item_class=name) for name in ("raw", "ripe", "half_ripe", "raw"))
    run = simulate(Scenario(items=items))
    reader = MarginReader()
    found = [margin for record in run.trace for margin in reader.see(record)]
    for name in ("clip_m", "gap_m", "out_s"):
        lefts = [margin.left for margin in found if margin.name == name]
        assert getattr(run.margins, name) == min(lefts, default=None)


def test_a_margin_that_was_overdrawn_is_none_to_come_closer_along():
    margins = Margins(clip_m=0.02, gap_m=None, late_m=0.01, out_s=-0.5)
    assert margins.lefts() == {"clip_m": 0.02}


def test_each_command_that_comes_later_takes_what_the_item_rides_meanwhile():
    scenario = Scenario(items=(Item(item_class="raw"),) * 4, controller=settings_for(LAYOUT, items=4))

    def clip_m(delay_s):
        delayed = faults.LinkDelay(from_s=0.0, until_s=500.0, way="aa", delay_s=delay_s)
        return simulate(msgspec.structs.replace(scenario, faults=(delayed,))).margins.clip_m

    assert clip_m(0.2) - clip_m(0.3) == pytest.approx(0.1 * SPEED_M_PER_S)
    assert clip_m(0.3) - clip_m(0.4) == pytest.approx(0.1 * SPEED_M_PER_S)
    assert clip_m(0.01) < clip_m(0.1)  # Without a delay the push comes early.
