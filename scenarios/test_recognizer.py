"""A recognizer that is slow, unsure, wrong or silent costs at most its own item's bin."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import RECOGNIZER_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=RECOGNIZER_FAULTS))
def test_no_fault_of_the_recognizer_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "recognizer")


@given(scenarios(kinds=RECOGNIZER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_recognizer_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "recognizer-default")
