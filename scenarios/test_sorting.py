"""Without faults every item with a sure answer ends in its bin."""

from itertools import product
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_in_bins, all_sorted
from scenarios.strategies import scenarios
from twin import ItemDraw, Layout, Scenario, settings_for
from twin.scenario.item import CLASSES

BINS: Final = [
    {name: rod for name, rod in zip(CLASSES, rods, strict=True) if rod} for rods in product((2, 3, 4, 0), repeat=3)
]
"""Every way to give the classes rods of the default line, a rod for more than one, or none, among them."""


@given(scenarios(most_items=3))
def test_a_few_items_end_in_the_bins_of_their_answers(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "sorting", all_in_bins)


@given(scenarios(in_flight=st.just("auto"), most_items=14))
def test_many_items_on_the_belt_are_sorted_like_single_ones(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "sorting-many", all_in_bins)


@given(scenarios(in_flight=st.just(1)))
def test_one_item_at_a_time_needs_no_knowledge_of_the_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "sorting-single", all_in_bins)


@given(st.integers(0, 1000), st.integers(1, 8), st.sampled_from(BINS), st.sampled_from(["auto", 1]))
def test_classes_without_a_rod_ride_to_the_end(
    line: Harness, seed: int, count: int, bins: dict[str, int], flight: int | str
) -> None:
    settings = settings_for(Layout(), bins=bins, in_flight=flight, items=count)
    line.holds(Scenario(seed=seed, items=ItemDraw(count=count), controller=settings), "sorting-ways", all_sorted)
