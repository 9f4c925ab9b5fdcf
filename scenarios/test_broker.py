"""A lost broker leaves the line safe, and sorting goes on when it is back."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import BROKER_FAULTS, scenarios
from twin import Layout, Scenario
from twin.scenario.faults import ClientCutOff


@given(scenarios(kinds=BROKER_FAULTS))
def test_no_fault_of_the_broker_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "broker")


@given(scenarios(kinds=BROKER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_broker_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "broker-default")


@given(scenarios(kinds=[ClientCutOff], layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=5))
def test_repeated_connection_losses_leave_the_line_safe(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "broker-cut")
