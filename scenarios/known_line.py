"""Hypothesis strategies for a controller that knows one line, mostly the default one, as controllers do.

Such a controller needs no item to learn from, so faults may come early; it need not know how many items there are, nor
a threshold of confidence: answers are sure, and right unless a fault has them wrong.

A drawn fault is aimed: it acts while an item passes a place of the line. When that is depends on the program.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from scenarios.draft import LONGEST_AIM_S, PASSING_S, Aim, Draft
from scenarios.pace import LATEST_S
from scenarios.strategies import (
    BELT_FAULTS,
    BROKER_FAULTS,
    CAMERA_FAULTS,
    CONTROLLER_FAULTS,
    GARBAGE,
    GATE_FAULTS,
    ITEM_FAULTS,
    LINK_FAULTS,
    LOADER_FAULTS,
    ROD_FAULTS,
    Kinds,
    fault_of,
    items,
    link_models,
    steps,
)
from twin import Item, Layout, RecognizerModel, Scenario, faults, settings_for
from twin.errors import ArgumentError
from twin.scenario.faults import LONGEST_DELAY_S

MOST_ITEMS: Final = 8
FEWEST_AFTER_A_LOSS: Final = 6
"""Items for a family whose faults cut a controller off. The first ones after that may be rejected while it learns the
line again; whether it hears anything at all is to be seen on those behind them."""

AIMED_AT: Final = (0, 1, 2, 0, 3, 0, 4, 1)
"""Places of the stack at whose item a fault is aimed: an early one, so that others come after it."""


MOST_SCHEDULE: Final = 1000
GHOST_M: Final = 0.15
"""So far before a gate is an item that a false pulse there could be taken for."""

JUST_BEFORE_M: Final = 0.03
"""So far before the camera is an item when another picture comes at nearly the time of its own."""

MISSED_S: Final = 2.5
"""So late, at most, is an answer that comes just after its item has passed the gate before its rod."""

CLEAR_S: Final = 0.4
MOST_CLEAR_S: Final = 1.2
"""So long after an item's middle has passed its gate does the beam become clear, if it does so a little late."""

PUSHED_S: Final = PASSING_S / 2 + 0.1
"""So long behind its gate would an item be, were its rod not taking it, for a fault to begin during its push."""

RECOGNIZER_FAULTS: Final[Kinds] = (faults.RecognizerSays, faults.RecognizerSlow)

FAMILIES: Final[dict[str, Kinds]] = {
    "no fault": (), "gates": GATE_FAULTS, "rods": ROD_FAULTS, "belt": BELT_FAULTS, "loader": LOADER_FAULTS,
    "camera": CAMERA_FAULTS, "wire": LINK_FAULTS, "recognizer": RECOGNIZER_FAULTS, "items": ITEM_FAULTS,
    "broker": BROKER_FAULTS, "controller": CONTROLLER_FAULTS, "stop": (),
}  # fmt: skip
"""Families of faults, by the name that a report card shows."""

ALLOWED: Final = {"stop": {"lost"}}
"""Rules that a family does not ask: items may be left on a belt that stands, as whoever starts it again clears it."""


def check_line(layout: Layout) -> None:
    """Raise `ArgumentError` for a line on which nothing can be aimed at a rod."""
    if not layout.rods_m:
        raise ArgumentError("layout", [*layout.rods_m], "a line with a rod or more (rods_m), each behind a gate")


def property_of(family: str) -> str:
    """The name of the property that no fault of a family breaks a rule."""
    return f"known-line-{family}"


_ON_LOADING: Final[Kinds] = (*LOADER_FAULTS, faults.TooLong)
_LOSSES: Final[Kinds] = (faults.BrokerDown, faults.ClientCutOff, faults.ControllerKilled)
_ON_PICTURES: Final[Kinds] = (*CAMERA_FAULTS, *RECOGNIZER_FAULTS)
_SURE_ANSWERS: Final = st.builds(
    faults.RecognizerSays, what=st.sampled_from(["error", "unknown", "nothing", "wrong_label"])
)  # fmt: skip
_LIKE_MESSAGES: Final = ("wrong_type", "bad_base64")
"""Garbage that may pass for a gate's message, or for a picture: most where the real one is due."""

_LATE: Final[Kinds] = (faults.LateImage, faults.ImageTwice, faults.RecognizerSlow)
_WHEN_LATE: Final = {
    faults.LateImage: ("for the next", "for the next", "any"),
    faults.RecognizerSlow: ("for the next", "after its gate", "any"),
}
"""When something late comes: while the item behind awaits its own, soon after its own item's gate, or at any time."""


