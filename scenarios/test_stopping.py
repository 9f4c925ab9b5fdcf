"""A controller that knows how many items there are comes to rest after the last: rods in, belt standing."""

from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import Kinds, fault_of, scenarios, steps
from twin import ItemDraw, Layout, Run, Scenario, faults, settings_for
from twin.faults import AnyFault
from twin.trace import Ended

NOISE: Final[Kinds] = [faults.GateBounce, faults.GateGhost, faults.ImageTwice, faults.Garbage]
"""Faults that make too much be heard, and no item be missed."""


@given(scenarios(most_items=6, layout=st.just(Layout()), counted=True))
def test_after_the_last_item_everything_comes_to_rest(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping", all_at_rest)


@given(
    st.integers(0, 1000), steps(14.0, 30.0, 0.1),
    st.sampled_from(NOISE).flatmap(lambda kind: fault_of(kind, Layout(), 3)),
)  # fmt: skip
def test_noise_while_it_comes_to_rest_keeps_no_line_running(
    line: Harness, seed: int, from_s: float, noise: AnyFault
) -> None:
    noise = msgspec.structs.replace(noise, from_s=from_s, until_s=from_s + 60.0)
    told = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=ItemDraw(count=3), faults=(noise,), controller=told)
    line.holds(scenario, "stopping-noise", all_at_rest)


def all_at_rest(run: Run) -> list[str]:
    """Every item is in a bin, and the line stands as it should be left."""
    left = run.scenario.item_count - run.summary.items
    wrong = [f"{left} items are in no bin"] if left else []
    ended = run.trace[-1]
    if not isinstance(ended, Ended) or ended.running or ended.rods_out:
        wrong.append(f"not at rest: {ended}")
    return wrong
