"""A belt that stops, drifts or runs at a wrong speed causes no wrong bin."""

from functools import partial
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_sorted
from scenarios.strategies import BELT_FAULTS, LONGEST_M, SHORTEST_M, scenarios
from twin import ItemDraw, Layout, Scenario, settings_for
from twin.scenario.faults import BeltSpeed

CHANGED_S: Final = 20.0
FOR_GOOD_S: Final = 10_000.0
LEARNED_S: Final = 85.0
"""This long after a change of belt speed every item is sorted again."""


@given(scenarios(kinds=BELT_FAULTS))
def test_no_fault_of_the_belt_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "belt")


@given(scenarios(kinds=BELT_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_belt_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "belt-default")


@pytest.mark.long
@given(
    st.integers(0, 1000), st.sampled_from([0.8, 0.6, 0.5, 0.9, 1.2, 1.5]), st.sampled_from(["auto", 1]),
    st.sampled_from([0.08, SHORTEST_M, LONGEST_M]),
)  # fmt: skip
def test_a_lasting_change_of_belt_speed_is_learned(
    line: Harness, seed: int, factor: float, flight: int | str, length_m: float
) -> None:
    pace = BeltSpeed(factor=factor, from_s=CHANGED_S, until_s=FOR_GOOD_S)
    stack = ItemDraw(count=60 if flight == "auto" else 25, length_m=(length_m, length_m))
    scenario = Scenario(seed=seed, items=stack, faults=(pace,), controller=settings_for(Layout(), in_flight=flight))
    line.holds(scenario, "belt-for-good", partial(all_sorted, from_s=CHANGED_S + LEARNED_S))
