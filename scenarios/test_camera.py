"""A picture that is missing, late, doubled or spoilt is not associated with another item."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_sorted
from scenarios.strategies import CAMERA_FAULTS, scenarios, steps
from twin import ItemDraw, Layout, Scenario, settings_for


@given(scenarios(kinds=CAMERA_FAULTS))
def test_no_fault_of_the_camera_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "camera")


@given(scenarios(kinds=CAMERA_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_camera_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "camera-default")


@given(st.integers(0, 1000), steps(0.2, 0.48, 0.01), st.sampled_from(["auto", 1]))
def test_items_are_sorted_with_the_camera_close_before_the_first_gate(
    line: Harness, seed: int, camera_m: float, flight: int | str
) -> None:
    """With the camera that close, the picture comes when the nose is already in the beam."""
    layout = msgspec.structs.replace(Layout(), camera_m=camera_m)
    settings = settings_for(layout, in_flight=flight)
    scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=6), controller=settings)
    line.holds(scenario, "camera-close", all_sorted)
