"""A rod: a head on a stroke, out and in again. What its head does to items is `head.py`'s, or the loader's."""

import math
from collections.abc import Callable
from typing import Final

from twin.plant.fault_injector import FaultInjector
from twin.scenario.faults import Fault, RodDead, RodSlow, RodSticksOut
from twin.timeline import Timeline, Timer
from twin.trace import Effect, Stroke

WHOLE: Final = 1e-9
"""A stroke that lacks less than this share is done: times of two parties differ by rounding."""


class Rod:
    """The drive of rod `number`, which stands at `position_m` along the belt.

    Full strokes take `stroke_s` each way, as many times as long as all faults together have it that act when a stroke
    begins; a turn in mid-stroke takes its share of that. `on_move` is called at each change of `stroke`.
    """

    def __init__(
        self, timeline: Timeline, number: int, position_m: float, stroke_s: float, faults: FaultInjector,
        on_move: Callable[["Rod"], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self.number = number
        self.name = f"rod {number}"
        self.position_m = position_m
        self.stroke_s = self._healthy_stroke_s = stroke_s
        self._on_move = on_move
        self.stroke = Stroke.IN
        self._since_s = timeline.now
        self._from_share = 0.0
        self._arrival = Timer(timeline)
        self._faults = faults
        self._pulled = True
        self._stuck: Fault | None = None
        faults.on_change(RodSticksOut, self._stuck_otherwise, rod=number)

    @property
    def share_out(self) -> float:
        """How far the rod is out now, from 0 (in) to 1 (out)."""
        moved = (self._timeline.now - self._since_s) / self.stroke_s if self.stroke_s > 0 else 1.0
        if self.stroke is Stroke.EXTENDING:
            return min(1.0, self._from_share + moved)
        if self.stroke is Stroke.RETRACTING:
            return max(0.0, self._from_share - moved)
        return self._from_share

    def push(self) -> None:
        """Extend. Pushing a rod that is out or on its way out does nothing."""
        self._arrive_if_there()
        self._pulled = False
        for dead in self._faults.active(RodDead, rod=self.number):
            self._disturb(dead, "push_failed")
            return
        if self.stroke in (Stroke.IN, Stroke.RETRACTING):
            self._move(Stroke.EXTENDING, Stroke.OUT, 1.0 - self.share_out)

    def pull(self) -> None:
        """Retract. Pulling a rod that is in or on its way in does nothing."""
        self._arrive_if_there()
        self._pulled = True
        for stuck in self._faults.active(RodSticksOut, rod=self.number):
            if self.stroke in (Stroke.OUT, Stroke.EXTENDING):
                self._stuck = stuck
                self._disturb(stuck, "rod_stuck")
            return
        self._come_in()

    def _stuck_otherwise(self) -> None:
        """A rod that was stuck obeys its last pull once no fault holds it."""
        if self._faults.active(RodSticksOut, rod=self.number):
            return
        if self._stuck is not None:
            self._disturb(self._stuck, "rod_stuck")
            self._stuck = None
        self._come_in()

    def _come_in(self) -> None:
        if self._pulled and self.stroke in (Stroke.OUT, Stroke.EXTENDING):
            self._move(Stroke.RETRACTING, Stroke.IN, self.share_out)

    def _arrive_if_there(self) -> None:
        """A command at the very instant at which a stroke ends finds it ended, whichever the kernel calls first."""
        if self.stroke is Stroke.EXTENDING and self.share_out >= 1.0 - WHOLE:
            self._arrival.cancel()
            self._enter(Stroke.OUT)
        elif self.stroke is Stroke.RETRACTING and self.share_out <= WHOLE:
            self._arrival.cancel()
            self._enter(Stroke.IN)

    def _move(self, moving: Stroke, then: Stroke, way: float) -> None:
        slow = self._faults.active(RodSlow, rod=self.number)
        for fault in slow:
            self._disturb(fault, "stroke_slow")
        self._enter(moving)
        self.stroke_s = self._healthy_stroke_s * math.prod(fault.factor for fault in slow)
        self._arrival.start(self._timeline.now + way * self.stroke_s, lambda: self._enter(then))

    def _enter(self, stroke: Stroke) -> None:
        self._from_share = self.share_out
        if stroke in (Stroke.IN, Stroke.OUT):
            self._from_share = 1.0 if stroke is Stroke.OUT else 0.0
        self.stroke = stroke
        self._since_s = self._timeline.now
        self._on_move(self)

    def _disturb(self, fault: Fault, what: Effect) -> None:
        self._faults.disturb(fault, what, self.name, at_m=self.position_m)
