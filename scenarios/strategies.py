"""Hypothesis strategies for lines, items, faults and whole scenarios: import them into your own properties.

They shrink towards fewer items, fewer faults, round numbers and the default layout. Lengths and times come in steps
of a millimetre and a tenth of a second, so that what is found can be read.

What they take for granted, since no controller could do without it: the line starts healthy. Its first item is
there and passes every gate, nobody takes it off, faults begin once it has (`warm_up_s`), and an item that a rod is to
take fits before its head when its tail leaves the gate, and when a push comes a little later.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from twin import Item, ItemDraw, Layout, LinkModel, RecognizerModel, Scenario, faults, settings_for
from twin.scenario.item import CLASSES

LEAST_WARM_UP_S: Final = 20.0
START_S: Final = 5.0
MOST_SORTING_S: Final = 100.0
SHORTEST_M: Final = 0.04
LONGEST_M: Final = 0.12
LATE_M: Final = 0.03
"""On these lines even the longest item may ride on so far from where its push is due, and still be before the head."""

HAND_S: Final = 60.0
MOST_LATENCY_S: Final = 0.01
MOST_NUMBERS: Final = 16  # Gates or rods of a line, at most.

Kinds = Sequence[type[faults.Fault]]

GATE_FAULTS: Final[Kinds] = (faults.GateBounce, faults.GateStuck, faults.GateMissesEdge, faults.GateGhost)
ROD_FAULTS: Final[Kinds] = (faults.RodSlow, faults.RodDead, faults.RodSticksOut)
BELT_FAULTS: Final[Kinds] = (faults.BeltSpeed, faults.BeltDrift, faults.BeltStops)
LOADER_FAULTS: Final[Kinds] = (faults.EmptyPush, faults.DoublePush)
CAMERA_FAULTS: Final[Kinds] = (faults.NoImage, faults.LateImage, faults.ImageTwice, faults.SpoiltImage)
LINK_FAULTS: Final[Kinds] = (
    faults.LinkDelay, faults.LinkDrop, faults.LinkDuplicate, faults.LinkReorder, faults.Garbage,
)  # fmt: skip
RECOGNIZER_FAULTS: Final[Kinds] = (faults.RecognizerSlow, faults.RecognizerSays)
ITEM_FAULTS: Final[Kinds] = (faults.TooLong, faults.TakenOff, faults.ForeignObject)
BROKER_FAULTS: Final[Kinds] = (faults.BrokerDown, faults.ClientCutOff)
CONTROLLER_FAULTS: Final[Kinds] = (faults.ControllerKilled,)
ALL_FAULTS: Final[Kinds] = (
    *GATE_FAULTS, *ROD_FAULTS, *BELT_FAULTS, *LOADER_FAULTS, *CAMERA_FAULTS, *LINK_FAULTS, *RECOGNIZER_FAULTS,
    *ITEM_FAULTS, *BROKER_FAULTS, *CONTROLLER_FAULTS,
)  # fmt: skip


def steps(low: float, high: float, step: float) -> SearchStrategy[float]:
    """Multiples of `step` from `low` to `high`, shrinking towards `low`; exact to the step's own digits."""
    per_unit = round(1 / step)
    return st.integers(round(low * per_unit), round(high * per_unit)).map(lambda count: count / per_unit)


