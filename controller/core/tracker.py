"""Who is it that a sensor sees? Neither pictures nor gate edges carry an item's number on this wire.

A sighting is given to an item by order and by time: to the foremost item that it can be, and only within the window
in which that item can be there. What fits no window is nobody's: it moves nothing. But if it may have been an item,
one that nobody loaded is believed on the belt from then on, a stray, and nobody is pushed beside it. Where a picture
is missing, it may come yet and look like that of another item: whoever waits for one then is doubted. While nothing
is known of the line yet there is one item at a time, and it is taken for what is seen next, in the order in which
the sensors stand.
"""

from typing import Final

from controller.core.timing_model import BOUNCE_S, STEADY_S, TimingModel
from controller.core.track import Stage, Track, TrackEvent

MOST_CLUTTER: Final = 16
"""More than this and the line is in no state to be sorted on; it has to clear first."""

CLOSELY: Final = 0.5
"""A beam that is stuck around an item looks like a far longer item, whose centre would hardly come that near its time:
within this share of what is allowed otherwise."""


class Tracker:
    """The items believed to be on the belt, in the order in which they were first seen, and what sensors say of them.

    `near_s`: what is closer in time than this and an item's length, from centre to centre, may go through beams as one.
    `patience_s`: how long an item is waited for where no time is known. `unpictured_s` is when a picture was last
    found missing; until `early_until_s` an item may yet come for which something earlier was taken.
    """

    def __init__(self, timing: TimingModel, *, near_s: float, patience_s: float) -> None:
        self.timing = timing
        self.items: list[Track] = []
        self._near_s = near_s
        self._patience_s = patience_s
        self.unpictured_s = float("-inf")
        self.early_until_s = float("-inf")
        self._blocked_s: dict[int, float] = {}
        self._cleared_s: dict[int, float] = {}
        self._unassociated_s: dict[int, float] = {}

    @property
    def next_deadline_s(self) -> float | None:
        """When the next item is overdue."""
        timing, patience_s = self.timing, self._patience_s
        return min([item.deadline_s(timing, patience_s) for item in self.items], default=None)

    def forget(self) -> None:
        """Nothing that was seen counts any more."""
        self.items.clear()
        self.unpictured_s = self.early_until_s = float("-inf")
        self._blocked_s.clear()
        self._cleared_s.clear()
        self._unassociated_s.clear()

    def picture(self, image: int, now_s: float) -> Track | None:
        """The item whose picture has arrived, or None for a picture that cannot be anybody's for sure."""
        item = next((item for item in self.items if item.awaits_picture), None)
        if item is None:
            self._unassociated_picture(now_s)
            return None
        if not self._may_be_pictured(item, now_s):
            if len(self.items) > 1:
                self._unassociated_picture(now_s)
                return None
            # It is the only item there is, and early or late: the line learns from that once the first gate has seen it
            # too, unless another picture comes, and no more comes of it.
            item.mark_ambiguous("its picture was out of time")
            item.odd_picture_s = now_s - item.loaded_s
        else:
            self.timing.picture.learn(now_s - item.loaded_s)
        item.image, item.pictured_s = image, now_s
        item.sightings += 1
        item.take(TrackEvent.PICTURE)
        return item

    def blocked(self, gate: int, now_s: float) -> None:
        """A gate's beam became blocked."""
        self._blocked_s[gate] = now_s
        if any(item.blocked_at == gate for item in self.items):
            return
        if self._bounces(gate, now_s):
            self._unassociated_s[gate] = now_s  # If it lasts it was something close behind.
            return
        for item in self.items:
            if max(item.gate, item.blocked_at or 0) < gate and self._may_be_at(item, gate, now_s):
                if item.blocked_at is not None:
                    # It has left that beam unseen, or so shortly that it was not believed.
                    item.gate, item.centre_s, item.missed, item.timed = item.blocked_at, item.blocked_s, 0, False
                    item.mark_ambiguous("not seen to leave a beam")
                item.blocked_at, item.blocked_s = gate, now_s
                return
        self._unassociated_s[gate] = now_s

    def cleared(self, gate: int, now_s: float) -> Track | None:
        """A gate's beam became clear; returns the item, or the stray, that has passed it, if one has."""
        item = next((item for item in self.items if item.blocked_at == gate), None)
        if item is None:
            return self._unassociated_passage(gate, now_s)
        dwell_s = now_s - item.blocked_s
        if self.timing.dwell.flickers(dwell_s):
            if now_s - self._blocked_s[gate] >= BOUNCE_S:
                self.timing.dwell.learn(dwell_s)
            return None  # The beam flickers; the item is still in it.
        if item.awaits_picture:
            if not self._fits(item, gate, item.blocked_s):
                item.blocked_at = None  # Neither in its time nor pictured: that was not this item.
                return self._add_clutter(item.blocked_s + dwell_s / 2, gate)
            if item.stage is Stage.LOADED:
                self._unpictured(item, now_s)
        self._cleared_s[gate] = now_s
        self._pass(item, gate, item.blocked_s + dwell_s / 2, dwell_s)
        return item

    def overdue(self, now_s: float) -> list[Track]:
        """Items that should have been seen by now and were not, each marked as having missed that sensor."""
        late = [item for item in self.items if item.deadline_s(self.timing, self._patience_s) <= now_s]
        for item in late:
            if item.stage is Stage.LOADED and item.awaits_picture and self.timing.picture.count > 0:
                self._unpictured(item, now_s)
                continue
            if item.blocked_at is not None:
                item.blocked_at = None
                item.mark_ambiguous("stayed in a beam")
            if item.next_gate <= self.timing.gates and not item.unseen:
                item.missed += 1
        return late

    def gone(self, item: Track, now_s: float) -> bool:
        """Whether an item that was missed is to be given up."""
        if item.clutter and item.overdue:
            return True
        if item.unseen and any(other.seen for other in self.items):
            return True  # Others were seen, so the belt runs: the loader has pushed nothing.
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
        # An item that is alone on the belt is what the next gate sees, early or late; it learns from that, and no
        # more comes of it. Its picture must have come first, or come before the first gate is clear again.
        last = item.blocked_at or item.gate
        return len(self.items) == 1 and gate == last + 1 and (item.image is not None or gate == 1)

    def _fits(self, item: Track, gate: int, now_s: float) -> bool:
        """Whether the item's nose is due at the gate."""
        window_s = item.nose_window_s(gate, self.timing)
        return window_s is not None and window_s[0] <= now_s <= window_s[1]

    def _pass(self, item: Track, gate: int, centre_s: float, dwell_s: float) -> None:
        timing = self.timing
        if timing.legs[1].count == 0 and item.gate == 0 and item.pictured_s > centre_s + STEADY_S:
            # What is in the beam lay on the belt before, and the picture is that of the item.
            item.mark_ambiguous("past the first gate before its picture")
            item.timed = False
        whole = timing.dwell.plausible(dwell_s)
        fits = self._comes_as_due(item, gate, centre_s, closely=timing.dwell.long(dwell_s))
        same = item.dwell_s is None or timing.dwell.same(dwell_s, item.dwell_s)
        if gate == item.gate + 1 and whole and same and (item.timed or item.gate == 0) and not item.clutter:
            timing.legs[gate].learn(centre_s - item.centre_s, sure=item.timed)
        room = timing.room_for(dwell_s, gate)
        timing.dwell.learn(dwell_s)
        if item.odd_picture_s is not None:
            timing.picture.learn(item.odd_picture_s)
            item.odd_picture_s = None
        if not (whole and room):
            item.mark_ambiguous("too long in the beam for one item")
        elif not fits:
            item.mark_ambiguous("not where it was expected")
            self._await(item, gate)
        elif not same:
            item.mark_ambiguous("longer or shorter than before")  # Which of its edges was where it seemed to be?
        item.gate, item.missed, item.blocked_at, item.centre_s = gate, 0, None, centre_s
        item.sightings += 1
        item.dwell_s, item.timed = dwell_s, whole and same

    def _await(self, item: Track, gate: int) -> None:
        """What passed a gate out of an item's time may have been a ghost, and the item itself come when it is due."""
        travel = self.timing.ahead(item.gate, gate)
        if travel is not None:
            latest_s = item.centre_s + travel[0] + travel[1] + self.timing.dwell.longest_s / 2
            self.early_until_s = max(self.early_until_s, latest_s)

    def _comes_as_due(self, item: Track, gate: int, centre_s: float, *, closely: bool) -> bool:
        """Whether an item's centre is at a gate when it should be; nothing is expected of a way that nobody took."""
        travel = self.timing.ahead(item.gate, gate)
        if travel is None:
            return gate == item.gate + 1
        return abs(centre_s - item.centre_s - travel[0]) <= travel[1] * (CLOSELY if closely else 1.0)

    def _unassociated_passage(self, gate: int, now_s: float) -> Track | None:
        """What nobody here can have been has passed a gate; a flicker was nothing at all."""
        nose_s = self._unassociated_s.pop(gate, None)
        if nose_s is None:
            return None
        if self.timing.dwell.flickers(now_s - nose_s):
            if self._bounces(gate, nose_s):
                self._cleared_s[gate] = now_s  # It bounces still.
            return None
        return self._add_clutter((nose_s + now_s) / 2, gate)

    def _unpictured(self, item: Track, now_s: float) -> None:
        """An item's picture is missing. It may come yet, and whoever waits for one may be given that."""
        self.unpictured_s = now_s
        item.mark_ambiguous("no picture")
        for other in self.items:
            if other.awaits_picture:
                other.mark_ambiguous("the picture before its own is missing")

    def _unassociated_picture(self, now_s: float) -> None:
        """A picture too many: it may have been taken of something, and whoever waits for one may not get its own.

        Nor is it known whose the one was that came when an item's was due, if this one did too; and what is that close
        to an item may go through the beams with it, as if they were one.
        """
        apart, loaded_s = self.timing.tells_items_apart, now_s - self.timing.picture.mean_s
        for item in self.items:
            close = abs(item.centre_s - loaded_s) < self._near_s + self.timing.dwell.longest_s
            before = item.gate == 0 and (close or not apart)
            if item.awaits_picture or before or self._may_be_pictured(item, now_s):
                item.mark_ambiguous("a picture too many")
                item.odd_picture_s = None
        if apart:
            self._add_clutter(loaded_s, 0)

    def _add_clutter(self, centre_s: float, gate: int) -> Track | None:
        """Something unknown passed a gate, or the camera (gate 0): no rod goes out where it may be (`spacing`)."""
        if sum(item.clutter for item in self.items) >= MOST_CLUTTER:
            return None
        clutter = Track(centre_s, clutter=True)
        clutter.gate, clutter.image = gate, 0
        self.items.append(clutter)
        return clutter

    def _bounces(self, gate: int, now_s: float) -> bool:
        return now_s - self._cleared_s.get(gate, float("-inf")) < BOUNCE_S
