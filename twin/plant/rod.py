"""A rod's drive: its strokes out and in. `rod_head` has what the head does to items, `loader` what rod 1 does."""

import math
from collections.abc import Callable
from typing import Final

from twin.plant.fault_injector import FaultInjector
from twin.scenario.faults import Fault, RodDead, RodSlow, RodSticksOut
from twin.timeline import Timeline, Timer
from twin.trace import Effect, Stroke

WHOLE: Final = 1e-9
"""A stroke that lacks less than this share is complete: twin and controller round times differently."""


class Rod:
    """The drive of rod `number`, at `position_m` from the loader.

    A full stroke takes `stroke_s` each way, multiplied by the factors of all `RodSlow` faults that act when the stroke
    begins. A rod that turns back midway needs the matching share of that. `on_move` is called at each change of
    `stroke`.
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
        faults.on_change(RodSticksOut, self._stuck_changes, rod=number)

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
        """Extend. No effect on a rod that is out or extending."""
        self._complete_stroke()
        self._pulled = False
        if (dead := self._faults.first(RodDead, rod=self.number)) is not None:
            self._disturb(dead, "push_failed")
            return
        if self.stroke in (Stroke.IN, Stroke.RETRACTING):
            self._move(Stroke.EXTENDING, Stroke.OUT, 1.0 - self.share_out)

    def pull(self) -> None:
        """Retract. No effect on a rod that is in or retracting."""
        self._complete_stroke()
        self._pulled = True
        if (stuck := self._faults.first(RodSticksOut, rod=self.number)) is not None:
            if self.stroke in (Stroke.OUT, Stroke.EXTENDING):
                self._stuck = stuck
                self._disturb(stuck, "rod_stuck")
            return
        self._retract()

    def _stuck_changes(self) -> None:
        """Once no fault holds the rod out any more, it obeys its last pull."""
        if self._faults.active(RodSticksOut, rod=self.number):
            return
        if self._stuck is not None:
            self._disturb(self._stuck, "rod_stuck")
            self._stuck = None
        self._retract()

    def _retract(self) -> None:
        if self._pulled and self.stroke in (Stroke.OUT, Stroke.EXTENDING):
            self._move(Stroke.RETRACTING, Stroke.IN, self.share_out)

    def _complete_stroke(self) -> None:
        """End a stroke that ends at exactly this time before a command acts, whichever the kernel calls first."""
        if self.stroke is Stroke.EXTENDING and self.share_out >= 1.0 - WHOLE:
            self._arrival.cancel()
            self._enter(Stroke.OUT)
        elif self.stroke is Stroke.RETRACTING and self.share_out <= WHOLE:
            self._arrival.cancel()
            self._enter(Stroke.IN)

    def _move(self, moving: Stroke, then: Stroke, share: float) -> None:
        slow = self._faults.active(RodSlow, rod=self.number)
        for fault in slow:
            self._disturb(fault, "stroke_slow")
        self._enter(moving)
        self.stroke_s = self._healthy_stroke_s * math.prod(fault.factor for fault in slow)
        self._arrival.start(self._timeline.now + share * self.stroke_s, lambda: self._enter(then))

    def _enter(self, stroke: Stroke) -> None:
        self._from_share = self.share_out
        if stroke in (Stroke.IN, Stroke.OUT):
            self._from_share = 1.0 if stroke is Stroke.OUT else 0.0
        self.stroke = stroke
        self._since_s = self._timeline.now
        self._on_move(self)

    def _disturb(self, fault: Fault, what: Effect) -> None:
        self._faults.disturb(fault, what, self.name, at_m=self.position_m)
