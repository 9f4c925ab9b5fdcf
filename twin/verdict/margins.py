"""How close a run came to breaking a rule, by the records of its trace: what was left of the belt or of the time."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from twin import trace
from twin.trace import Stroke
from twin.verdict.checks.rods import LONGEST_OUT_S
from twin.verdict.facts import DEFAULT


class Margins(msgspec.Struct, kw_only=True):
    """How close the run came to a violation; None if nothing was measured.

    `clip_m`: how far a pushed item would still have ridden, at the least, before its push was too late, or how much
    further back it could have been before the push was too early. `gap_m`: smallest free belt between a pushed item and
    its nearest neighbour. `late_m`: largest distance of a pushed item's centre downstream of the head's centre.
    `out_s`: how much longer a rod could have stood out, at the least.
    """

    clip_m: float | None = None
    gap_m: float | None = None
    late_m: float | None = None
    out_s: float | None = None

    def lefts(self) -> dict[str, float]:
        """What was left of each margin that a rule guards, in m or in s, by its name.

        A margin that was overdrawn is left out: that is a violation, or something excuses it.
        """
        lefts = {"clip_m": self.clip_m, "gap_m": self.gap_m, "out_s": self.out_s}
        return {name: left for name, left in lefts.items() if left is not None and left >= 0}


class StrokeMargin(NamedTuple):
    """What one stroke of a rod left of a margin, and the item that it pushed, if it is known.

    `name` is a field of `Margins`, whose unit `left` has.
    """

    name: str
    left: float
    rod: int
    item: int | None


class MarginReader:
    """Reads a run's records in order, and gives what each stroke of a rod left."""

    def __init__(self) -> None:
        self._scenario = DEFAULT
        self._taken: dict[int, list[trace.Taken]] = {}
        self._out_s: dict[int, float] = {}

    def see(self, record: trace.AnyRecord) -> Iterator[StrokeMargin]:
        """The margins that are known by the next record."""
        match record:
            case trace.Began(scenario=scenario):
                self._scenario = scenario
            case trace.Taken(item=item, rod=rod, gap_m=gap_m) if item > 0:
                self._taken.setdefault(rod, []).append(record)
                if gap_m is not None:
                    yield StrokeMargin("gap_m", gap_m, rod, item)
            case trace.RodMoves(t_s=t_s, rod=rod, stroke=Stroke.OUT):
                self._out_s[rod] = t_s
                for taken in self._taken.pop(rod, ()):
                    yield StrokeMargin("clip_m", self._clip_m(taken, t_s), rod, taken.item)
            case trace.RodMoves(t_s=t_s, rod=rod, stroke=Stroke.RETRACTING):
                self._taken.pop(rod, None)  # It turned back before it was out.
                if rod in self._out_s:
                    yield StrokeMargin("out_s", LONGEST_OUT_S - (t_s - self._out_s.pop(rod)), rod, None)

    def _clip_m(self, taken: trace.Taken, out_s: float) -> float:
        """The rod takes an item whose centre is under its head at some time between its start and its end."""
        layout = self._scenario.layout
        half_m = layout.rod_head_m / 2
        too_late_m = half_m - taken.offset_m
        too_early_m = half_m + taken.offset_m + (out_s - taken.t_s) * layout.belt_speed_m_per_s
        return min(too_late_m, too_early_m)