@st.composite
def known_line_drafts(draw: st.DrawFn, family: str, layout: Layout) -> Draft:
    """A few items on one line, and one or two faults of a family, or a signal to end."""
    kinds, settings = FAMILIES[family], settings_for(layout)
    # One item has the fault, another comes after it.
    fewest = FEWEST_AFTER_A_LOSS if set(kinds) & set(_LOSSES) else 2 if kinds else 1
    stack = tuple(draw(st.lists(items(latest_s=0.0), min_size=fewest, max_size=MOST_ITEMS)))
    aimed = draw(st.lists(_aimed(kinds, layout, stack), min_size=1, max_size=2)) if kinds else []
    if any(isinstance(fault, faults.Garbage) for fault, _ in aimed) and draw(st.sampled_from([True, True, False])):
        aimed = [one for fault, aim in aimed for one in _all_garbage(fault, aim)]
    stops = family == "stop"
    return Draft(
        scenario=Scenario(
            seed=draw(st.integers(0, 1000)), layout=layout, controller=settings, items=stack, link=draw(link_models()),
            recognizer=draw(sure_recognizers()), schedule=draw(st.just(0) | st.integers(1, MOST_SCHEDULE)),
            stop_signal=draw(st.sampled_from(["SIGTERM", "SIGINT"])) if stops else "SIGTERM",
        ),
        aims=tuple(aimed), stop=draw(_stops(layout, stack)) if stops else None,
    )  # fmt: skip


def drafts_of(families: Sequence[str], layout: Layout) -> SearchStrategy[tuple[str, Draft]]:
    """Drafts of any of these families for one line, with the family's name."""
    return st.sampled_from(families).flatmap(
        lambda family: st.tuples(st.just(family), known_line_drafts(family, layout))
    )


def sure_recognizers() -> SearchStrategy[RecognizerModel]:
    """Recognizers that are right and sure of it."""
    return st.builds(RecognizerModel, latency_s=steps(0.0, 0.1, 0.01), jitter_s=steps(0.0, 0.05, 0.01))


@st.composite
def _aimed(draw: st.DrawFn, kinds: Kinds, layout: Layout, stack: tuple[Item, ...]) -> tuple[faults.Fault, Aim]:
    """A fault of one of these kinds, and where it acts."""
    kind = draw(st.sampled_from(list(kinds)))
    fault = draw(_SURE_ANSWERS if kind is faults.RecognizerSays else fault_of(kind, layout, len(stack)))
    if kind in _LATE and draw(st.booleans()):
        fault = msgspec.structs.replace(fault, delay_s=draw(steps(4.0, LATEST_S, 0.5)))
    if kind is faults.Garbage and draw(st.booleans()):
        fault = msgspec.structs.replace(fault, payload=draw(st.sampled_from(_LIKE_MESSAGES)))
    aim = draw(_aims(layout))
    late = draw(st.sampled_from(_WHEN_LATE[kind])) if kind in _WHEN_LATE else "any"
    if late == "for the next":
        fault, aim = msgspec.structs.replace(fault, delay_s=LATEST_S), draw(_for_the_next(kind, aim, layout, stack))
    item = stack[aim.item % len(stack)]
    own = _rod_of(item, layout)  # The gate before it has one less.
    if kind is faults.RecognizerSlow and late == "after its gate":
        past_s = (layout.gates_m[own - 2] + item.length_m / 2 - layout.camera_m) / layout.belt_speed_m_per_s
        delay_s = round(past_s + draw(steps(0.1, MISSED_S, 0.1)), 1)
        fault = msgspec.structs.replace(fault, delay_s=min(LONGEST_DELAY_S, delay_s))
    if isinstance(fault, faults.RodDead | faults.RodSlow | faults.RodSticksOut):
        fault = msgspec.structs.replace(fault, rod=own)
    elif kind in GATE_FAULTS and draw(st.booleans()):
        fault = msgspec.structs.replace(fault, gate=own - 1)
    if kind is faults.LinkDelay and len({item.item_class for item in stack}) > 1 and draw(st.booleans()):
        return msgspec.structs.replace(fault, way="bb"), draw(_silent(aim, layout, stack))
    if isinstance(fault, faults.GateStuck) and fault.blocked and draw(st.booleans()):
        fault, aim = msgspec.structs.replace(fault, gate=own - 1), draw(_clear_late(aim))
    places_m = _places_m(kind, fault, layout, item, aim.at_m)
    return fault, msgspec.structs.replace(aim, at_m=draw(st.sampled_from(places_m))) if places_m else aim


def _all_garbage(fault: faults.Fault, aim: Aim) -> list[tuple[faults.Fault, Aim]]:
    """Garbage of every kind in place of one, as a program may stand all but one of them."""
    if not isinstance(fault, faults.Garbage):
        return [(fault, aim)]
    return [(msgspec.structs.replace(fault, payload=payload), aim) for payload in GARBAGE]


@st.composite
def _aims(draw: st.DrawFn, layout: Layout) -> Aim:
    """An item anywhere on the belt; for as long as it passes, or longer."""
    return Aim(
        item=draw(st.sampled_from(AIMED_AT)), at_m=draw(steps(0.0, round(layout.end_m - 0.01, 2), 0.01)),
        before_s=draw(st.just(PASSING_S / 2) | steps(0.0, PASSING_S, 0.1)),
        lasts_s=draw(st.just(PASSING_S) | steps(PASSING_S / 2, LONGEST_AIM_S, 0.1)),
    )  # fmt: skip


