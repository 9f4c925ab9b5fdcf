"""Spans of time and trajectories of items in a drawing, for pictures that are not drawn by a browser."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from twin.report.drawing import DrawnItem, DrawnRod
from twin.report.item_motion import GONE

Belt = Sequence[Sequence[float]]
RAMP_STEPS: Final = 4


def blocked_spans(changes: Sequence[tuple[float, bool]], end_s: float) -> Iterator[tuple[float, float]]:
    """When a gate's beam is blocked."""
    for place, (from_s, blocked) in enumerate(changes):
        if blocked:
            yield from_s, changes[place + 1][0] if place + 1 < len(changes) else end_s


def out_spans(rod: DrawnRod) -> Iterator[tuple[float, float]]:
    """When a rod is not in."""
    since_s = None
    for (at_s, _), (next_s, next_share) in pairwise(rod.reaches):
        if since_s is None and next_share > 0:
            since_s = at_s
        if since_s is not None and next_share == 0:
            yield since_s, next_s
            since_s = None
    if since_s is not None:
        yield since_s, rod.reaches[-1][0]


def displacement_m(belt: Belt, at_s: float) -> float:
    """The belt's displacement at a time."""
    from_s, from_m, speed, acceleration = belt[_segment(belt, at_s)]
    elapsed_s = at_s - from_s
    return from_m + (speed + acceleration * elapsed_s / 2) * elapsed_s


def trajectories(item: DrawnItem, belt: Belt, end_s: float) -> Iterator[list[tuple[float, float]]]:
    """An item's trajectory on the belt as corners (time, position), one list for each unbroken stay on it."""
    trajectory: list[tuple[float, float]] = []
    for place, (from_s, how, value, *_) in enumerate(item.phases):
        until_s = item.phases[place + 1][0] if place + 1 < len(item.phases) else end_s
        if how in GONE:
            if trajectory:
                yield trajectory
            trajectory = []
        elif how == "rides":
            trajectory += [(at_s, displacement_m(belt, at_s) - value) for at_s in _turns(belt, from_s, until_s)]
        else:
            trajectory += [(from_s, value), (until_s, value)]
    if trajectory:
        yield trajectory


def _turns(belt: Belt, from_s: float, until_s: float) -> list[float]:
    """The times at which the belt's speed changes, and some within ramps."""
    times = [from_s]
    for place in range(_segment(belt, from_s), _segment(belt, until_s) + 1):
        start_s, _, _, acceleration = belt[place]
        stop_s = belt[place + 1][0] if place + 1 < len(belt) else until_s
        steps = RAMP_STEPS if acceleration else 1
        times += [start_s + (stop_s - start_s) * step / steps for step in range(steps)]
    return [*(at_s for at_s in sorted(set(times)) if from_s <= at_s < until_s), until_s]


def _segment(belt: Belt, at_s: float) -> int:
    """The place of the belt's segment at a time."""
    return max(0, bisect_right(belt, at_s, key=lambda segment: segment[0]) - 1)


def clipped(trajectory: Sequence[tuple[float, float]], from_s: float, until_s: float) -> list[tuple[float, float]]:
    """What a trajectory has from one time to another: its corners there, and where it crosses the two times."""
    inside = [(at_s, at_m) for at_s, at_m in trajectory if from_s <= at_s <= until_s]
    return [*_crossing(trajectory, from_s), *inside, *_crossing(trajectory, until_s)]


def _crossing(trajectory: Sequence[tuple[float, float]], at_s: float) -> list[tuple[float, float]]:
    """Where a trajectory is at a time between two corners."""
    for (before_s, before_m), (after_s, after_m) in pairwise(trajectory):
        if before_s < at_s < after_s:
            return [(at_s, before_m + (after_m - before_m) * (at_s - before_s) / (after_s - before_s))]
    return []
