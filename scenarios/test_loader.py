"""A loader that pushes nothing, or two items, is found out in time."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import LOADER_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=LOADER_FAULTS))
def test_no_fault_of_the_loader_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "loader")


@given(scenarios(kinds=LOADER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_loader_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "loader-default")
