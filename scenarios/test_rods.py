"""A rod that fails sends its items to the reject bin."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import ROD_FAULTS, scenarios
from twin import Layout, Scenario
from twin.scenario.faults import RodSticksOut


@given(scenarios(kinds=ROD_FAULTS))
def test_no_fault_of_the_rod_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "rods")


@given(scenarios(kinds=ROD_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_rod_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "rods-default")


@given(scenarios(kinds=[RodSticksOut], layout=st.just(Layout()), in_flight=st.just("auto"), fewest_items=3))
def test_a_rod_that_sticks_out_holds_items_until_it_retracts(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "rods-out")
