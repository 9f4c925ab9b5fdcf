"""Items that are too long, taken off, put back, or no items at all disturb nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import ITEM_FAULTS, scenarios, steps
from twin import ItemDraw, Layout, Scenario, settings_for
from twin.faults import ForeignObject


@given(scenarios(kinds=ITEM_FAULTS))
def test_no_fault_of_the_items_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "items")


@given(scenarios(kinds=ITEM_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_items_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "items-default")


@given(st.integers(0, 1000), steps(20.0, 40.0, 0.1), steps(0.26, 0.5, 0.01), steps(0.03, 0.2, 0.01))
def test_something_thrown_among_the_items_before_the_first_gate_is_nobody(
    line: Harness, seed: int, from_s: float, at_m: float, length_m: float
) -> None:
    thing = ForeignObject(from_s=from_s, until_s=from_s + 0.1, at_m=at_m, length_m=length_m)
    scenario = Scenario(seed=seed, items=ItemDraw(count=15), faults=(thing,), controller=settings_for(Layout()))
    line.holds(scenario, "items-thrown")
