"""What goes wrong for a second costs a few items their bins, and no more: the line must not lose its head over it."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import ALL_FAULTS, fault_of, shown
from twin import Layout, Scenario, settings_for
from twin.faults import (
    AnyFault,
    EmptyPush,
    Fault,
    Garbage,
    GateBounce,
    GateGhost,
    LateImage,
    NoImage,
    RecognizerSays,
    RecognizerSlow,
    RodSticksOut,
    SpoiltImage,
)

ITEMS: Final = 25
LASTS_S: Final = 1.0
MOST_ITEMS: Final = 4
FEWER: Final[dict[type[Fault], int]] = {
    GateBounce: 0, Garbage: 0, EmptyPush: 0, RodSticksOut: 0,
    NoImage: 1, LateImage: 1, SpoiltImage: 1, RecognizerSays: 1, RecognizerSlow: 1,
}  # fmt: skip
"""One picture is taken in a second at most; and what moves no item costs none."""


def brief(kind: type[Fault]) -> st.SearchStrategy[Any]:
    """A fault of a kind that lasts a second, once the first item is through."""
    return fault_of(kind, Layout(), 10).map(_shortened)


def _shortened(fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, until_s=fault.from_s + LASTS_S)


@pytest.mark.long
@given(st.integers(0, 1000), st.sampled_from(list(ALL_FAULTS)).flatmap(brief))
def test_a_fault_of_a_second_costs_few_items_their_bins(line: Harness, seed: int, fault: AnyFault) -> None:
    assert rejected(line, seed, fault) <= FEWER.get(type(fault), MOST_ITEMS)


@pytest.mark.long
@given(st.integers(0, 1000), brief(GateGhost))
def test_a_ghost_costs_three_items_their_bins_at_most(line: Harness, seed: int, fault: AnyFault) -> None:
    assert rejected(line, seed, fault) <= 3  # Whoever it is taken for, and those before and behind.


def rejected(line: Harness, seed: int, fault: AnyFault) -> int:
    """How many of a stack rode to reject on a full default line, without objection."""
    told = settings_for(Layout())
    scenario = Scenario(seed=seed, items=shown(seed, ITEMS), faults=(fault,), controller=told)
    return line.holds(scenario, "cost").summary.rejected
