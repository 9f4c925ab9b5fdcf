"""Hypothesis strategies for a controller that knows one line, mostly the default one, as controllers do.

Such a controller needs no item to learn from, so faults may come early; it need not know how many items there are, nor
a threshold of confidence: answers are sure, and right unless a fault has them wrong.

A drawn fault is aimed: it acts while an item passes a place of the line. When that is depends on the program.
"""

from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from scenarios.pace import Pace
from scenarios.strategies import (
    BELT_FAULTS,
    BROKER_FAULTS,
    CAMERA_FAULTS,
    CONTROLLER_FAULTS,
    GATE_FAULTS,
    HAND_S,
    ITEM_FAULTS,
    LINK_FAULTS,
    LOADER_FAULTS,
    ROD_FAULTS,
    Kinds,
    fault_of,
    items,
    link_models,
    recognizer_models,
    steps,
)
from twin import Item, Layout, Scenario, faults, settings_for

COUNTS: Final = (1, 2, 3, 4, 5, 6, 2, 3, 4, 5)
"""Numbers of items. One alone shows few mistakes, but those best."""

MOST_SCHEDULE: Final = 1000
PASSING_S: Final = 1.0
"""Length of a fault that acts on one item at one place."""

LONGEST_S: Final = 15.0
LATEST_S: Final = 20.0
"""A picture, or an answer, so late that its item has left the line and others have come."""

RECOGNIZER_FAULTS: Final[Kinds] = (faults.RecognizerSlow, faults.RecognizerSays)

FAMILIES: Final[dict[str, Kinds]] = {
    "no fault": (), "gates": GATE_FAULTS, "rods": ROD_FAULTS, "belt": BELT_FAULTS, "loader": LOADER_FAULTS,
    "camera": CAMERA_FAULTS, "wire": LINK_FAULTS, "recognizer": RECOGNIZER_FAULTS, "items": ITEM_FAULTS,
    "broker": BROKER_FAULTS, "controller": CONTROLLER_FAULTS, "stop": (),
}  # fmt: skip
"""Families of faults, by the name that a report card shows."""


def property_of(family: str) -> str:
    """The name of the property that no fault of a family breaks a rule."""
    return f"known-line-{family}"


