"""More than one item at a time is worth it, and what a fault costs in time is soon over."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import ALL_FAULTS, fault_of, layouts
from twin import ItemDraw, Layout, Run, Scenario, settings_for
from twin.faults import AnyFault

SAME: Final = 1.02
"""Within this factor two rates are the same: the last item's class decides how far it rides."""

ITEMS: Final = 25
WORTH: Final = 1.5
"""On the default line many at once are at least so many times as fast as one at a time."""

MOST_LOST_S: Final = 45.0
"""A fault costs its own time, and this much for finding out, clearing the belt and learning the line again."""


@given(layouts(), st.integers(0, 1000))
def test_as_many_as_is_safe_is_no_slower_than_one_at_a_time(line: Harness, layout: Layout, seed: int) -> None:
    rates = [sorted_on(line, layout, seed, in_flight).summary.items_per_min for in_flight in ("auto", 1)]
    assert rates[0] * SAME >= rates[1]


@given(st.integers(0, 1000))
def test_many_at_once_are_much_faster_on_the_default_line(line: Harness, seed: int) -> None:
    rates = [sorted_on(line, Layout(), seed, in_flight).summary.items_per_min for in_flight in ("auto", 1)]
    assert rates[0] >= WORTH * rates[1]


@given(st.integers(0, 1000), st.sampled_from(list(ALL_FAULTS)).flatmap(lambda kind: fault_of(kind, Layout(), 5)))
def test_once_a_fault_is_over_the_line_is_soon_as_fast_as_before(line: Harness, seed: int, fault: AnyFault) -> None:
    undisturbed, disturbed = [sorted_on(line, Layout(), seed, "auto", faults) for faults in ((), (fault,))]
    lost_s = disturbed.summary.sim_s - undisturbed.summary.sim_s - (fault.until_s - fault.from_s)
    assert lost_s <= MOST_LOST_S


def sorted_on(line: Harness, layout: Layout, seed: int, in_flight: int | str, faults: tuple[AnyFault, ...] = ()) -> Run:
    """A stack of `ITEMS` sorted without objection."""
    controller = settings_for(layout, in_flight=in_flight)
    scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=ITEMS), faults=faults, controller=controller)
    return line.holds(scenario, "throughput", steer=False)
