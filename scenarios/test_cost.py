"""A fault of one second costs only a few items their bins."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import (
    BELT_FAULTS,
    BROKER_FAULTS,
    CAMERA_FAULTS,
    CONTROLLER_FAULTS,
    GATE_FAULTS,
    ITEM_FAULTS,
    LINK_FAULTS,
    LOADER_FAULTS,
    RECOGNIZER_FAULTS,
    ROD_FAULTS,
    Kinds,
    default_stack,
    fault_of,
)
from twin import Layout, Scenario, faults, settings_for
from twin.scenario.faults import AnyFault, Fault

ITEMS: Final = 15
LASTS_S: Final = 1.0
FAMILIES: Final[dict[str, Kinds]] = {
    "camera": CAMERA_FAULTS,
    "gates and items": (*GATE_FAULTS, *ITEM_FAULTS),
    "rods, belt and loader": (*ROD_FAULTS, *BELT_FAULTS, *LOADER_FAULTS),
    "link, broker, recognizer and controller": (
        *LINK_FAULTS, *BROKER_FAULTS, *RECOGNIZER_FAULTS, *CONTROLLER_FAULTS,
    ),
}  # fmt: skip
MOST_ITEMS: Final = 4
MOST_OF: Final[dict[type[Fault], int]] = {
    faults.GateBounce: 0, faults.Garbage: 0, faults.EmptyPush: 0, faults.RodSticksOut: 0,
    faults.NoImage: 1, faults.LateImage: 1, faults.SpoiltImage: 1, faults.RecognizerSays: 1, faults.RecognizerSlow: 1,
    faults.ImageTwice: 2, faults.LinkDuplicate: 2, faults.RodDead: 2, faults.GateStuck: 3, faults.GateGhost: 3,
    faults.TooLong: 3, faults.BeltSpeed: 6, faults.BeltDrift: 6,
}  # fmt: skip
"""Most rejects for a kind of fault, if not `MOST_ITEMS`. At most one picture is taken in a second. A fault that moves
no item costs none. A ghost pulse costs the item that it is associated with, and those before and behind. A belt at
another speed is learned anew, and once more when the fault ends."""


def brief(kind: type[Fault]) -> st.SearchStrategy[Any]:
    """A fault that lasts one second, after the first item has passed the line."""
    return fault_of(kind, Layout(), 10).map(_shortened)


def _shortened(fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, until_s=fault.from_s + LASTS_S)


@pytest.mark.long
@pytest.mark.parametrize("family", FAMILIES)
@given(st.data(), st.integers(0, 1000))
def test_a_fault_of_one_second_costs_few_items_their_bins(
    line: Harness, family: str, data: st.DataObject, seed: int
) -> None:
    fault = data.draw(st.sampled_from(list(FAMILIES[family])).flatmap(brief))
    assert rejected(line, seed, fault) <= MOST_OF.get(type(fault), MOST_ITEMS)


def rejected(line: Harness, seed: int, fault: AnyFault) -> int:
    """The number of rejects on a full default line, in a run without violations."""
    settings = settings_for(Layout())
    scenario = Scenario(seed=seed, items=default_stack(seed, ITEMS), faults=(fault,), controller=settings)
    return line.holds(scenario, "cost").summary.rejected
