"""A wire that delays, drops, doubles or swaps messages, or adds garbage, causes no wrong bin."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import LINK_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=LINK_FAULTS))
def test_no_fault_of_the_wire_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "wire")


@given(scenarios(kinds=LINK_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_wire_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "wire-default")


@given(scenarios(in_flight=st.just("auto"), most_items=14, longest_jitter_s=0.05))
def test_jitter_on_the_wire_costs_no_item_its_bin(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "wire-jitter")
