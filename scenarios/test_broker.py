"""A broker that goes and comes leaves the line safe, and the line goes on."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import BROKER_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=BROKER_FAULTS))
def test_no_fault_of_the_broker_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "broker")


@given(scenarios(kinds=BROKER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_broker_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "broker-default")
