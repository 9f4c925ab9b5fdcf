"""A picture that is missing, late, doubled or spoilt is nobody else's."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import CAMERA_FAULTS, scenarios
from twin import Layout, Scenario


@given(scenarios(kinds=CAMERA_FAULTS))
def test_no_fault_of_the_camera_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "camera")


@given(scenarios(kinds=CAMERA_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_fault_of_the_camera_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "camera-default")
