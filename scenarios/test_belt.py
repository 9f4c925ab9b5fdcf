"""A belt that stops, drifts or runs at a wrong speed gives no item to another's bin."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import BELT_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=BELT_FAULTS))
def test_no_fault_of_the_belt_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "belt")


@given(scenarios(kinds=BELT_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_belt_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "belt-default")
