"""Hypothesis strategies for lines, items, faults and whole scenarios: import them into your own properties.

They shrink towards fewer items, fewer faults, round numbers and the default layout. Lengths and times are multiples of
a millimetre and a tenth of a second, so that a found scenario is easy to read.

They make some assumptions that every controller needs. The line starts healthy: its first item is available, passes
every gate and stays on the belt, and faults begin after that (`warm_up_s`). An item to push fits before its rod's head
when its tail leaves the gate, also if the push comes a little later.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, get_args, get_type_hints

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from twin import Item, ItemDraw, Layout, LinkModel, RecognizerModel, Scenario, faults, settings_for
from twin.scenario.item import CLASSES

LEAST_WARM_UP_S: Final = 20.0
START_S: Final = 11.0
MOST_SORTING_S: Final = 100.0
SHORTEST_M: Final = 0.04
LONGEST_M: Final = 0.12
LATE_M: Final = 0.03
"""A push may come this distance of belt travel late, and still hit even the longest item."""

HAND_S: Final = 60.0
MOST_LATENCY_S: Final = 0.01
MOST_JITTER_S: Final = 0.006
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
GARBAGE: Final[tuple[str, ...]] = get_args(get_type_hints(faults.Garbage)["payload"])
RECOGNIZER_FAULTS: Final[Kinds] = (faults.RecognizerSlow, faults.RecognizerSays)
ITEM_FAULTS: Final[Kinds] = (faults.TooLong, faults.TakenOff, faults.ForeignObject)
BROKER_FAULTS: Final[Kinds] = (
    faults.BrokerDown, faults.ClientCutOff, faults.AnotherClient, faults.RetainedMessage,
)  # fmt: skip
CONTROLLER_FAULTS: Final[Kinds] = (faults.ControllerKilled,)
ALL_FAULTS: Final[Kinds] = (
    *GATE_FAULTS, *ROD_FAULTS, *BELT_FAULTS, *LOADER_FAULTS, *CAMERA_FAULTS, *LINK_FAULTS, *RECOGNIZER_FAULTS,
    *ITEM_FAULTS, *BROKER_FAULTS, *CONTROLLER_FAULTS,
)  # fmt: skip


def steps(low: float, high: float, step: float) -> SearchStrategy[float]:
    """Multiples of `step` from `low` to `high`, shrinking towards `low`; exact to the step's own digits."""
    per_unit = round(1 / step)
    return st.integers(round(low * per_unit), round(high * per_unit)).map(lambda count: count / per_unit)


def belt_speeds_m_per_s() -> SearchStrategy[float]:
    """Speeds of a line's belt in m/s."""
    return steps(0.1, 0.6, 0.01)


@st.composite
def layouts(draw: st.DrawFn, *, most_gates: int = 4) -> Layout:
    """Lines on which items of `SHORTEST_M` to `LONGEST_M` can be sorted; sometimes the default one."""
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
        belt_speed_m_per_s=draw(belt_speeds_m_per_s()), rod_stroke_s=draw(steps(0.15, 0.45, 0.01)),
        loader_stroke_s=draw(steps(0.25, 0.5, 0.05)), exposure_s=draw(steps(0.0, 0.1, 0.01)),
    )  # fmt: skip
    return Layout() if usual else other  # Always drawn, so that later draws keep their places when this shrinks.


def items(
    *, shortest_m: float = SHORTEST_M, longest_m: float = LONGEST_M, usual_s: float = 0.0, latest_s: float = 30.0
) -> SearchStrategy[Item]:
    """Items of any class and various lengths, available at once, from `usual_s`, or by `latest_s`."""
    usual_m = min(max(0.08, shortest_m), longest_m)
    lengths = st.just(usual_m) | steps(shortest_m, longest_m, 0.001)
    available = st.just(usual_s) | st.just(0.0) | steps(0.0, latest_s, 0.5)
    return st.builds(Item, item_class=st.sampled_from(CLASSES), length_m=lengths, available_s=available)


def link_models(*, longest_jitter_s: float = MOST_JITTER_S) -> SearchStrategy[LinkModel]:
    """Wires with little latency and jitter."""
    return st.builds(
        LinkModel, latency_s=steps(0.0, MOST_LATENCY_S, 0.001), jitter_s=steps(0.0, longest_jitter_s, 0.001)
    )


def bearable_links(layout: Layout, *, longest_jitter_s: float = MOST_JITTER_S) -> SearchStrategy[LinkModel]:
    """Wires with so little jitter that edge and push come in time for the item, on this line."""
    return link_models(longest_jitter_s=min(longest_jitter_s, _bearable_jitter_s(layout)))


