"""Hypothesis strategies for a controller that knows one line, the default one, as controllers mostly do.

Such a controller needs no item to learn from, so faults may come early; it need not know how many items there are, nor
a threshold of confidence: answers are sure, and right unless a fault has them wrong.
"""

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from scenarios.strategies import (
    BELT_FAULTS,
    BROKER_FAULTS,
    CAMERA_FAULTS,
    CONTROLLER_FAULTS,
    GATE_FAULTS,
    ITEM_FAULTS,
    LINK_FAULTS,
    LOADER_FAULTS,
    ROD_FAULTS,
    Kinds,
    fault_of,
    items,
    link_models,
    recognizer_models,
)
from twin import Layout, Scenario, faults

FEWEST_ITEMS: Final = 2
MOST_ITEMS: Final = 5
EARLIEST_S: Final = 3.0
ITEM_S: Final = 8.0
"""About how long a controller that sorts one item at a time needs for each on the default line."""

RECOGNIZER_FAULTS: Final[Kinds] = (faults.RecognizerSlow, faults.RecognizerSays)

FAMILIES: Final[dict[str, Kinds]] = {
    "no fault": (), "gates": GATE_FAULTS, "rods": ROD_FAULTS, "belt": BELT_FAULTS, "loader": LOADER_FAULTS,
    "camera": CAMERA_FAULTS, "wire": LINK_FAULTS, "recognizer": RECOGNIZER_FAULTS, "items": ITEM_FAULTS,
    "broker": BROKER_FAULTS, "controller": CONTROLLER_FAULTS,
}  # fmt: skip
"""Families of faults, by the name that a report card shows."""


@st.composite
def known_line_scenarios(draw: st.DrawFn, family: str) -> Scenario:
    """A few items on the default line and one or two faults of a family."""
    count = draw(st.integers(FEWEST_ITEMS, MOST_ITEMS))
    kinds = FAMILIES[family]
    drawn = draw(st.lists(_fault(kinds, count), min_size=1, max_size=2)) if kinds else []
    return Scenario(
        seed=draw(st.integers(0, 1000)), items=tuple(draw(items(latest_s=0.0)) for _ in range(count)),
        link=draw(link_models()), recognizer=draw(sure_recognizers()), faults=_one_loss_at_a_time(drawn),
    )  # fmt: skip


def sure_recognizers() -> SearchStrategy[Any]:
    """Recognizers that are right and sure of it."""
    return recognizer_models(most_misread=0.0).filter(lambda model: model.confidence_from >= 0.9)


def _fault(kinds: Kinds, count: int) -> SearchStrategy[faults.Fault]:
    latest_s = EARLIEST_S + ITEM_S * count
    drawn = st.sampled_from(list(kinds)).flatmap(
        lambda kind: fault_of(kind, Layout(), count, earliest_s=EARLIEST_S, latest_s=latest_s)
    )
    return drawn.filter(lambda fault: getattr(fault, "what", None) != "low_confidence")


def _one_loss_at_a_time(drawn: list[faults.Fault]) -> tuple[Any, ...]:
    """The faults in order. The broker, or the controller, is lost only when it is there."""
    kept: list[faults.Fault] = []
    free_s = 0.0
    for fault in sorted(drawn, key=lambda one: (one.from_s, one.until_s)):
        if isinstance(fault, faults.BrokerFault):
            if fault.from_s <= free_s:
                continue
            free_s = fault.until_s
        kept.append(fault)
    return tuple(kept)
