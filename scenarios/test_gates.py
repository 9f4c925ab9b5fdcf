"""A faulty gate may cost items their bin, but never puts them into a wrong one."""

from functools import partial
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_sorted
from scenarios.strategies import GATE_FAULTS, LEAST_WARM_UP_S, default_stack, fault_of, scenarios, steps
from twin import ItemDraw, Layout, Run, Scenario, settings_for
from twin.scenario.faults import GateBounce, GateMissesEdge, GateStuck
from twin.trace import Edge

FOR_GOOD_S: Final = 10_000.0


@given(scenarios(kinds=GATE_FAULTS))
def test_no_fault_of_the_gate_breaks_a_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "gates")


@given(scenarios(kinds=GATE_FAULTS, layout=st.just(Layout()), in_flight=st.just("auto"), most_faults=1))
def test_one_gate_fault_on_a_full_default_line_breaks_no_rule(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "gates-default")


@given(scenarios(kinds=[GateMissesEdge], layout=st.just(Layout()), in_flight=st.just("auto"), fewest_items=3))
def test_a_missed_edge_is_bridged_or_costs_items_their_bins(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "gates-missed")


@given(st.integers(0, 1000), fault_of(GateBounce, Layout(), 4), st.sampled_from(["auto", 1]))
def test_a_bouncing_beam_costs_no_item_its_bin(line: Harness, seed: int, bounce: GateBounce, flight: int | str) -> None:
    bounce = msgspec.structs.replace(bounce, until_s=FOR_GOOD_S)
    settings = settings_for(Layout(), in_flight=flight)
    line.holds(
        Scenario(seed=seed, items=default_stack(seed, 8), faults=(bounce,), controller=settings),
        "gates-bouncing",
        all_sorted,
    )


@given(st.integers(0, 1000), st.integers(1, 2))
def test_an_item_that_one_gate_misses_is_pushed_at_the_next(line: Harness, seed: int, gate: int) -> None:
    missing = GateMissesEdge(gate=gate, edge="both", from_s=LEAST_WARM_UP_S, until_s=FOR_GOOD_S)
    stack = ItemDraw(count=5, classes=("raw",))
    settings = settings_for(Layout(), in_flight=1)
    scenario = Scenario(seed=seed, items=stack, faults=(missing,), controller=settings)
    line.holds(scenario, "gates-bridged", partial(all_sorted, from_s=LEAST_WARM_UP_S))


@pytest.mark.long
@given(
    st.integers(0, 1000), st.sampled_from(["auto", 1]), st.integers(1, 3), st.integers(1, 6),
    steps(0.2, 0.8, 0.02), steps(-0.1, 0.1, 0.01),
)  # fmt: skip
def test_a_beam_stuck_around_an_item_is_not_a_longer_item(
    line: Harness, seed: int, flight: int | str, gate: int, passage: int, half_s: float, off_s: float
) -> None:
    """The stuck beam hides both edges of the item, and its own edges lie around the item as a long item's would."""
    scenario = Scenario(seed=seed, items=default_stack(seed, 8), controller=settings_for(Layout(), in_flight=flight))
    noses_s, tails_s = edges_s(line.run(scenario), gate)
    middle_s = (noses_s[passage % len(noses_s)] + tails_s[passage % len(tails_s)]) / 2 + off_s
    stuck = GateStuck(gate=gate, from_s=round(middle_s - half_s, 3), until_s=round(middle_s + half_s, 3))
    line.holds(msgspec.structs.replace(scenario, faults=(stuck,)), "gates-stuck-around")


def edges_s(run: Run, gate: int) -> tuple[list[float], list[float]]:
    """The times at which a gate's beam became blocked, and clear."""
    edges = [record for record in run.trace if isinstance(record, Edge) and record.gate == gate]
    return [edge.t_s for edge in edges if edge.blocked], [edge.t_s for edge in edges if not edge.blocked]
