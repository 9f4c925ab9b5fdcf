"""Data association: which item does a detection belong to? Pictures and gate edges carry no item number on this wire.

A detection is associated by order and by time: with the foremost item in whose window it falls. A detection in no
window changes no track. If it may have been an item, a clutter track is added, and no rod goes out near it. A missing
picture may still come and look like another item's, so all items that await a picture then become ambiguous. While the
line's times are unknown there is one item at a time. Each detection is then associated with that item, in the order of
the sensors along the belt.
"""

from typing import Final

from controller.core.timing_model import BOUNCE_S, STEADY_S, TimingModel
from controller.core.track import Stage, Track, TrackEvent

MOST_CLUTTER: Final = 16
"""The tracker adds no more clutter than this."""

NO_PICTURE: Final = 0
"""Stands for the picture of clutter, which awaits none."""

CLOSELY: Final = 0.5
"""For a dwell far longer than any before, the tolerance shrinks to this share. A beam that is stuck around an item
looks like a long item, but its centre is rarely that close to the expected time."""


class Tracker:
    """The tracks of the items on the belt, in the order of loading or first detection.

    `near_s`: two items whose centres are closer than this plus an item's dwell may pass a beam as one. `patience_s`:
    wait for an item where no time is known. `unpictured_s` is when a picture was last found missing. Until
    `early_until_s` an item may still come for which an earlier detection was taken.
    """

    def __init__(self, timing: TimingModel, *, near_s: float, patience_s: float) -> None:
        self.timing = timing
        self.items: list[Track] = []
        self._near_s = near_s
        self._patience_s = patience_s
        self.unpictured_s = float("-inf")
        self.early_until_s = float("-inf")
        self._dark: set[int] = set()
        self._blocked_s: dict[int, float] = {}
        self._cleared_s: dict[int, float] = {}
        self._unassociated_s: dict[int, float] = {}

    @property
    def next_deadline_s(self) -> float | None:
        """When the next item is overdue."""
        timing, patience_s = self.timing, self._patience_s
        return min([item.deadline_s(timing, patience_s) for item in self.items], default=None)

    def forget(self) -> None:
        """Drop all tracks and detections."""
        self.items.clear()
        self.unpictured_s = self.early_until_s = float("-inf")
        self._dark.clear()
        self._blocked_s.clear()
        self._cleared_s.clear()
        self._unassociated_s.clear()

    def picture(self, image: int, now_s: float) -> Track | None:
        """Associate a picture; returns its item, or None if the picture belongs to no item for sure."""
        item = next((item for item in self.items if item.awaits_picture), None)
        if item is None:
            self._unassociated_picture(now_s)
            return None
        if not self._may_be_pictured(item, now_s):
            if len(self.items) > 1:
                self._unassociated_picture(now_s)
                return None
            # The only item on the belt is early or late. It is rejected, but the timing model learns from it once the
            # first gate has detected it too, unless another picture comes.
            item.mark_ambiguous("picture outside its window")
            item.odd_picture_s = now_s - item.loaded_s
        else:
            self.timing.picture.learn(now_s - item.loaded_s)
        item.image, item.pictured_s = image, now_s
        item.sightings += 1
        item.take(TrackEvent.PICTURE)
        return item

    def blocked(self, gate: int, now_s: float) -> None:
        """A gate's beam became blocked. The same again before it is clear is no new edge."""
        if gate not in self._dark:
            self._dark.add(gate)
            self._blocked_s[gate] = now_s
        there = next((item for item in self.items if item.blocked_at == gate), None)
        if there is not None:
            there.bounced_s = None
            return
        if self._bounces(gate, now_s):
            self._unassociated_s[gate] = now_s  # If it lasts, it is something close behind.
            return
        for item in self.items:
            if max(item.gate, item.blocked_at or 0) < gate and self._may_be_at(item, gate, now_s):
                if item.blocked_at is not None:
                    # Its clear edge at that beam was lost, or counted as a flicker.
                    item.gate, item.centre_s, item.missed, item.timed = item.blocked_at, item.blocked_s, 0, False
                    item.mark_ambiguous("no edge when it left a beam")
                item.blocked_at, item.blocked_s, item.bounced_s = gate, now_s, None
                return
        self._unassociated_s[gate] = now_s

    def cleared(self, gate: int, now_s: float) -> Track | None:
        """A gate's beam became clear; returns the item or clutter that has passed it, or None."""
        self._dark.discard(gate)
        item = next((item for item in self.items if item.blocked_at == gate), None)
        if item is None:
            return self._unassociated_passage(gate, now_s)
        dwell_s, bounces = now_s - item.blocked_s, now_s - self._blocked_s[gate] < BOUNCE_S
        if bounces or self.timing.dwell.flickers(dwell_s):
            if bounces:
                item.bounced_s = now_s
            else:
                self.timing.dwell.learn(dwell_s)
            return None  # The beam flickers; the item is still in it.
        if item.awaits_picture:
            if not self._fits(item, gate, item.blocked_s):
                item.blocked_at = None  # Outside its window and without a picture: this was not the item.
                return self._add_clutter(item.blocked_s + dwell_s / 2, gate)
            if item.stage is Stage.LOADED:
                self._unpictured(item, now_s)
        self._cleared_s[gate] = now_s
        self._pass(item, gate, item.blocked_s + dwell_s / 2, dwell_s)
        return item

    def overdue(self, now_s: float) -> list[Track]:
        """The items that are overdue at `now_s`, each marked as missed by that sensor."""
        late = [item for item in self.items if item.deadline_s(self.timing, self._patience_s) <= now_s]
        for item in late:
            if item.stage is Stage.LOADED and item.awaits_picture and self.timing.picture.count > 0:
                self._unpictured(item, now_s)
                continue
            if item.bounced_s is not None:
                item.blocked_at = item.bounced_s = None  # A false pulse, or its other edges are lost.
                continue
            if item.blocked_at is not None:
                item.blocked_at = None
                item.mark_ambiguous("blocked a beam for too long")
            if item.next_gate <= self.timing.gates and not item.unseen:
                item.missed += 1
        return late

    def gone(self, item: Track, now_s: float) -> bool:
        """Whether an overdue item is to be given up."""
        if item.clutter and item.overdue:
            return True
        if item.unseen and any(other.seen for other in self.items):
            return True  # Other items were detected, so the belt runs: the loader has pushed nothing.
        if item.next_gate <= self.timing.gates and not item.unseen:
            return False
        return now_s >= item.deadline_s(self.timing, self._patience_s)

    def _may_be_pictured(self, item: Track, now_s: float) -> bool:
        window_s = item.picture_window_s(self.timing)
        if window_s is None:
            return len(self.items) == 1
        return window_s[0] <= now_s <= window_s[1]

    def _may_be_at(self, item: Track, gate: int, now_s: float) -> bool:
        if self._fits(item, gate, now_s):
            return True
        # The next gate detects the only item on the belt, early or late. The item is rejected, and the timing model
        # learns from it. Its picture must have come, or must come before the first gate is clear again.
        last = item.blocked_at or item.gate
        return len(self.items) == 1 and gate == last + 1 and (item.image is not None or gate == 1)

    def _fits(self, item: Track, gate: int, now_s: float) -> bool:
        """Whether the item's nose is due at the gate."""
        window_s = item.nose_window_s(gate, self.timing)
        return window_s is not None and window_s[0] <= now_s <= window_s[1]

    def _pass(self, item: Track, gate: int, centre_s: float, dwell_s: float) -> None:
        timing = self.timing
        if timing.legs[1].count == 0 and item.gate == 0 and item.pictured_s > centre_s + STEADY_S:
            # Clutter is in the beam, and the picture is the item's.
            item.mark_ambiguous("at the first gate before its picture")
            item.timed = False
        whole, long = timing.dwell.plausible(dwell_s), timing.dwell.long(dwell_s)
        fits = self._comes_as_due(item, gate, centre_s, closely=long)
        same = item.dwell_s is None or timing.dwell.same(dwell_s, item.dwell_s)
        # Something may lie close to an item that is far longer than any before: its centre teaches no time.
        sure = whole and not long and same and not item.clutter
        if sure and gate == item.gate + 1 and (item.timed or item.gate == 0):
            timing.legs[gate].learn(centre_s - item.centre_s, sure=item.timed)
        room = timing.room_for(dwell_s, gate)
        timing.dwell.learn(dwell_s)
        if item.odd_picture_s is not None:
            timing.picture.learn(item.odd_picture_s)
            item.odd_picture_s = None
        if not (whole and room):
            item.mark_ambiguous("too long in the beam for one item")
        elif not fits:
            item.mark_ambiguous("outside its window at a gate")
            self._await(item, gate)
        elif not same:
            item.mark_ambiguous("another dwell than at the gate before")  # One of its edges came at a wrong time.
        item.gate, item.missed, item.blocked_at, item.bounced_s, item.centre_s = gate, 0, None, None, centre_s
        item.sightings += 1
        item.dwell_s, item.timed = dwell_s, whole and same

    def _await(self, item: Track, gate: int) -> None:
        """A detection outside an item's window may be a ghost pulse; the item may still come when it is due."""
        travel = self.timing.ahead(item.gate, gate)
        if travel is not None:
            latest_s = item.centre_s + travel[0] + travel[1] + self.timing.dwell.longest_s / 2
            self.early_until_s = max(self.early_until_s, latest_s)

    def _comes_as_due(self, item: Track, gate: int, centre_s: float, *, closely: bool) -> bool:
        """Whether an item's centre reached a gate on time. If a leg is unknown: whether it is the next gate."""
        travel = self.timing.ahead(item.gate, gate)
        if travel is None:
            return gate == item.gate + 1
        return abs(centre_s - item.centre_s - travel[0]) <= travel[1] * (CLOSELY if closely else 1.0)

    def _unassociated_passage(self, gate: int, now_s: float) -> Track | None:
        """Something that is no tracked item has passed a gate: add clutter, unless the beam only flickered."""
        nose_s = self._unassociated_s.pop(gate, None)
        if nose_s is None:
            return None
        if self.timing.dwell.flickers(now_s - nose_s):
            if self._bounces(gate, nose_s):
                self._cleared_s[gate] = now_s  # It still bounces.
            return None
        return self._add_clutter((nose_s + now_s) / 2, gate)

    def _unpictured(self, item: Track, now_s: float) -> None:
        """An item's picture is missing. It may still come, and be taken for that of another item that awaits one."""
        self.unpictured_s = now_s
        item.mark_ambiguous("no picture")
        for other in self.items:
            if other.awaits_picture:
                other.mark_ambiguous("the picture before its own is missing")

    def _unassociated_picture(self, now_s: float) -> None:
        """A picture that fits no item: items that it may belong to become ambiguous, and clutter is added.

        That is each item that awaits a picture, or in whose window it falls, and each item so close that it and the
        clutter may pass a beam as one.
        """
        separates, loaded_s = self.timing.separates_items, now_s - self.timing.picture.mean_s
        for item in self.items:
            close = abs(item.centre_s - loaded_s) < self._near_s + self.timing.dwell.longest_s
            doubtful = item.gate == 0 and (close or not separates)
            if item.awaits_picture or doubtful or self._may_be_pictured(item, now_s):
                item.mark_ambiguous("an extra picture")
                item.odd_picture_s = None
        if separates:
            self._add_clutter(loaded_s, 0)

    def _add_clutter(self, centre_s: float, gate: int) -> Track | None:
        """Add clutter that passed a gate, or the camera (gate 0). No rod goes out near it (`spacing`)."""
        if sum(item.clutter for item in self.items) >= MOST_CLUTTER:
            return None
        clutter = Track(centre_s, clutter=True)
        clutter.gate, clutter.image = gate, NO_PICTURE
        self.items.append(clutter)
        return clutter

    def _bounces(self, gate: int, now_s: float) -> bool:
        return now_s - self._cleared_s.get(gate, float("-inf")) < BOUNCE_S