@st.composite
def _clear_late(draw: st.DrawFn, aim: Aim) -> Aim:
    """An item's own gate becomes clear a little after its tail has left it, as if the item were longer than any."""
    clear_s = draw(steps(CLEAR_S, MOST_CLEAR_S, 0.1))
    return msgspec.structs.replace(aim, before_s=PASSING_S / 2, lasts_s=round(PASSING_S / 2 + clear_s, 1))


@st.composite
def _stops(draw: st.DrawFn, layout: Layout, stack: tuple[Item, ...]) -> Aim:
    """When a controller is told to end: with an item anywhere on the belt, or as the loader or its rod pushes it."""
    aim = draw(_aims(layout))
    loading_m = PUSHED_S * layout.belt_speed_m_per_s
    pushed_m = _pushed_m(stack[aim.item % len(stack)], layout)
    return msgspec.structs.replace(aim, at_m=draw(st.sampled_from([aim.at_m, loading_m, pushed_m])))


@st.composite
def _for_the_next(
    draw: st.DrawFn, kind: type[faults.Fault], aim: Aim, layout: Layout, stack: tuple[Item, ...]
) -> Aim:  # fmt: skip
    """An item's picture, or answer, comes when the item behind, of another class if there is one, awaits its own."""
    places = _before_others(stack)
    if kind is faults.LateImage:
        next_m = draw(st.just(round(layout.camera_m - JUST_BEFORE_M, 3)) | steps(0.0, layout.camera_m, 0.01))
    else:
        next_m = draw(steps(layout.camera_m, layout.gates_m[0], 0.01))
    return msgspec.structs.replace(aim, item=places[aim.item % len(places)], next_m=next_m)


def _before_others(stack: tuple[Item, ...]) -> Sequence[int]:
    """The places of items that one of another class follows, if there are any: then it shows who gets whose answer."""
    distinguishable = [
        place for place, (one, other) in enumerate(pairwise(stack)) if one.item_class != other.item_class
    ]
    return distinguishable or range(max(1, len(stack) - 1))


@st.composite
def _silent(draw: st.DrawFn, aim: Aim, layout: Layout, stack: tuple[Item, ...]) -> Aim:
    """All messages of an item, until it has passed its own gate at the least, come when those of the next are due.

    Best it is one for the first rod: at the gates behind, messages of the next item have come as well.
    """
    places = _before_others(stack)
    places = [place for place in places if _rod_of(stack[place], layout) == layout.bins[0]] or places
    place = places[aim.item % len(places)]
    own_m = layout.gates_m[_rod_of(stack[place], layout) - 2]
    passing_s = (own_m - layout.camera_m) / layout.belt_speed_m_per_s + 2 * PASSING_S
    lasts_s = round(passing_s + draw(st.just(0.0) | steps(0.0, LONGEST_AIM_S - PASSING_S, 0.1)), 1)
    return msgspec.structs.replace(
        aim, item=place, at_m=layout.camera_m, before_s=PASSING_S, lasts_s=lasts_s, next_m=layout.camera_m
    )  # fmt: skip


def _rod_of(item: Item, layout: Layout) -> int:
    """The rod that takes an item; for one that none takes, the last."""
    return settings_for(layout).bins.get(item.item_class, layout.bins[-1])


def _pushed_m(item: Item, layout: Layout) -> float:
    """Where an item would be, were its rod not taking it, for a fault to begin during its push."""
    return layout.gates_m[_rod_of(item, layout) - 2] + item.length_m / 2 + PUSHED_S * layout.belt_speed_m_per_s


def _places_m(kind: type[faults.Fault], fault: Any, layout: Layout, item: Item, anywhere_m: float) -> tuple[float, ...]:
    """Where an item must be for a fault to act on it; empty if anywhere."""
    if kind in _ON_LOADING:
        return (0.0,)
    if kind in _ON_PICTURES:
        return (layout.camera_m,)
    if kind in ROD_FAULTS:
        return (layout.gates_m[fault.rod - 2] + item.length_m / 2,)
    if kind is faults.GateGhost:
        return layout.gates_m[fault.gate - 1] - GHOST_M, _pushed_m(item, layout)
    if kind is faults.Garbage and fault.payload in _LIKE_MESSAGES:
        due_m = layout.camera_m if fault.payload == "bad_base64" else layout.gates_m[0]
        return anywhere_m, due_m - GHOST_M
    if kind in _LOSSES:
        return anywhere_m, _pushed_m(item, layout)
    if kind in GATE_FAULTS:
        return (layout.gates_m[fault.gate - 1],)
    if kind in LINK_FAULTS and kind is not faults.Garbage:
        return (layout.camera_m, *layout.gates_m) if fault.way == "bb" else (0.0, *layout.gates_m)
    return ()
