"""A controller that knows how many items there are comes to rest after the last: rods in, belt standing."""

from itertools import accumulate
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.outcomes import all_at_rest, at_rest
from scenarios.strategies import (
    ALL_FAULTS,
    BROKER_FAULTS,
    CONTROLLER_FAULTS,
    Kinds,
    fault_of,
    scenarios,
    shown,
    steps,
    thrown,
)
from twin import ItemDraw, Layout, Scenario, faults, settings_for
from twin.scenario.faults import AnyFault
from twin.trace import BeltRuns, Binned

SOON_S: Final = 7.0
"""Twice the way between two gates of the default line, and a second."""

LOSSES: Final[Kinds] = (*BROKER_FAULTS, *CONTROLLER_FAULTS)
NOISE: Final[Kinds] = [faults.GateBounce, faults.GateGhost, faults.ImageTwice, faults.Garbage]
"""Faults that make too much be heard, and no item be missed."""


@given(scenarios(most_items=6, counted=True))
def test_after_the_last_item_everything_comes_to_rest(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping", all_at_rest)


@given(scenarios(kinds=ALL_FAULTS, counted=True))
def test_after_the_last_item_everything_comes_to_rest_whatever_happened_before(
    line: Harness, scenario: Scenario
) -> None:
    line.holds(scenario, "stopping-counted", at_rest)


@given(scenarios(kinds=LOSSES, layout=st.just(Layout()), counted=True, most_faults=2, fewest_items=3))
def test_a_counted_run_comes_to_rest_though_the_controller_was_lost(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-counted-loss", at_rest)


@given(scenarios(kinds=LOSSES, layout=st.just(Layout()), stopped=True, most_faults=2, fewest_items=3))
def test_a_stop_brings_everything_to_rest_though_the_controller_was_lost(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-loss", at_rest)


@given(scenarios(kinds=ALL_FAULTS, stopped=True))
def test_a_stop_brings_everything_to_rest_whatever_happens(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-signal", at_rest)


@given(st.integers(0, 1000), st.sampled_from(["auto", 1]))
def test_the_line_stands_soon_after_the_last_item(line: Harness, seed: int, flight: int | str) -> None:
    told = settings_for(Layout(), items=5, in_flight=flight)
    run = line.holds(Scenario(seed=seed, items=shown(seed, 5), controller=told), "stopping-soon", all_at_rest)
    binned_s = max(record.t_s for record in run.trace if isinstance(record, Binned))
    stood_s = max(record.t_s for record in run.trace if isinstance(record, BeltRuns) and not record.running)
    assert stood_s <= binned_s + SOON_S


@given(
    st.integers(0, 1000), steps(14.0, 30.0, 0.1),
    st.sampled_from(NOISE).flatmap(lambda kind: fault_of(kind, Layout(), 3)),
)  # fmt: skip
def test_noise_while_it_comes_to_rest_keeps_no_line_running(
    line: Harness, seed: int, from_s: float, noise: AnyFault
) -> None:
    noise = msgspec.structs.replace(noise, from_s=from_s, until_s=from_s + 60.0)
    told = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=shown(seed, 3), faults=(noise,), controller=told)
    line.holds(scenario, "stopping-noise", all_at_rest)


@given(st.integers(0, 1000), thrown(), st.sampled_from(["auto", 1]))
def test_what_was_thrown_on_the_belt_is_none_of_the_items_that_are_counted(
    line: Harness, seed: int, thing: AnyFault, flight: int | str
) -> None:
    told = settings_for(Layout(), items=10, in_flight=flight)
    scenario = Scenario(seed=seed, items=shown(seed, 10), faults=(thing,), controller=told)
    line.holds(scenario, "stopping-thrown", all_at_rest)


@given(st.integers(0, 1000), steps(2.0, 30.0, 0.1), st.sampled_from([0.7, 0.8, 0.6, 0.5, 0.4, 1.5]))
def test_the_last_items_on_a_belt_at_another_pace_are_waited_for(
    line: Harness, seed: int, from_s: float, factor: float
) -> None:
    pace = faults.BeltSpeed(factor=factor, from_s=from_s, until_s=from_s + 60.0)
    told = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=ItemDraw(count=3), faults=(pace,), controller=told)
    line.holds(scenario, "stopping-pace", all_at_rest)


@given(st.integers(0, 1000), steps(5.0, 30.0, 0.1), steps(0.5, 4.0, 0.5))
def test_the_last_items_held_up_on_a_belt_that_stops_are_waited_for(
    line: Harness, seed: int, from_s: float, stands_s: float
) -> None:
    stop = faults.BeltStops(from_s=from_s, until_s=from_s + stands_s)
    told = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=ItemDraw(count=3), faults=(stop,), controller=told)
    line.holds(scenario, "stopping-held", all_at_rest)


@given(st.integers(0, 1000), st.integers(3, 12), st.sampled_from([{"ripe": 2}, {"ripe": 2, "raw": 3}]))
def test_what_no_rod_takes_is_waited_for_however_many_gates_are_behind(
    line: Harness, seed: int, gates: int, bins: dict[str, int]
) -> None:
    gates_m = tuple(0.5 * gate for gate in range(1, gates + 1))
    layout = msgspec.structs.replace(Layout(), gates_m=gates_m, rods_m=(0.58, 1.08), end_m=gates_m[-1] + 0.5)
    told = settings_for(layout, bins=bins, items=3)
    scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=3), controller=told)
    line.holds(scenario, "stopping-gates", all_at_rest)


@given(st.integers(0, 1000), st.lists(st.sampled_from([0.5, 0.3, 1.0, 1.5]), min_size=2, max_size=4))
def test_what_no_rod_takes_is_waited_for_however_uneven_the_ways_are(
    line: Harness, seed: int, ways_m: list[float]
) -> None:
    """Behind the last gate the belt goes on for a way and a half, the longest there is between two gates."""
    gates_m = tuple(accumulate([0.5, *ways_m]))
    rods_m = tuple(round(gate_m + 0.08, 3) for gate_m in gates_m)
    layout = msgspec.structs.replace(Layout(), gates_m=gates_m, rods_m=rods_m, end_m=gates_m[-1] + 1.5 * max(ways_m))
    told = settings_for(layout, bins={"ripe": len(gates_m) + 1}, items=3)
    scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=3), controller=told)
    line.holds(scenario, "stopping-uneven", all_at_rest)