@st.composite
def layouts(draw: st.DrawFn, *, most_gates: int = 4) -> Layout:
    """Lines on which items of `SHORTEST_M` to `LONGEST_M` can be sorted; now and then the default one."""
    usual = not draw(st.booleans())
    camera_m = draw(steps(0.2, 0.4, 0.01))
    gates_m, rods_m = [round(camera_m + draw(steps(0.2, 0.5, 0.01)), 3)], []
    for index in range(draw(st.integers(1, most_gates))):
        if index:
            gates_m.append(round(gates_m[-1] + draw(steps(0.3, 1.0, 0.01)), 3))
        rods_m.append(round(gates_m[-1] + draw(steps(0.04, 0.07, 0.01)), 3))
    other = Layout(
        camera_m=camera_m, gates_m=tuple(gates_m), rods_m=tuple(rods_m),
        end_m=round(gates_m[-1] + draw(steps(0.3, 0.6, 0.01)), 3),
        belt_speed_m_per_s=draw(steps(0.1, 0.6, 0.01)), rod_stroke_s=draw(steps(0.15, 0.45, 0.01)),
        loader_stroke_s=draw(steps(0.25, 0.5, 0.05)), exposure_s=draw(steps(0.0, 0.1, 0.01)),
    )  # fmt: skip
    return Layout() if usual else other  # Drawn in any case: what comes behind stays in its place when this shrinks.


def items(
    *, shortest_m: float = SHORTEST_M, longest_m: float = LONGEST_M, usual_s: float = 0.0, latest_s: float = 30.0
) -> SearchStrategy[Item]:
    """Items of any class and of odd lengths; the stack has them at once, from `usual_s`, or by `latest_s`."""
    usual_m = min(max(0.08, shortest_m), longest_m)
    lengths = st.just(usual_m) | steps(shortest_m, longest_m, 0.001)
    available = st.just(usual_s) | st.just(0.0) | steps(0.0, latest_s, 0.5)
    return st.builds(Item, item_class=st.sampled_from(CLASSES), length_m=lengths, available_s=available)


def link_models(*, longest_jitter_s: float = 0.006) -> SearchStrategy[LinkModel]:
    """Wires with little latency and jitter."""
    return st.builds(
        LinkModel, latency_s=steps(0.0, MOST_LATENCY_S, 0.001), jitter_s=steps(0.0, longest_jitter_s, 0.001)
    )


def recognizer_models(*, most_misread: float = 0.1) -> SearchStrategy[RecognizerModel]:
    """Oracles that are sure, unsure or wrong now and then, and answer in time."""
    return st.builds(
        RecognizerModel, latency_s=steps(0.0, 0.1, 0.01), jitter_s=steps(0.0, 0.05, 0.01),
        confidence_from=st.sampled_from([0.9, 0.8, 0.5]), misread_share=st.sampled_from([0.0, most_misread]),
    )  # fmt: skip


@st.composite
def spans(
    draw: st.DrawFn, *, earliest_s: float = LEAST_WARM_UP_S, latest_s: float = 60.0, longest_s: float = 15.0
) -> dict[str, float]:
    """From when to when something goes wrong; it begins between `earliest_s` and `latest_s`."""
    from_s = draw(steps(earliest_s, latest_s, 0.1))
    return {"from_s": from_s, "until_s": round(from_s + draw(steps(0.5, longest_s, 0.1)), 1)}


@st.composite
def fault_of(draw: st.DrawFn, kind: type[faults.Fault], layout: Layout, count: int) -> faults.Fault:
    """A fault of one kind, on a line and with a stack of `count` items, most likely before the last one is sorted."""
    warm_s = warm_up_s(layout)
    span = spans(earliest_s=warm_s, latest_s=warm_s + _sorting_s(layout, count))
    if kind is faults.LinkDelay:
        # A command that comes much too late hits whatever is there then: no controller can help that.
        most_s = {"bb": 4.0, "aa": 0.3}
        way: Literal["aa", "bb"] = draw(st.sampled_from(["bb", "aa"]))
        return faults.LinkDelay(way=way, delay_s=draw(steps(0.1, most_s[way], 0.1)), **draw(span))
    fields = {name: draw(values) for name, values in _fields(layout, count).get(kind, {}).items()}
    times = draw(span)
    if kind is faults.TakenOff:
        times["until_s"] = round(times["from_s"] + HAND_S, 1)  # The hand waits for its item.
    return kind(**fields, **times)


