"""How far each rod is out at any time of a run, from the trace's records."""

import math
from typing import NamedTuple

from twin import trace
from twin.scenario.faults import RodSlow
from twin.scenario.layout import LOADER
from twin.scenario.scenario import Scenario
from twin.trace import Stroke


class Reach(NamedTuple):
    """A rod is out by `share` (0: in, 1: out) at `at_s`. Between two of these it moves evenly."""

    at_s: float
    share: float


class RodMotion:
    """The strokes of one rod. `reaches` has its turning points in order."""

    def __init__(self, scenario: Scenario, rod: int) -> None:
        layout = scenario.layout
        self._stroke_s = layout.loader_stroke_s if rod == LOADER else layout.rod_stroke_s
        self._slow = [fault for fault in scenario.faults if isinstance(fault, RodSlow) and fault.rod == rod]
        self._full_stroke_s = self._stroke_s
        self._direction = 0
        self.reaches = [Reach(0.0, 0.0)]

    def slow(self, fault: RodSlow) -> None:
        """Take a fault that a person makes act, or has ended."""
        self._slow = [*(other for other in self._slow if other.from_s != fault.from_s), fault]

    def move(self, record: trace.RodMoves) -> None:
        """The rod begins or ends a stroke."""
        stroke = Stroke(record.stroke)
        if stroke in (Stroke.IN, Stroke.OUT):
            self._turn(Reach(record.t_s, float(stroke is Stroke.OUT)), 0)
            return
        self._turn(Reach(record.t_s, self.share_out(record.t_s)), 1 if stroke is Stroke.EXTENDING else -1)
        factors = [fault.factor for fault in self._slow if fault.from_s <= record.t_s < fault.until_s]
        self._full_stroke_s = self._stroke_s * math.prod(factors)

    def ahead(self) -> list[Reach]:
        """The end of the stroke that is on, if no command comes before; empty if the rod is at rest."""
        if not self._direction:
            return []
        last, target = self.reaches[-1], float(self._direction > 0)
        return [Reach(last.at_s + abs(target - last.share) * self._full_stroke_s, target)]

    def share_out(self, at_s: float) -> float:
        """How far the rod is out at a time not before its last record."""
        last = self.reaches[-1]
        return min(1.0, max(0.0, last.share + self._direction * (at_s - last.at_s) / self._full_stroke_s))

    def _turn(self, reach: Reach, direction: int) -> None:
        self.reaches.append(reach)
        self._direction = direction