def recognizer_models(*, most_misread: float = 0.1) -> SearchStrategy[RecognizerModel]:
    """Oracles that answer in time, and are sometimes unsure or wrong."""
    return st.builds(
        RecognizerModel, latency_s=steps(0.0, 0.1, 0.01), jitter_s=steps(0.0, 0.05, 0.01),
        confidence_from=st.sampled_from([0.9, 0.8, 0.5]), misread_share=st.sampled_from([0.0, most_misread]),
    )  # fmt: skip


@st.composite
def spans(
    draw: st.DrawFn, *, earliest_s: float = LEAST_WARM_UP_S, latest_s: float = 60.0, longest_s: float = 15.0
) -> dict[str, float]:
    """Start and end of a fault that begins between `earliest_s` and `latest_s`."""
    from_s = draw(steps(earliest_s, latest_s, 0.1))
    return {"from_s": from_s, "until_s": round(from_s + draw(steps(0.5, longest_s, 0.1)), 1)}


@st.composite
def fault_of(
    draw: st.DrawFn, kind: type[faults.Fault], layout: Layout, count: int, *, earliest_s: float | None = None,
    latest_s: float | None = None,
) -> faults.Fault:  # fmt: skip
    """A fault of one kind for this line and `count` items, most likely before the last item is sorted.

    It begins between `earliest_s` (by default when the line is warm) and `latest_s`.
    """
    from_s = warm_up_s(layout) if earliest_s is None else earliest_s
    span = spans(earliest_s=from_s, latest_s=from_s + _sorting_s(layout, count) if latest_s is None else latest_s)
    if kind is faults.LinkDelay:
        # A command that is very late hits the wrong item. No controller can prevent that.
        most_s = {"bb": 4.0, "aa": 0.3}
        way: Literal["aa", "bb"] = draw(st.sampled_from(["bb", "aa"]))
        return faults.LinkDelay(way=way, delay_s=draw(steps(0.1, most_s[way], 0.1)), **draw(span))
    fields = {name: draw(values) for name, values in _fields(layout, count).get(kind, {}).items()}
    times = draw(span)
    if kind is faults.TakenOff:
        times["until_s"] = round(times["from_s"] + HAND_S, 1)  # The hand waits for its item to come.
    if kind is faults.RetainedMessage:
        times["from_s"] = 0.0  # Everybody subscribes then, if not again later.
        if fields["message"] == "push":
            times["until_s"] = 1.0  # Whom the rod hits later, no controller could prevent.
    return kind(**fields, **times)


def foreign_objects() -> SearchStrategy[faults.ForeignObject]:
    """Foreign objects that fall on the default belt between camera and first gate.

    None lies in the gate's beam: of such an object the beam sees a part only, which may be as short as a false pulse.
    """
    camera_m, gate_m = Layout().camera_m, Layout().gates_m[0]
    return st.builds(
        lambda at_s, at_m, length_m: faults.ForeignObject(
            from_s=at_s, until_s=at_s, at_m=round(min(at_m, gate_m - length_m / 2), 3), length_m=length_m
        ),
        steps(20.0, 60.0, 0.1), steps(camera_m + 0.01, gate_m, 0.01), steps(0.03, 0.15, 0.01),
    )  # fmt: skip


@st.composite
def fault_lists(draw: st.DrawFn, kinds: Kinds, layout: Layout, count: int, *, most: int = 3) -> tuple[Any, ...]:
    """Up to `most` faults of a random subset of `kinds` (swarm). Faults of broker and controller do not overlap."""
    if not kinds:
        return ()
    enabled = draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=4, unique=True))
    one = st.sampled_from(enabled).flatmap(lambda kind: fault_of(kind, layout, max(1, count)))
    # One flag drops a fault, which the shrinker finds. It would not cut an early fault out of a list.
    drawn = draw(st.lists(st.tuples(st.sampled_from([False, True, True, True]), one), min_size=1, max_size=most))
    return one_loss_at_a_time([fault for keep, fault in drawn if keep] or [drawn[-1][1]])


def one_loss_at_a_time(drawn: Sequence[faults.Fault]) -> tuple[Any, ...]:
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


