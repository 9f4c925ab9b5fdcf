"""The headway between two loads that rules out later conflicts, and whether a rod may go out now.

The wire does not say where the rods stand. So while rod `k` is out, only its target may be on the leg from its gate to
the next gate. The item ahead must have left that leg when the target's tail leaves the gate. The item behind must not
reach the gate before the rod is in again. All items move with the belt, so both conditions are differences of loading
times. An item that surely leaves the belt at an earlier gate uses none of the later legs.

Pictures carry no item number, so the picture windows of two items must not overlap. A picture that is late by just the
headway would look like the next item's; `controller.core.tracker` deals with that.
"""

from typing import Final

from controller.core.timing_model import SHORTER, TimingModel
from controller.core.track import Stage, Track

MARGIN_S: Final = 0.1
NEVER_S: Final = float("inf")


def headway_s(item: Track, timing: TimingModel, rod_out_s: float) -> float:
    """Shortest time from the load of `item` to the next load; infinite while it is not known.

    `rod_out_s`: from the push of a rod until it is surely in again.
    """
    gates, dwell = timing.gates, timing.dwell
    leaves_at = item.leaves_at(gates)
    needed_s = dwell.most_s
    if leaves_at <= gates or item.stage is Stage.LOADED or item.stage is Stage.PICTURED:
        needed_s += rod_out_s
    needed_s = max(needed_s, 2 * timing.picture.tolerance_s)
    if item.awaits_picture:  # Was the push at nothing? The next item's picture would be taken for that of this one.
        needed_s = max(needed_s, timing.picture.mean_s + timing.picture.tolerance_s)
    # The tails count, and either item may be shorter or longer than any before.
    difference_s = (dwell.most_s - SHORTER * dwell.shortest_s) / 2
    for gate in range(1, min(leaves_at, gates + 1)):
        leg_behind_s = timing.leg_behind_s(gate)
        if leg_behind_s is None:
            return NEVER_S
        needed_s = max(needed_s, leg_behind_s + difference_s)
    return needed_s + MARGIN_S


def soonest_nose_s(timing: TimingModel) -> float:
    """Shortest time from an item's load until its nose may reach the first gate."""
    leg = timing.legs[1]
    return max(0.0, leg.mean_s - leg.tolerance_s - timing.dwell.most_s / 2 - MARGIN_S)


def leg_is_free(target: Track, items: list[Track], timing: TimingModel, now_s: float, rod_out_s: float) -> bool:
    """Whether the leg behind the gate that `target` has just left stays free of other items while the rod is out."""
    gate = target.gate
    for other in items:
        if other is target or other.gate > gate:
            continue
        if other.gate == gate or other.overdue or other.blocked_at == gate:
            return False  # It is on the leg, or about to be, or its place is unknown.
        nose_s = other.nose_due_s(gate, timing)
        if nose_s is None or nose_s < now_s + rod_out_s:
            return False
    return True