def thrown() -> SearchStrategy[faults.ForeignObject]:
    """Something that is thrown on the default belt between its camera and its first gate."""
    return st.builds(
        lambda at_s, at_m, length_m: faults.ForeignObject(from_s=at_s, until_s=at_s, at_m=at_m, length_m=length_m),
        steps(20.0, 60.0, 0.1), steps(0.26, 0.5, 0.01), steps(0.03, 0.15, 0.01),
    )  # fmt: skip


@st.composite
def fault_lists(draw: st.DrawFn, kinds: Kinds, layout: Layout, count: int, *, most: int = 3) -> tuple[Any, ...]:
    """Up to `most` faults, of a random subset of `kinds` (swarm); those of broker and controller one after another."""
    if not kinds:
        return ()
    enabled = draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=4, unique=True))
    one = st.sampled_from(enabled).flatmap(lambda kind: fault_of(kind, layout, max(1, count)))
    # Each can be left out by one step, which the shrinker finds: to cut an early one out of a list, it would not.
    drawn = draw(st.lists(st.tuples(st.sampled_from([False, True, True, True]), one), min_size=1, max_size=most))
    kept = [fault for keep, fault in drawn if keep] or [drawn[-1][1]]
    chosen: list[faults.Fault] = []
    free_s = 0.0
    for fault in sorted(kept, key=lambda one: (one.from_s, one.until_s)):
        if isinstance(fault, faults.BrokerFault):
            if fault.from_s <= free_s:
                continue
            free_s = fault.until_s
        chosen.append(fault)
    return tuple(chosen)


@st.composite
def scenarios(
    draw: st.DrawFn, *, kinds: Kinds = (), most_faults: int = 3, fewest_items: int = 1, most_items: int = 10,
    layout: SearchStrategy[Layout] | None = None, in_flight: SearchStrategy[int | str] | None = None,
    counted: bool = False, stopped: bool = False, longest_jitter_s: float = 0.006,
) -> Scenario:  # fmt: skip
    """Whole scenarios; of `kinds` each enables a random subset, and has up to `most_faults` of those.

    `counted`: the controller is told how many items there are, and is to come to rest after the last. `stopped`: it is
    told to end by a signal, at any time.
    """
    line = draw(layouts() if layout is None else layout)
    count = draw(st.integers(max(1, fewest_items), most_items))  # A list would lean to few, and few see few faults.
    warm_s = warm_up_s(line) if kinds else 0.0
    one = items(usual_s=warm_s, latest_s=warm_s + 30.0)
    first, *others = sorted([draw(one) for _ in range(count)], key=lambda item: item.available_s)
    # Where faults are to come, the first item shows the controller every gate that decides anything.
    shown = CLASSES[: len(line.bins)][-1] if kinds and line.bins else first.item_class
    stack = [msgspec.structs.replace(first, available_s=0.0, item_class=shown), *others]
    recognizer = draw(recognizer_models(most_misread=0.0 if kinds else 0.1))
    flight = draw(st.sampled_from(["auto", 1, 2]) if in_flight is None else in_flight)
    return Scenario(
        seed=draw(st.integers(0, 1000)), layout=line, items=tuple(stack),
        link=draw(link_models(longest_jitter_s=min(longest_jitter_s, _bearable_jitter_s(line)))),
        recognizer=recognizer, faults=draw(fault_lists(kinds, line, len(stack), most=most_faults)),
        controller=settings_for(line, in_flight=flight, items=len(stack) if counted else None),
        stop_s=draw(steps(0.0, warm_s + _sorting_s(line, count), 0.1)) if stopped else None,
    )  # fmt: skip


def shown(seed: int, count: int) -> tuple[Item, ...]:
    """A stack drawn from a seed, whose first item shows the controller every gate of the default line."""
    first, *others = Scenario(seed=seed, items=ItemDraw(count=count)).stack()
    return (msgspec.structs.replace(first, item_class=CLASSES[-1]), *others)


