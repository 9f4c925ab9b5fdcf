"""A gate that lies costs items their bin, never gives them another's."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import GATE_FAULTS, scenarios
from twin import Layout, Scenario
from twin.faults import GateMissesEdge


@given(scenarios(kinds=GATE_FAULTS))
def test_no_fault_of_the_gate_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "gates")


@given(scenarios(kinds=GATE_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_gate_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "gates-default")


@given(scenarios(kinds=[GateMissesEdge], layout=st.just(Layout()), in_flight=st.just("auto"), fewest_items=3))
def test_an_edge_that_a_gate_misses_is_bridged_or_costs_items_their_bins(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "gates-missed")
