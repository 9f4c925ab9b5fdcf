"""The controller learns very different lines, without their geometry, and sorts every item on them."""

import pytest

from twin import ItemDraw, Layout, Scenario, settings_for, simulate

ITEMS = 60
SLOW = Layout(
    belt_speed_m_per_s=0.1, camera_m=0.15, gates_m=(0.30, 0.60, 0.90), rods_m=(0.40, 0.70, 1.00), end_m=1.30,
    rod_stroke_s=0.4,
)  # fmt: skip
FAST = Layout(
    belt_speed_m_per_s=0.6, camera_m=0.5, gates_m=(1.0, 2.0, 3.0), rods_m=(1.1, 2.1, 3.1), end_m=4.0,
    rod_stroke_s=0.1, loader_stroke_s=0.25, rod_head_m=0.16,
)  # fmt: skip
UNEVEN = Layout(
    belt_speed_m_per_s=0.3, camera_m=0.40, gates_m=(0.60, 1.55, 1.95), rods_m=(0.70, 1.65, 2.05), end_m=2.6,
    rod_stroke_s=0.2, loader_stroke_s=0.4, belt_ramp_s=1.0,
)  # fmt: skip
LINES = {"slow": SLOW, "fast": FAST, "uneven": UNEVEN}


@pytest.mark.parametrize("in_flight", [1, "auto"])
@pytest.mark.parametrize("name", LINES)
def test_lines_of_unknown_geometry_are_sorted_without_a_mistake(name, in_flight):
    layout = LINES[name]
    settings = settings_for(layout, items=ITEMS, in_flight=in_flight)
    run = simulate(Scenario(seed=7, layout=layout, items=ItemDraw(count=ITEMS), controller=settings))
    assert run.violations == []
    assert run.summary.correct == ITEMS


@pytest.mark.parametrize("name", LINES)
def test_automatic_in_flight_is_never_slower_than_one_item(name):
    layout = LINES[name]
    rates = [
        simulate(
            Scenario(
                seed=7,
                layout=layout,
                items=ItemDraw(count=ITEMS),
                controller=settings_for(layout, items=ITEMS, in_flight=in_flight),
            )
        ).summary.items_per_min
        for in_flight in (1, "auto")
    ]
    assert rates[1] >= rates[0]


@pytest.mark.parametrize("seed", range(3))
def test_items_of_different_lengths_off_the_middle_are_sorted_too(seed):
    draw = ItemDraw(count=ITEMS, length_m=(0.05, 0.1), lateral_m=(-0.03, 0.03))
    run = simulate(Scenario(seed=seed, items=draw, controller=settings_for(Layout(), items=ITEMS)))
    assert run.violations == []
    assert run.summary.correct == ITEMS
