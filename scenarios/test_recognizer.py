"""A recognizer that is slow, unsure, wrong or silent costs at most its own item's bin."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import RECOGNIZER_FAULTS, default_stack, scenarios, steps
from twin import Layout, Scenario, settings_for
from twin.scenario.faults import RecognizerSlow


@given(scenarios(kinds=RECOGNIZER_FAULTS))
def test_no_fault_of_the_recognizer_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "recognizer")


@given(scenarios(kinds=RECOGNIZER_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_recognizer_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "recognizer-default")


@given(st.integers(0, 1000), steps(1.5, 6.0, 0.1), st.sampled_from(["auto", 1]))
def test_an_answer_that_comes_after_its_gate_moves_no_rod(
    line: Harness, seed: int, delay_s: float, in_flight: int | str
) -> None:
    slow = RecognizerSlow(delay_s=delay_s, from_s=20.0, until_s=60.0)
    settings = settings_for(Layout(), in_flight=in_flight)
    line.holds(
        Scenario(seed=seed, items=default_stack(seed, 6), faults=(slow,), controller=settings), "recognizer-late"
    )
