"""Items that are too long, taken off or put back, and foreign objects, do not disturb other items."""

from functools import partial
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_sorted
from scenarios.strategies import ITEM_FAULTS, LONGEST_M, SHORTEST_M, foreign_objects, scenarios
from twin import Item, ItemDraw, Layout, Run, Scenario, settings_for
from twin.scenario.faults import ForeignObject, TooLong
from twin.scenario.item import CLASSES, item_text
from twin.trace import LaidDown, Loaded, Struck

FIRST_ROD: Final = 2
LENGTHS: Final = st.sampled_from([SHORTEST_M, LONGEST_M, 0.08])
LONGER_S: Final = 20.0
LEARNED_S: Final = 56.0
"""This long after a change of item length every item is sorted again."""

FOR_GOOD_S: Final = 10_000.0

CLOSE_BEHIND: Final = [
    ForeignObject(at_m=at_m, length_m=length_m, from_s=at_s, until_s=at_s)
    for at_m, length_m, at_s in ((0.26, 0.03, 28.4), (0.39, 0.05, 29.3), (0.4, 0.1, 33.0))
]
"""Close behind two items in a row, so that each of them seems longer than the one before."""


@given(scenarios(kinds=ITEM_FAULTS))
def test_no_fault_of_the_items_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "items")


@given(scenarios(kinds=ITEM_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_item_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "items-default")


@pytest.mark.long
@given(st.integers(0, 1000), st.lists(foreign_objects(), min_size=1, max_size=4))
@example(38, CLOSE_BEHIND)
def test_objects_before_the_first_gate_are_not_taken_for_items(
    line: Harness, seed: int, things: list[ForeignObject]
) -> None:
    scenario = Scenario(seed=seed, items=ItemDraw(count=25), faults=tuple(things), controller=settings_for(Layout()))
    line.holds(scenario, "items-thrown", nothing_struck_behind_the_first_gate)


def nothing_struck_behind_the_first_gate(run: Run) -> list[str]:
    """No rod behind the first gate strikes an item. The first gate has detected every object near an item.

    Runs in which an object fell onto an item, or an item was loaded onto an object, are left out. To every gate the two
    are one long item.
    """
    if any(isinstance(record, (Loaded, LaidDown)) and record.onto is not None for record in run.trace):
        return []
    hits = [record for record in run.trace if isinstance(record, Struck) and record.rod > FIRST_ROD]
    return [f"{hit.t_s:.3f} s rod {hit.rod} struck {item_text(hit.item)}" for hit in hits]


@pytest.mark.long
@given(st.integers(0, 1000), st.sampled_from(["auto", 1]), LENGTHS, LENGTHS, st.sampled_from([15, 5, 30]))
def test_items_of_one_length_and_then_another_are_all_sorted(
    line: Harness, seed: int, flight: int | str, first_m: float, then_m: float, count: int
) -> None:
    line.holds(_stack(seed, flight, [first_m] * count + [then_m] * 10), "items-lengths", all_sorted)


@pytest.mark.long
@given(st.integers(0, 1000), st.sampled_from([4.0, 3.5, 3.0, 2.0]), st.sampled_from(["auto", 1]))
def test_a_lasting_change_of_item_length_is_learned(line: Harness, seed: int, factor: float, flight: int | str) -> None:
    longer = TooLong(factor=factor, from_s=LONGER_S, until_s=FOR_GOOD_S)
    lengths_m = [SHORTEST_M] * (40 if flight == "auto" else 15)
    in_the_end = partial(all_sorted, from_s=LONGER_S + LEARNED_S)
    line.holds(_stack(seed, flight, lengths_m, longer), "items-longer", in_the_end)


def _stack(seed: int, flight: int | str, lengths_m: list[float], *faults: TooLong) -> Scenario:
    """A stack of items with these lengths, and with the classes in turn, on the default line."""
    items = tuple(Item(item_class=CLASSES[n % len(CLASSES)], length_m=length_m) for n, length_m in enumerate(lengths_m))
    settings = settings_for(Layout(), in_flight=flight)
    return Scenario(seed=seed, items=items, faults=faults, controller=settings)
