"""A rod's head: what it does to the items on the belt while it goes out, stands out and comes in.

An item whose centre is, or comes, under the head while it extends is taken, and lies in the bin once the rod is
out. One that the head meets without its centre under it is struck. One that rides into a head that is out is held
until the rod is in. A rod that turns back before it is out leaves what it took on the belt, struck.
Leaves out the sideways way across the belt: a taken item goes no further along it.
"""

from collections.abc import Callable
from typing import NamedTuple

from twin.plant.belt import Belt, Wait
from twin.plant.belt_item import BeltItem
from twin.plant.item_queue import TOUCH_M, Row
from twin.plant.rod import Rod
from twin.trace import Stroke


class HeadEvents(NamedTuple):
    """Who is told of what a head does."""

    on_taken: Callable[[BeltItem, Rod, float], None]
    on_struck: Callable[[BeltItem, Rod, float], None]
    on_knocked: Callable[[BeltItem, Rod], None]


class Head:
    """The head of one rod: from `from_m` to `to_m` along the belt, for its rod's `stroke`."""

    def __init__(
        self, rod_number: int, position_m: float, width_m: float, belt: Belt, row: Row, events: HeadEvents
    ) -> None:
        self.number = rod_number
        self.position_m = position_m
        self.from_m = position_m - width_m / 2
        self.to_m = position_m + width_m / 2
        self._belt = belt
        self._row = row
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
            self._turn_back(rod)
        elif rod.stroke is Stroke.IN:
            for rider in [rider for rider in self._row if rider.held_by is self]:
                self._row.release(rider)

    def meet(self, rider: BeltItem, rod: Rod) -> None:
        """A rider's nose reaches the head's edge."""
        if self._stroke is Stroke.EXTENDING:
            self._watch(rider, rod)
        elif self._stroke in (Stroke.OUT, Stroke.RETRACTING):
            self._row.hold(rider, self)

    def _extend(self, rod: Rod) -> None:
        displacement_m = self._belt.displacement_m
        for rider in list(self._row):
            centre_m = rider.centre_m(displacement_m)
            if rider.taken_by is not None or rider.held_by is self:
                continue
            if not self._reaches(rider):
                continue
            if self.from_m <= centre_m <= self.to_m:
                self._take(rider, rod)
            elif centre_m < self.from_m:
                self._watch(rider, rod)
            else:
                self._strike(rider, rod)

    def _reaches(self, rider: BeltItem) -> bool:
        """Whether the head, going out, meets any part of the rider."""
        centre_m = rider.centre_m(self._belt.displacement_m)
        return centre_m + rider.half_m > self.from_m + TOUCH_M and centre_m - rider.half_m < self.to_m - TOUCH_M

    def _watch(self, rider: BeltItem, rod: Rod) -> None:
        """The rider comes in while the rod goes out: it is taken if its centre gets under the head in time."""
        wait = None
        if rider.held_m is None:
            wait = self._belt.when(rider.origin_m + self.from_m, lambda: self._take(rider, rod))
        self._entering[rider] = wait

    def _take(self, rider: BeltItem, rod: Rod) -> None:
        centre_m = rider.centre_m(self._belt.displacement_m)
        if rider not in self._row or not self.from_m - TOUCH_M <= centre_m <= self.to_m + TOUCH_M:
            return  # It stands before the head, or a hand was quicker.
        self._forget(rider)
        if self._stroke is not Stroke.EXTENDING or rider.taken_by is not None:
            return
        self._events.on_taken(rider, rod, centre_m - self.position_m)
        self._taken.append(rider)
        self._row.take(rider, self.number)

    def _strike(self, rider: BeltItem, rod: Rod) -> None:
        self._events.on_struck(rider, rod, rider.centre_m(self._belt.displacement_m) - self.position_m)

    def _knock(self, rod: Rod) -> None:
        for rider in list(self._entering):
            self._forget(rider)
            if rider.taken_by is None and rider in self._row and self._reaches(rider):
                self._strike(rider, rod)
        taken, self._taken = self._taken, []
        for rider in taken:
            self._row.remove(rider)
            self._events.on_knocked(rider, rod)

    def _turn_back(self, rod: Rod) -> None:
        for rider in list(self._entering):
            self._forget(rider)
        taken, self._taken = self._taken, []
        for rider in taken:
            self._row.put_back(rider)
            self._strike(rider, rod)

    def _forget(self, rider: BeltItem) -> None:
        wait = self._entering.pop(rider, None)
        if wait is not None:
            wait.cancel()
