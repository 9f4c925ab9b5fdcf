"""Several items on the belt raise the throughput, and after a fault the line is soon fast again."""

from itertools import pairwise
from typing import Final

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import ALL_FAULTS, default_stack, fault_of, layouts
from twin import ItemDraw, Layout, LinkModel, Run, Scenario, faults, settings_for
from twin.scenario.faults import AnyFault, Fault, NoImage
from twin.scenario.item import CLASSES
from twin.scenario.layout import REJECT
from twin.trace import Binned, Edge, Loaded

SAME: Final = 1.02
"""Two rates within this factor count as the same, because the last item's class decides how far it rides."""

ITEMS: Final = 25
WARM: Final = 60
"""After this many items the controller has learned the item lengths of the stack."""

JITTER_S: Final = 0.004
ROOM_S: Final = 0.11
SHORTER: Final = 0.3
"""A warm line leaves room for an item this much shorter than any before, behind the longest one, besides the leg
between two gates."""

MOST_LOST_S: Final = 63.0
LOST_S: Final[dict[type[Fault], float]] = {
    faults.GateBounce: 1.0, faults.Garbage: 1.0, faults.SpoiltImage: 1.0, faults.RecognizerSlow: 1.0,
    faults.RecognizerSays: 1.0, faults.RodSlow: 17.0, faults.RodDead: 17.0, faults.LinkDuplicate: 20.0,
    faults.ImageTwice: 25.0, faults.NoImage: 31.0, faults.LateImage: 31.0, faults.DoublePush: 31.0,
    faults.EmptyPush: 34.0, faults.GateMissesEdge: 35.0, faults.BeltSpeed: 39.0, faults.BeltDrift: 39.0,
    faults.BrokerDown: 39.0, faults.ClientCutOff: 39.0, faults.AnotherClient: 39.0, faults.RetainedMessage: 42.0,
    faults.GateStuck: 42.0, faults.GateGhost: 42.0,
    faults.TakenOff: 42.0, faults.ForeignObject: 45.0, faults.RodSticksOut: 45.0, faults.BeltStops: 53.0,
    faults.ControllerKilled: 53.0, faults.TooLong: 77.0,
}  # fmt: skip
"""A fault costs its own duration, and at most this time to detect it, clear the belt and learn the line again. A fault
that leaves every item's place clear costs almost nothing; the last item's class changes how far it rides. After a long
item the line leaves room for more of them for a while."""

LONGEST_M: Final = 0.12
"""A longer object is a long item to the gates."""

CYCLE_S: Final = 2.0
"""The approximate time between two items at the camera of a default line."""

CALM: Final = 2
"""Exactly this many items pass as expected before more than one may be on the belt."""


@pytest.mark.long
@given(layouts(), st.integers(0, 1000))
def test_automatic_in_flight_is_no_slower_than_one_item(line: Harness, layout: Layout, seed: int) -> None:
    rates = [sorted_on(line, layout, seed, in_flight).summary.items_per_min for in_flight in ("auto", 1)]
    assert rates[0] * SAME >= rates[1]


@pytest.mark.long
@given(st.integers(0, 1000), st.sampled_from([0.25, 0.2, 0.3, 0.35, 0.4]))
def test_a_warm_line_loads_as_fast_as_its_legs_allow(line: Harness, seed: int, speed_m_per_s: float) -> None:
    """Only one item at a time may be on a leg; nothing else limits such a line."""
    layout = msgspec.structs.replace(Layout(), belt_speed_m_per_s=speed_m_per_s, loader_stroke_s=0.25)
    settings = settings_for(layout, rod_stroke_s=0.26)
    stack = ItemDraw(count=WARM + 8, length_m=(0.06, 0.1))
    wire = LinkModel(jitter_s=JITTER_S)
    scenario = Scenario(seed=seed, layout=layout, items=stack, link=wire, controller=settings)
    run = line.holds(scenario, "throughput-warm", steer=False)
    loaded = [record for record in run.trace if isinstance(record, Loaded)]
    legs_m = [after - before for before, after in pairwise(layout.gates_m)]
    lengths_m = [record.length_m for record in loaded]
    room_m = max(legs_m) + (max(lengths_m) - SHORTER * min(lengths_m)) / 2
    cycles_s = [after.t_s - before.t_s for before, after in pairwise(loaded[WARM:])]
    assert max(cycles_s) <= room_m / speed_m_per_s + ROOM_S + 4 * JITTER_S


@pytest.mark.long
@given(st.integers(0, 1000), st.sampled_from(list(ALL_FAULTS)).flatmap(lambda kind: fault_of(kind, Layout(), 5)))
def test_the_line_is_soon_fast_again_after_a_fault(line: Harness, seed: int, fault: AnyFault) -> None:
    undisturbed, disturbed = [sorted_on(line, Layout(), seed, "auto", acting) for acting in ((), (fault,))]
    lost_s = disturbed.summary.sim_s - undisturbed.summary.sim_s - (fault.until_s - fault.from_s)
    as_long_item = isinstance(fault, faults.ForeignObject) and fault.length_m > LONGEST_M
    assert lost_s <= LOST_S.get(faults.TooLong if as_long_item else type(fault), MOST_LOST_S)


@pytest.mark.long
@given(st.integers(0, 1000))
def test_two_items_pass_alone_before_items_share_the_belt(line: Harness, seed: int) -> None:
    assert passed_until_shared(run_of_one_class(line, seed), 0) == CALM


@pytest.mark.long
@given(st.integers(0, 1000), fault_of(NoImage, Layout(), 5))
def test_two_items_pass_alone_after_a_missing_picture(line: Harness, seed: int, fault: NoImage) -> None:
    run = run_of_one_class(line, seed, msgspec.structs.replace(fault, until_s=fault.from_s + CYCLE_S))
    rejected = [record.item for record in run.trace if isinstance(record, Binned) and record.bin == REJECT]
    assume(len(rejected) == 1)
    assert passed_until_shared(run, *rejected) == CALM


def run_of_one_class(line: Harness, seed: int, *faults: AnyFault) -> Run:
    """Run `ITEMS` items of the class with the last rod, without violations."""
    stack = tuple(msgspec.structs.replace(item, item_class=CLASSES[-1]) for item in default_stack(seed, ITEMS))
    scenario = Scenario(seed=seed, items=stack, faults=faults, controller=settings_for(Layout()))
    return line.holds(scenario, "throughput-one-class", steer=False)


def passed_until_shared(run: Run, after: int) -> int:
    """The number of items after item `after` that pass the last gate before two items share the belt."""
    loaded = passed = 0
    for record in run.trace:
        if isinstance(record, Loaded):
            if passed >= after and loaded > passed:
                return passed - after
            loaded += 1
        passed += isinstance(record, Edge) and record.gate == len(Layout().gates_m) and not record.blocked
    return passed - after


def sorted_on(line: Harness, layout: Layout, seed: int, in_flight: int | str, faults: tuple[AnyFault, ...] = ()) -> Run:
    """Run a stack of `ITEMS`, without violations."""
    controller = settings_for(layout, in_flight=in_flight)
    stack = default_stack(seed, ITEMS)
    scenario = Scenario(seed=seed, layout=layout, items=stack, faults=faults, controller=controller)
    return line.holds(scenario, "throughput", steer=False)
