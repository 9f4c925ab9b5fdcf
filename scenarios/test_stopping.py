"""A controller with a number of items set comes to rest after the last one: rods in, belt stopped."""

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
    default_stack,
    fault_of,
    foreign_objects,
    scenarios,
    steps,
)
from twin import ItemDraw, Layout, Scenario, faults, settings_for
from twin.scenario.faults import AnyFault
from twin.trace import BeltRuns, Binned

SOON_S: Final = 7.0
"""Twice the leg between two gates of the default line, and a second."""

LOSSES: Final[Kinds] = (*BROKER_FAULTS, *CONTROLLER_FAULTS)
NOISE: Final[Kinds] = [faults.GateBounce, faults.GateGhost, faults.ImageTwice, faults.Garbage]
"""Faults that add messages, and lose none."""


@given(scenarios(most_items=6, counted=True))
def test_the_line_comes_to_rest_after_the_last_item(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping", all_at_rest)


@given(scenarios(kinds=ALL_FAULTS, counted=True))
def test_the_line_comes_to_rest_after_any_faults(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-counted", at_rest)


@given(scenarios(kinds=LOSSES, layout=st.just(Layout()), counted=True, most_faults=2, fewest_items=3))
def test_a_counted_run_comes_to_rest_after_losing_the_controller(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-counted-loss", at_rest)


@given(scenarios(kinds=LOSSES, layout=st.just(Layout()), stopped=True, most_faults=2, fewest_items=3))
def test_a_stop_brings_the_line_to_rest_after_losing_the_controller(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-loss", at_rest)


@given(scenarios(kinds=ALL_FAULTS, stopped=True))
def test_a_stop_brings_the_line_to_rest_under_any_faults(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping-signal", at_rest)


@given(st.integers(0, 1000), st.sampled_from(["auto", 1]))
def test_the_line_stands_soon_after_the_last_item(line: Harness, seed: int, flight: int | str) -> None:
    settings = settings_for(Layout(), items=5, in_flight=flight)
    run = line.holds(
        Scenario(seed=seed, items=default_stack(seed, 5), controller=settings), "stopping-soon", all_at_rest
    )
    binned_s = max(record.t_s for record in run.trace if isinstance(record, Binned))
    stood_s = max(record.t_s for record in run.trace if isinstance(record, BeltRuns) and not record.running)
    assert stood_s <= binned_s + SOON_S


@given(
    st.integers(0, 1000), steps(20.0, 36.0, 0.1),  # From when the first item has taught the controller its line.
    st.sampled_from(NOISE).flatmap(lambda kind: fault_of(kind, Layout(), 3)),
)  # fmt: skip
def test_noise_does_not_keep_the_line_from_coming_to_rest(
    line: Harness, seed: int, from_s: float, noise: AnyFault
) -> None:
    noise = msgspec.structs.replace(noise, from_s=from_s, until_s=from_s + 60.0)
    settings = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=default_stack(seed, 3), faults=(noise,), controller=settings)
    line.holds(scenario, "stopping-noise", all_at_rest)


@given(st.integers(0, 1000), foreign_objects(), st.sampled_from(["auto", 1]))
def test_foreign_objects_do_not_count_as_items(line: Harness, seed: int, thing: AnyFault, flight: int | str) -> None:
    settings = settings_for(Layout(), items=10, in_flight=flight)
    scenario = Scenario(seed=seed, items=default_stack(seed, 10), faults=(thing,), controller=settings)
    line.holds(scenario, "stopping-thrown", all_at_rest)


@given(st.integers(0, 1000), steps(2.0, 30.0, 0.1), st.sampled_from([0.7, 0.8, 0.6, 0.5, 0.4, 1.5]))
def test_the_controller_waits_for_the_last_items_at_another_belt_speed(
    line: Harness, seed: int, from_s: float, factor: float
) -> None:
    pace = faults.BeltSpeed(factor=factor, from_s=from_s, until_s=from_s + 60.0)
    settings = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=ItemDraw(count=3), faults=(pace,), controller=settings)
    line.holds(scenario, "stopping-pace", all_at_rest)


@given(st.integers(0, 1000), steps(5.0, 30.0, 0.1), steps(0.5, 4.0, 0.5))
def test_the_controller_waits_for_the_last_items_when_the_belt_stops(
    line: Harness, seed: int, from_s: float, stands_s: float
) -> None:
    stop = faults.BeltStops(from_s=from_s, until_s=from_s + stands_s)
    settings = settings_for(Layout(), items=3, in_flight=1)
    scenario = Scenario(seed=seed, items=ItemDraw(count=3), faults=(stop,), controller=settings)
    line.holds(scenario, "stopping-held", all_at_rest)


@given(st.integers(0, 1000), st.integers(3, 12), st.sampled_from([{"ripe": 2}, {"ripe": 2, "raw": 3}]))
def test_the_controller_waits_for_rejects_behind_many_gates(
    line: Harness, seed: int, gates: int, bins: dict[str, int]
) -> None:
    gates_m = tuple(0.5 * gate for gate in range(1, gates + 1))
    layout = msgspec.structs.replace(Layout(), gates_m=gates_m, rods_m=(0.58, 1.08), end_m=gates_m[-1] + 0.5)
    settings = settings_for(layout, bins=bins, items=3)
    scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=3), controller=settings)
    line.holds(scenario, "stopping-gates", all_at_rest)


@given(st.integers(0, 1000), st.lists(st.sampled_from([0.5, 0.3, 1.0, 1.5]), min_size=2, max_size=4))
def test_the_controller_waits_for_rejects_on_uneven_legs(line: Harness, seed: int, legs_m: list[float]) -> None:
    """Behind the last gate the belt is one and a half times as long as the longest leg between two gates."""
    gates_m = tuple(accumulate([0.5, *legs_m]))
    rods_m = tuple(round(gate_m + 0.08, 3) for gate_m in gates_m)
    layout = msgspec.structs.replace(Layout(), gates_m=gates_m, rods_m=rods_m, end_m=gates_m[-1] + 1.5 * max(legs_m))
    settings = settings_for(layout, bins={"ripe": len(gates_m) + 1}, items=3)
    scenario = Scenario(seed=seed, layout=layout, items=ItemDraw(count=3), controller=settings)
    line.holds(scenario, "stopping-uneven", all_at_rest)
