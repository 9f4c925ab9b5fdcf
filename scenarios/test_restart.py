"""A restarted controller pushes no item that was on the belt before."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import CONTROLLER_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=CONTROLLER_FAULTS))
def test_no_fault_of_the_controller_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "restart")


@given(scenarios(kinds=CONTROLLER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_controller_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "restart-default")