_ON_LOADING: Final[Kinds] = (*LOADER_FAULTS, faults.TooLong)
_ON_PICTURES: Final[Kinds] = (*CAMERA_FAULTS, *RECOGNIZER_FAULTS)
_LATE: Final[Kinds] = (faults.LateImage, faults.ImageTwice, faults.RecognizerSlow)


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """Where a fault acts: from `before_s` before the item at place `item` of the stack gets to `at_m`, for `lasts_s`.

    The place is counted modulo the number of items, so that it stays one when items are taken away.
    """

    item: int
    at_m: float
    before_s: float
    lasts_s: float

    def span(self, pace: Pace, stack: tuple[Item, ...], layout: Layout) -> tuple[float, float]:
        """Begin and end of the fault with a program of this pace, in s, to a tenth."""
        loaded_s = pace.loaded_s(stack, self.item % len(stack))
        from_s = round(max(0.0, loaded_s + self.at_m / layout.belt_speed_m_per_s - self.before_s), 1)
        return from_s, round(from_s + self.lasts_s, 1)


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario whose faults, and whose end, are aimed at items, but have no times yet."""

    scenario: Scenario
    aims: tuple[tuple[Any, Aim], ...] = ()
    stop: Aim | None = None

    def at(self, pace: Pace) -> Scenario:
        """The scenario for a program of this pace."""
        stack, layout = tuple(self.scenario.stack()), self.scenario.layout
        drawn = []
        for fault, aim in self.aims:
            from_s, until_s = aim.span(pace, stack, layout)
            if isinstance(fault, faults.TakenOff):
                until_s = from_s + HAND_S  # The hand waits for its item to come.
            drawn.append(msgspec.structs.replace(fault, from_s=from_s, until_s=until_s))
        stop_s = None if self.stop is None else self.stop.span(pace, stack, layout)[0]
        return msgspec.structs.replace(self.scenario, faults=_one_loss_at_a_time(drawn), stop_s=stop_s)


@st.composite
def known_line_sketches(draw: st.DrawFn, family: str, layout: Layout) -> Sketch:
    """A few items on one line, and one or two faults of a family, or a signal to end."""
    kinds, count, settings = FAMILIES[family], draw(st.sampled_from(COUNTS)), settings_for(layout)
    stack = tuple(draw(items(latest_s=0.0)) for _ in range(count))
    drawn = draw(st.lists(_aimed(kinds, layout, stack), min_size=1, max_size=2)) if kinds else []
    return Sketch(
        scenario=Scenario(
            seed=draw(st.integers(0, 1000)), layout=layout, controller=settings, items=stack,
            link=draw(link_models()), recognizer=draw(sure_recognizers()),
            schedule=draw(st.just(0) | st.integers(1, MOST_SCHEDULE)),
        ),
        aims=tuple(drawn), stop=draw(_aims(layout, stack)) if family == "stop" else None,
    )  # fmt: skip


def sure_recognizers() -> SearchStrategy[Any]:
    """Recognizers that are right and sure of it."""
    return recognizer_models(most_misread=0.0).filter(lambda model: model.confidence_from >= 0.9)


@st.composite
def _aimed(draw: st.DrawFn, kinds: Kinds, layout: Layout, stack: tuple[Item, ...]) -> tuple[faults.Fault, Aim]:
    """A fault of one of these kinds, and where it acts."""
    kind = draw(st.sampled_from(list(kinds)))
    fault = draw(fault_of(kind, layout, len(stack)).filter(lambda one: getattr(one, "what", "") != "low_confidence"))
    if kind in _LATE and draw(st.booleans()):
        fault = msgspec.structs.replace(fault, delay_s=draw(steps(4.0, LATEST_S, 0.5)))
    aim = draw(_aims(layout, stack, *_places_m(kind, fault, layout)))
    if isinstance(fault, faults.RodDead | faults.RodSlow | faults.RodSticksOut):
        rod = settings_for(layout).bins.get(stack[aim.item % len(stack)].item_class, layout.bins[-1])
        rod_m = layout.gates_m[rod - 2] + stack[aim.item % len(stack)].length_m / 2
        fault, aim = msgspec.structs.replace(fault, rod=rod), msgspec.structs.replace(aim, at_m=rod_m)
    return fault, aim


@st.composite
def _aims(draw: st.DrawFn, layout: Layout, stack: tuple[Item, ...], *places_m: float) -> Aim:
    """An item at one of these places, or anywhere on the belt; for as long as it passes, or longer."""
    anywhere = steps(0.0, round(layout.end_m - 0.01, 2), 0.01)
    return Aim(
        item=draw(st.integers(0, len(stack) - 1)), at_m=draw(st.sampled_from(places_m) if places_m else anywhere),
        before_s=draw(st.just(PASSING_S / 2) | steps(0.0, PASSING_S, 0.1)),
        lasts_s=draw(st.just(PASSING_S) | steps(PASSING_S / 2, LONGEST_S, 0.1)),
    )  # fmt: skip


def _places_m(kind: type[faults.Fault], fault: Any, layout: Layout) -> tuple[float, ...]:
    """Where an item must be for a fault to act on it; empty if anywhere."""
    if kind in _ON_LOADING:
        return (0.0,)
    if kind in _ON_PICTURES:
        return (layout.camera_m,)
    if kind in GATE_FAULTS and kind is not faults.GateGhost:
        return (layout.gates_m[fault.gate - 1],)
    if kind in LINK_FAULTS and kind is not faults.Garbage:
        return (layout.camera_m, *layout.gates_m) if fault.way == "bb" else (0.0, *layout.gates_m)
    return ()


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
