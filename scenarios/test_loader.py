"""The controller detects a loader that pushes nothing or two items, and one slower than its setting."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_sorted
from scenarios.strategies import LOADER_FAULTS, scenarios, steps
from twin import ItemDraw, Layout, Scenario, settings_for


@given(scenarios(kinds=LOADER_FAULTS))
def test_no_fault_of_the_loader_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "loader")


@given(scenarios(kinds=LOADER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_loader_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "loader-default")


@pytest.mark.long
@given(st.integers(0, 1000), steps(0.5, 1.1, 0.05), st.sampled_from(["auto", 1]))
def test_a_loader_slower_than_its_setting_loads_all_items(
    line: Harness, seed: int, stroke_s: float, flight: int | str
) -> None:
    layout = msgspec.structs.replace(Layout(), loader_stroke_s=stroke_s)
    settings = settings_for(layout, in_flight=flight, loader_stroke_s=0.5, patience_s=12.0)
    line.holds(
        Scenario(seed=seed, layout=layout, items=ItemDraw(count=6), controller=settings), "loader-slow", all_sorted
    )
