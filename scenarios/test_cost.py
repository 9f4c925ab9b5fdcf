"""What goes wrong for a second costs a few items their bins, and no more: the line must not lose its head over it."""

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
    fault_of,
    shown,
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
"""One picture is taken in a second at most; what moves no item costs none; a ghost costs whoever it is taken for and
those before and behind; and a belt at another pace is learned again, and again when it is as before."""


def brief(kind: type[Fault]) -> st.SearchStrategy[Any]:
    """A fault of a kind that lasts a second, once the first item is through."""
    return fault_of(kind, Layout(), 10).map(_shortened)


def _shortened(fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, until_s=fault.from_s + LASTS_S)


@pytest.mark.long
@pytest.mark.parametrize("family", FAMILIES)
@given(st.data(), st.integers(0, 1000))
def test_a_fault_of_a_second_costs_few_items_their_bins(
    line: Harness, family: str, data: st.DataObject, seed: int
) -> None:
    fault = data.draw(st.sampled_from(list(FAMILIES[family])).flatmap(brief))
    assert rejected(line, seed, fault) <= MOST_OF.get(type(fault), MOST_ITEMS)


def rejected(line: Harness, seed: int, fault: AnyFault) -> int:
    """How many of a stack rode to reject on a full default line, without objection."""
    told = settings_for(Layout())
    scenario = Scenario(seed=seed, items=shown(seed, ITEMS), faults=(fault,), controller=told)
    return line.holds(scenario, "cost").summary.rejected
