"""Items that are too long, taken off, put back, or no items at all disturb nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import ITEM_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=ITEM_FAULTS))
def test_no_fault_of_the_items_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "items")


@given(scenarios(kinds=ITEM_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_items_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "items-default")
