"""Who is it that a sensor sees? Neither pictures nor gate edges carry an item's number on this wire.

A sighting is given to an item by order and by time: to the foremost item that it can be, and only within the window
in which that item can be there. What fits no window is nobody's: it moves nothing, but whoever is close to it is
doubted, since something unknown may lie beside it. While nothing is known of the line yet there is one item at a
time, and it is taken for what is seen next, in the order in which the sensors stand.
"""

from controller.belief import Tracked
from controller.learning import BOUNCE_S, Times


class Sight:
    """The items believed to be on the belt, the one furthest along first, and what sensors say of them.

    `near_s`: an unknown object this close in time before an item is too close for a rod. `patience_s`: how long an
    item is waited for where no time is known.
    """

    def __init__(self, times: Times, *, near_s: float, patience_s: float) -> None:
        self.times = times
        self.items: list[Tracked] = []
        self._near_s = near_s
        self._patience_s = patience_s
        self._cleared_s: dict[int, float] = {}

    def picture(self, image: int, now_s: float) -> Tracked | None:
        """The item whose picture has arrived, or None for a picture that cannot be anybody's for sure."""
        waiting = [item for item in self.items if item.image is None and item.gate == 0 and item.blocked_at is None]
        fitting = [item for item in waiting if self._may_be_pictured(item, now_s)]
        if not fitting and len(self.items) == 1 and waiting:
            # It is the only item there is, and early or late: the line learns from that, and no more comes of it.
            fitting = waiting
            waiting[0].doubt = waiting[0].doubt or "its picture was out of time"
        if len(fitting) != 1 or any(item.doubt for item in waiting if len(self.items) > 1):
            self._doubt_pictured(now_s)
            return None
        (item,) = fitting
        item.image, item.seen = image, True
        self.times.picture.learn(now_s - item.loaded_s)
        return item

    def blocked(self, gate: int, now_s: float) -> None:
        """A gate's beam became blocked."""
        if any(item.blocked_at == gate for item in self.items) or self._bounces(gate, now_s):
            return
        for item in self.items:
            if max(item.gate, item.blocked_at or 0) < gate and self._may_be_at(item, gate, now_s):
                if item.blocked_at is not None:
                    # It has left that beam unseen, or so shortly that it was not believed.
                    item.gate, item.centre_s = item.blocked_at, item.blocked_s
                    item.doubt = item.doubt or "not seen to leave a beam"
                item.blocked_at, item.blocked_s = gate, now_s
                return
        self._doubt_close_to(gate, now_s)

    def cleared(self, gate: int, now_s: float) -> Tracked | None:
        """A gate's beam became clear; returns the item that has passed it, if one has."""
        item = next((item for item in self.items if item.blocked_at == gate), None)
        if item is None:
            return self._cleared_unblocked(gate, now_s)
        dwell_s = now_s - item.blocked_s
        if self.times.dwell.flickers(dwell_s):
            if dwell_s >= BOUNCE_S:
                self.times.dwell.learn(dwell_s)
            return None  # The beam flickers; the item is still in it.
        self._cleared_s[gate] = now_s
        self._pass(item, gate, item.blocked_s + dwell_s / 2, dwell_s)
        return item

    def overdue(self, now_s: float) -> list[Tracked]:
        """Items that should have been seen by now and were not, each marked as having missed that sensor."""
        late = [item for item in self.items if item.deadline_s(self.times, self._patience_s) <= now_s]
        for item in late:
            if item.blocked_at is not None:
                item.blocked_at = None
                item.doubt = "stayed in a beam"
            if self._lacks_picture(item):
                item.doubt = "no picture"
            elif item.next_gate <= self.times.gates and not item.unseen:
                item.missed += 1
        return late

    @property
    def next_deadline_s(self) -> float | None:
        """When the next item is overdue."""
        return min((item.deadline_s(self.times, self._patience_s) for item in self.items), default=None)

    def gone(self, item: Tracked, now_s: float) -> bool:
        """Whether an item that was missed is to be given up."""
        if item.next_gate <= self.times.gates and not item.unseen:
            return False
        return len(self.items) > 1 or now_s >= item.deadline_s(self.times, self._patience_s)

    def _lacks_picture(self, item: Tracked) -> bool:
        return item.gate == 0 and item.image is None and item.doubt is None and self.times.picture.count > 0

    def _may_be_pictured(self, item: Tracked, now_s: float) -> bool:
        window_s = item.picture_window_s(self.times)
        if window_s is None:
            return len(self.items) == 1
        return window_s[0] <= now_s <= window_s[1]

    def _may_be_at(self, item: Tracked, gate: int, now_s: float) -> bool:
        window_s = item.nose_window_s(gate, self.times)
        if window_s is not None and window_s[0] <= now_s <= window_s[1]:
            return True
        # An item that is alone on the belt is what the next gate sees, early or late; it learns from that, and no
        # more comes of it. While nothing is known, its picture must have come first: the camera stands before.
        last = item.blocked_at or item.gate
        return len(self.items) == 1 and gate == last + 1 and item.image is not None

    def _pass(self, item: Tracked, gate: int, centre_s: float, dwell_s: float) -> None:
        times = self.times
        whole = times.dwell.plausible(dwell_s)
        if gate == item.gate + 1:
            took_s = centre_s - item.centre_s
            fits = times.legs[gate].fits(took_s)
            if whole:
                times.legs[gate].learn(took_s)
        else:
            way = times.ahead(item.gate, gate)
            fits = way is not None and abs(centre_s - item.centre_s - way[0]) <= way[1]
        times.dwell.learn(dwell_s)
        if not whole:
            item.doubt = item.doubt or "too long in the beam for one item"
        elif not fits:
            item.doubt = item.doubt or "not where it was expected"
        item.gate, item.missed, item.blocked_at, item.centre_s, item.seen = gate, 0, None, centre_s, True

    def _cleared_unblocked(self, gate: int, now_s: float) -> Tracked | None:
        """Its nose was not seen, its tail was: where it is is known, how long it is not, so it is not pushed."""
        if self._bounces(gate, now_s) or not self.times.dwell.count:
            return None
        dwell_s = (self.times.dwell.shortest_s + self.times.dwell.longest_s) / 2
        for item in self.items:
            if item.gate < gate and item.blocked_at is None:
                window_s = item.nose_window_s(gate, self.times)
                if window_s is not None and window_s[0] <= now_s - dwell_s <= window_s[1]:
                    item.doubt = item.doubt or "its nose was not seen"
                    item.gate, item.missed, item.centre_s, item.seen = gate, 0, now_s - dwell_s / 2, True
                    return item
        return None

    def _bounces(self, gate: int, now_s: float) -> bool:
        return now_s - self._cleared_s.get(gate, float("-inf")) < BOUNCE_S

    def _doubt_pictured(self, now_s: float) -> None:
        """A picture too many: whoever is nearest the camera may have company."""
        mean_s = self.times.picture.mean_s
        before_gate = [item for item in self.items if item.gate == 0]
        if before_gate:
            nearest = min(before_gate, key=lambda item: abs(now_s - item.loaded_s - mean_s))
            nearest.doubt = nearest.doubt or "a picture too many"

    def _doubt_close_to(self, gate: int, now_s: float) -> None:
        """Something unknown passes a gate: whoever is to follow it there soon has company."""
        for item in self.items:
            window_s = item.nose_window_s(gate, self.times) if item.gate < gate else None
            if window_s is not None and window_s[0] - self._near_s <= now_s <= window_s[1] + self._near_s:
                item.doubt = item.doubt or "something unknown is close"
