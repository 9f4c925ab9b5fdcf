"""More than one item at a time is never slower than one at a time."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import layouts
from twin import ItemDraw, Layout, Scenario, settings_for

SAME: Final = 1.02
"""Within this factor two rates are the same: the last item's class decides how far it rides."""


@given(layouts(), st.integers(0, 1000))
def test_as_many_as_is_safe_is_no_slower_than_one_at_a_time(line: Harness, layout: Layout, seed: int) -> None:
    rates = []
    for in_flight in ("auto", 1):
        controller = settings_for(layout, in_flight=in_flight)
        scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=25), controller=controller)
        rates.append(line.holds(scenario, "throughput", steer=False).summary.items_per_min)
    assert rates[0] * SAME >= rates[1]
