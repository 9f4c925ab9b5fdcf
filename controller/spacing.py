"""How far apart items must be loaded, so that no later conflict can come up.

Where the rods stand is not on the wire. So while rod `k` is out, the whole stretch from its gate to the next one
belongs to its target alone: whoever rides ahead must have left that stretch when the target's tail leaves the gate,
and whoever follows may not have reached the gate before the rod is in again. All items move alike, so both are
differences of loading times. An item that surely leaves the belt at an earlier gate rides through none of the
stretches behind it.
"""

from controller.belief import Tracked
from controller.learning import Times

MARGIN_S = 0.1


def headway_s(item: Tracked, times: Times, rod_out_s: float) -> float:
    """How long after `item` the next one may be loaded at the earliest.

    `rod_out_s`: from the push of a rod until it is surely in again.
    """
    gates = times.gates
    leaves_at = item.target_gate(gates)
    needed_s = 2 * times.picture.tolerance_s + MARGIN_S
    if leaves_at <= gates or not item.answered:
        needed_s = max(needed_s, times.dwell.longest_s + rod_out_s + MARGIN_S)
    difference_s = (times.dwell.longest_s - times.dwell.shortest_s) / 2
    for gate in range(1, min(leaves_at, gates + 1)):
        # Behind the last gate no time is known: as long as the longest way between two gates.
        stretch_s = times.legs[gate + 1].mean_s if gate < gates else times.longest_leg_s
        needed_s = max(needed_s, stretch_s + difference_s + MARGIN_S)
    return needed_s


def stretch_is_free(target: Tracked, items: list[Tracked], times: Times, now_s: float, rod_out_s: float) -> bool:
    """Whether a rod may go out for `target`, whose tail has just left its gate: nobody else is, or comes, near."""
    gate = target.gate
    for other in items:
        if other is target:
            continue
        if other.number < target.number:
            if other.overdue or other.gate <= gate:
                return False  # It is in the stretch, or nobody knows where it is.
        else:
            nose_s = other.nose_due_s(gate, times)
            if other.gate >= gate or nose_s is None or nose_s < now_s + rod_out_s:
                return False
    return True
