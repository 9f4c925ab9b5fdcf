"""For any controller in any language: a few items and one fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import CAMERA_FAULTS, GATE_FAULTS, scenarios
from twin import Layout, Scenario


@pytest.mark.foreign
@given(scenarios(kinds=(*GATE_FAULTS, *CAMERA_FAULTS), most_items=3, most_faults=1, layout=st.just(Layout())))
def test_one_fault_among_a_few_items_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "outside")
