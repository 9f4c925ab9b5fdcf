"""A rod's head: what it does to the items on the belt while it extends, is out, and retracts.

While the head extends, it takes each item whose centre is under it or gets under it. A taken item falls into the bin
once the rod is out. An item that the head meets without the item's centre under it is struck. An item that runs into
a head that is out or retracting is held until the rod is in. If the rod turns back before it is out, the items that it
took stay on the belt, struck.
Not modelled: the way across the belt. A taken item moves no further along the belt.
"""

from collections.abc import Callable
from typing import NamedTuple

from twin.plant.belt import Belt, Wait
from twin.plant.belt_item import BeltItem
from twin.plant.item_queue import TOUCH_M, ItemQueue
from twin.plant.rod import Rod
from twin.trace import Stroke


class RodHeadEvents(NamedTuple):
    """The callbacks of a head. Those with a float get how far the item's centre is ahead of the head's, in m."""

    on_taken: Callable[[BeltItem, Rod, float], None]
    on_struck: Callable[[BeltItem, Rod, float], None]
    on_knocked: Callable[[BeltItem, Rod], None]


class RodHead:
    """The head of one rod. It reaches from `from_m` to `to_m` along the belt, in m from the loader."""

    def __init__(
        self, rod_number: int, position_m: float, width_m: float, belt: Belt, queue: ItemQueue, events: RodHeadEvents
    ) -> None:
        self.number = rod_number
        self.position_m = position_m
        self.from_m = position_m - width_m / 2
        self.to_m = position_m + width_m / 2
        self._belt = belt
        self._queue = queue
        self._events = events
        self._stroke = Stroke.IN
        self._taken: list[BeltItem] = []
        self._entering: dict[BeltItem, Wait | None] = {}

    def move(self, rod: Rod) -> None:
        """The rod's stroke has changed."""
        before, self._stroke = self._stroke, rod.stroke
        if rod.stroke is Stroke.EXTENDING:
            self._extend(rod)
        elif rod.stroke is Stroke.OUT:
            self._knock(rod)
        elif rod.stroke is Stroke.RETRACTING and before is Stroke.EXTENDING:
            self._give_up_push(rod)
        elif rod.stroke is Stroke.IN:
            for belt_item in [belt_item for belt_item in self._queue if belt_item.held_by is self]:
                self._queue.release(belt_item)

    def meet(self, belt_item: BeltItem, rod: Rod) -> None:
        """An item's nose has reached the head's edge."""
        if self._stroke is Stroke.EXTENDING:
            self._watch(belt_item, rod)
        elif self._stroke in (Stroke.OUT, Stroke.RETRACTING):
            self._queue.hold(belt_item, self)

    def _extend(self, rod: Rod) -> None:
        displacement_m = self._belt.displacement_m
        for belt_item in list(self._queue):
            centre_m = belt_item.centre_m(displacement_m)
            if belt_item.taken_by is not None or belt_item.held_by is self:
                continue
            if not self._reaches(belt_item):
                continue
            if self.from_m <= centre_m <= self.to_m:
                self._take(belt_item, rod)
            elif centre_m < self.from_m:
                self._watch(belt_item, rod)
            else:
                self._strike(belt_item, rod)

    def _reaches(self, belt_item: BeltItem) -> bool:
        """Whether the head, while it extends, meets any part of the item."""
        centre_m = belt_item.centre_m(self._belt.displacement_m)
        return centre_m + belt_item.half_m > self.from_m + TOUCH_M and centre_m - belt_item.half_m < self.to_m - TOUCH_M

    def _watch(self, belt_item: BeltItem, rod: Rod) -> None:
        """The item arrives while the rod extends: take it if its centre gets under the head in time."""
        wait = None
        if belt_item.held_m is None:
            wait = self._belt.when(belt_item.origin_m + self.from_m, lambda: self._take(belt_item, rod))
        self._entering[belt_item] = wait

    def _take(self, belt_item: BeltItem, rod: Rod) -> None:
        centre_m = belt_item.centre_m(self._belt.displacement_m)
        if belt_item not in self._queue or not self.from_m - TOUCH_M <= centre_m <= self.to_m + TOUCH_M:
            return  # The item is held before the head, or a person has already removed it.
        self._forget(belt_item)
        if self._stroke is not Stroke.EXTENDING or belt_item.taken_by is not None:
            return
        self._events.on_taken(belt_item, rod, centre_m - self.position_m)
        self._taken.append(belt_item)
        self._queue.take(belt_item, self.number)

    def _strike(self, belt_item: BeltItem, rod: Rod) -> None:
        self._events.on_struck(belt_item, rod, belt_item.centre_m(self._belt.displacement_m) - self.position_m)

    def _knock(self, rod: Rod) -> None:
        for belt_item in list(self._entering):
            self._forget(belt_item)
            if belt_item.taken_by is None and belt_item in self._queue and self._reaches(belt_item):
                self._strike(belt_item, rod)
        taken, self._taken = self._taken, []
        for belt_item in taken:
            self._queue.remove(belt_item)
            self._events.on_knocked(belt_item, rod)

    def _give_up_push(self, rod: Rod) -> None:
        for belt_item in list(self._entering):
            self._forget(belt_item)
        taken, self._taken = self._taken, []
        for belt_item in taken:
            self._queue.put_back(belt_item)
            self._strike(belt_item, rod)

    def _forget(self, belt_item: BeltItem) -> None:
        wait = self._entering.pop(belt_item, None)
        if wait is not None:
            wait.cancel()
