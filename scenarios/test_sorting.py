"""Without faults every item ends where its own sure answer says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import scenarios
from twin import Run, Scenario


@pytest.mark.foreign
@given(scenarios(most_items=3))
def test_a_few_items_end_where_their_answers_say(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "sorting", all_in_bins)


@given(scenarios(in_flight=st.just("auto"), most_items=14))
def test_many_items_at_once_are_sorted_like_one_at_a_time(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "sorting-many", all_in_bins)


@given(scenarios(in_flight=st.just(1)))
def test_one_item_at_a_time_needs_no_knowledge_of_the_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "sorting-single", all_in_bins)


def all_in_bins(run: Run) -> list[str]:
    """Every item is in a bin, whichever."""
    left = run.scenario.item_count - run.summary.items
    return [f"{left} items are in no bin"] if left else []