def warm_up_s(layout: Layout) -> float:
    """When the first item has passed the whole line, at the latest."""
    return max(LEAST_WARM_UP_S, float(math.ceil(START_S + _trip_s(layout))))


def _sorting_s(layout: Layout, count: int) -> float:
    """How long a warm line is busy with so many items, about."""
    return min(MOST_SORTING_S, float(math.ceil(count * _trip_s(layout) / 2)))


def _trip_s(layout: Layout) -> float:
    return layout.end_m / layout.belt_speed_m_per_s


def _bearable_jitter_s(layout: Layout) -> float:
    """With more an edge and its push come so late that an item is no longer before the head, whoever sent the push."""
    return max(0.0, math.floor(1000 * LATE_M / (2 * layout.belt_speed_m_per_s)) / 1000 - MOST_LATENCY_S)


def _one_of(numbers: Sequence[int]) -> SearchStrategy[int]:
    """One of few numbers; drawn even where there is only one, so that other draws stay in their places."""
    return st.integers(0, MOST_NUMBERS - 1).map(lambda drawn: numbers[drawn % len(numbers)])


def _fields(layout: Layout, count: int) -> dict[type[faults.Fault], dict[str, SearchStrategy[Any]]]:
    """What each kind of fault may be like on a line."""
    gate = _one_of(range(1, len(layout.gates_m) + 1))
    rod = _one_of(list(layout.bins) or [1])
    lossy = {"way": st.sampled_from(["bb", "aa"]), "share": st.sampled_from([1.0, 0.5, 0.1])}
    place = steps(0.02, round(layout.end_m - 0.05, 2), 0.01)
    delay = {"delay_s": steps(0.1, 4.0, 0.1)}
    garbage = ["not_json", "number", "two_keys", "unknown_key", "wrong_type", "bad_base64", "not_utf8"]
    answers = ["error", "wrong_label", "low_confidence", "unknown", "nothing"]
    return {
        faults.GateBounce: {"gate": gate, "bounces": st.integers(1, 5), "period_s": steps(0.001, 0.008, 0.001)},
        faults.GateStuck: {"gate": gate, "blocked": st.booleans()},
        faults.GateMissesEdge: {"gate": gate, "edge": st.sampled_from(["both", "blocked", "clear"])},
        faults.GateGhost: {"gate": gate, "pulse_s": steps(0.01, 0.6, 0.01)},
        faults.RodSlow: {"rod": rod, "factor": st.sampled_from([2.0, 1.5, 4.0])},
        faults.RodDead: {"rod": rod},
        faults.RodSticksOut: {"rod": rod},
        faults.BeltSpeed: {"factor": st.sampled_from([0.5, 0.8, 0.95, 1.1, 1.5])},
        faults.BeltDrift: {"factor": st.sampled_from([0.5, 0.8, 0.95, 1.1])},
        faults.DoublePush: {"gap_m": st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.2])},
        faults.LateImage: delay,
        faults.ImageTwice: {"delay_s": steps(0.0, 2.0, 0.1)},
        faults.SpoiltImage: {"how": st.sampled_from(["torn", "not_an_image", "blurred", "dark"])},
        faults.LinkDrop: lossy,
        faults.LinkDuplicate: lossy,
        faults.LinkReorder: {**lossy, "delay_s": steps(0.0, 0.3, 0.1)},
        faults.Garbage: {"payload": st.sampled_from(garbage)},
        faults.RecognizerSlow: delay,
        faults.RecognizerSays: {"what": st.sampled_from(answers)},
        faults.TooLong: {"factor": st.sampled_from([3.0, 2.0, 5.0])},
        faults.TakenOff: {
            "item": _one_of(range(min(2, count), count + 1)),
            "at_m": place,
            # Put back behind the camera, close before another item, it would be swept along unseen.
            "back_m": st.none() | steps(0.02, round(layout.camera_m - 0.02, 2), 0.01),
        },
        faults.ForeignObject: {"at_m": place, "length_m": steps(0.03, 0.2, 0.01)},
    }
