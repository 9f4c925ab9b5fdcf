"""How far apart items must be loaded, so that no later conflict can come up; and whether a rod may go out now.

Where the rods stand is not on the wire. So while rod `k` is out, the whole stretch from its gate to the next one
belongs to its target alone: whoever rides ahead must have left that stretch when the target's tail leaves the gate,
and whoever follows may not have reached the gate before the rod is in again. All items move alike, so both are
differences of loading times. An item that surely leaves the belt at an earlier gate rides through none of the
stretches behind it.

Pictures carry no item's number, so the windows of two items in which theirs are due may not meet. One that is late by
just the distance of two items would look like the next item's: how that is told is `controller.core.tracker`'s.
"""

from typing import Final

from controller.core.timing_model import SHORTER, TimingModel
from controller.core.track import Stage, Track

MARGIN_S: Final = 0.1
NEVER_S: Final = float("inf")


def headway_s(item: Track, timing: TimingModel, rod_out_s: float) -> float:
    """How long after `item` the next one may be loaded at the earliest; infinite while that can't be said yet.

    `rod_out_s`: from the push of a rod until it is surely in again.
    """
    gates, dwell = timing.gates, timing.dwell
    leaves_at = item.leaves_at(gates)
    needed_s = dwell.most_s
    if leaves_at <= gates or item.stage is Stage.LOADED or item.stage is Stage.PICTURED:
        needed_s += rod_out_s
    needed_s = max(needed_s, 2 * timing.picture.tolerance_s)
    # Tails count, and either item may be unlike any before.
    difference_s = (dwell.most_s - SHORTER * dwell.shortest_s) / 2
    for gate in range(1, min(leaves_at, gates + 1)):
        leg_behind_s = timing.leg_behind_s(gate)
        if leg_behind_s is None:
            return NEVER_S
        needed_s = max(needed_s, leg_behind_s + difference_s)
    return needed_s + MARGIN_S


def soonest_nose_s(timing: TimingModel) -> float:
    """How soon after its load an item's nose may be at the first gate, at the earliest."""
    leg = timing.legs[1]
    return max(0.0, leg.mean_s - leg.tolerance_s - timing.dwell.most_s / 2 - MARGIN_S)


def leg_is_free(target: Track, items: list[Track], timing: TimingModel, now_s: float, rod_out_s: float) -> bool:
    """Whether a rod may go out for `target`, whose tail has just left its gate: nobody else is, or comes, near."""
    gate = target.gate
    for other in items:
        if other is target or other.gate > gate:
            continue
        if other.gate == gate or other.overdue or other.blocked_at == gate:
            return False  # It is in the stretch, or about to be, or nobody knows where it is.
        nose_s = other.nose_due_s(gate, timing)
        if nose_s is None or nose_s < now_s + rod_out_s:
            return False
    return True