@st.composite
def scenarios(
    draw: st.DrawFn, *, kinds: Kinds = (), most_faults: int = 3, fewest_items: int = 1, most_items: int = 10,
    layout: SearchStrategy[Layout] | None = None, in_flight: SearchStrategy[int | str] | None = None,
    counted: bool = False, stopped: bool = False, longest_jitter_s: float = MOST_JITTER_S,
) -> Scenario:  # fmt: skip
    """Whole scenarios. Each enables a random subset of `kinds`, and has up to `most_faults` faults of those.

    `counted`: the controller has the number of items set, and must come to rest after the last. `stopped`: it gets a
    stop signal at some time.
    """
    line = draw(layouts() if layout is None else layout)
    count = draw(
        # With faults, one item shows the line, and at least one more can be disturbed.
        st.integers(max(2 if kinds else 1, fewest_items), most_items)
    )  # A drawn list would be short too often, and short stacks meet few faults.
    warm_s = warm_up_s(line) if kinds else 0.0
    one = items(usual_s=warm_s, latest_s=warm_s + 30.0)
    first, *others = sorted([draw(one) for _ in range(count)], key=lambda item: item.available_s)
    # With faults to come, the first item must pass every gate that decides something.
    first_class = CLASSES[: len(line.bins)][-1] if kinds and line.bins else first.item_class
    stack = [msgspec.structs.replace(first, available_s=0.0, item_class=first_class), *others]
    recognizer = draw(recognizer_models(most_misread=0.0 if kinds else 0.1))
    flight = draw(st.sampled_from(["auto", 1, 2]) if in_flight is None else in_flight)
    return Scenario(
        seed=draw(st.integers(0, 1000)), layout=line, items=tuple(stack),
        link=draw(bearable_links(line, longest_jitter_s=longest_jitter_s)),
        recognizer=recognizer, faults=draw(fault_lists(kinds, line, len(stack), most=most_faults)),
        controller=settings_for(line, in_flight=flight, items=len(stack) if counted else None),
        stop_s=draw(steps(0.0, warm_s + _sorting_s(line, count), 0.1)) if stopped else None,
        stop_signal=draw(st.sampled_from(["SIGTERM", "SIGINT"])) if stopped else "SIGTERM",
    )  # fmt: skip


def default_stack(seed: int, count: int) -> tuple[Item, ...]:
    """A stack drawn from a seed, whose first item passes every gate of the default line."""
    first, *others = Scenario(seed=seed, items=ItemDraw(count=count)).stack()
    return (msgspec.structs.replace(first, item_class=CLASSES[-1]), *others)


def warm_up_s(layout: Layout) -> float:
    """Latest time at which the first item has passed the whole line."""
    return max(LEAST_WARM_UP_S, float(math.ceil(START_S + _trip_s(layout))))


def _sorting_s(layout: Layout, count: int) -> float:
    """Approximate time for which a warm line is busy with the items behind the first of `count`."""
    return min(MOST_SORTING_S, float(math.ceil(max(1, count - 1) * _trip_s(layout) / 3)))


def _trip_s(layout: Layout) -> float:
    return layout.end_m / layout.belt_speed_m_per_s


def _bearable_jitter_s(layout: Layout) -> float:
    """Most jitter in s. With more, edge and push come so late that no controller could hit the item."""
    return max(0.0, math.floor(1000 * LATE_M / (2 * layout.belt_speed_m_per_s)) / 1000 - MOST_LATENCY_S)


def _one_of(numbers: Sequence[int]) -> SearchStrategy[int]:
    """One of few numbers. Drawn even if there is only one, so that other draws keep their places."""
    return st.integers(0, MOST_NUMBERS - 1).map(lambda drawn: numbers[drawn % len(numbers)])


def _fields(layout: Layout, count: int) -> dict[type[faults.Fault], dict[str, SearchStrategy[Any]]]:
    """The strategies of each fault's fields on a line."""
    gate = _one_of(range(1, len(layout.gates_m) + 1))
    rod = _one_of(list(layout.bins) or [1])
    lossy = {"way": st.sampled_from(["bb", "aa"]), "share": st.sampled_from([1.0, 0.5, 0.1])}
    place = steps(0.02, round(layout.end_m - 0.05, 2), 0.01)
    delay = {"delay_s": steps(0.1, 4.0, 0.1)}
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
        faults.Garbage: {"payload": st.sampled_from(GARBAGE)},
        faults.RetainedMessage: {"message": st.sampled_from(["clear", "blocked", "picture", "push"])},
        faults.RecognizerSlow: delay,
        faults.RecognizerSays: {"what": st.sampled_from(answers)},
        faults.TooLong: {"factor": st.sampled_from([3.0, 2.0, 5.0])},
        faults.TakenOff: {
            "item": _one_of(range(min(2, count), count + 1)),
            "at_m": place,
            # Behind the camera, close before another item, no sensor could tell the two apart.
            "back_m": st.none() | steps(0.02, max(0.02, round(layout.camera_m - 0.02, 2)), 0.01),
        },
        faults.ForeignObject: {"at_m": place, "length_m": steps(0.03, 0.2, 0.01)},
    }
