"""The items on the belt: their order, which station each meets next, and which item holds up which.

A moving item waits for the displacement of the next station on its path and, if the item ahead is held, for the
displacement at which it runs into that item. A held item waits for nothing. An item that runs into a held one is held
too, and goes on when that one does.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from twin.plant.belt import Belt
from twin.plant.belt_item import BeltItem

TOUCH_M: Final = 1e-9
"""Items closer than this touch: neither light nor a rod's head gets between them."""


class Station(NamedTuple):
    """A point on an item's path: where the item's centre is then, in m from the loader, and what to call."""

    centre_m: float
    pass_by: Callable[[BeltItem], None]


class ItemQueue:
    """The items on a belt, the one furthest along first.

    `on_held` gets each item that is stopped, and the rod head or the item that holds it. `on_released` gets each item
    that goes on.
    """

    def __init__(
        self, belt: Belt, on_held: Callable[[BeltItem, object], None], on_released: Callable[[BeltItem], None]
    ) -> None:
        self._belt = belt
        self._on_held = on_held
        self._on_released = on_released
        self._items: list[BeltItem] = []

    def __iter__(self) -> Iterator[BeltItem]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def overlapped(self, belt_item: BeltItem) -> BeltItem | None:
        """The first item on the belt that `belt_item`, not yet on the belt, would overlap; None if there is none."""
        return next((other for other in self._items if self._overlap(belt_item, other)), None)

    def add(self, belt_item: BeltItem) -> None:
        """Put an item with its path on the belt, at the position of its centre."""
        displacement_m = self._belt.displacement_m
        centre_m = belt_item.centre_m(displacement_m)
        place = len(self._items)
        while place > 0 and self._items[place - 1].centre_m(displacement_m) < centre_m:
            place -= 1
        self._items.insert(place, belt_item)
        self._go_on(belt_item)
        self._meet(belt_item)

    def remove(self, belt_item: BeltItem) -> None:
        """Take an item off the belt. The item that it held goes on."""
        behind = self._neighbour(belt_item, +1)
        self._halt(belt_item)
        belt_item.step = len(belt_item.path)
        belt_item.held_m = belt_item.held_by = None
        self._items.remove(belt_item)
        self._let_go(belt_item, behind)

    def take(self, belt_item: BeltItem, rod: int) -> None:
        """Let a rod's head carry an item off: the item moves no further along the belt, and no item runs into it."""
        belt_item.held_m = belt_item.centre_m(self._belt.displacement_m)
        belt_item.taken_by, belt_item.held_by = rod, None
        self._halt(belt_item)
        self._let_go(belt_item, self._neighbour(belt_item, +1))

    def put_back(self, belt_item: BeltItem) -> None:
        """Leave on the belt an item whose rod turned back before the bin: it moves on from where it was taken."""
        belt_item.taken_by = None
        self._ride(belt_item)
        self._meet(belt_item)

    def hold(self, belt_item: BeltItem, by: object) -> None:
        """Hold an item where it is until `release`. `by` is the rod head or the item in its way."""
        belt_item.held_m = belt_item.centre_m(self._belt.displacement_m)
        belt_item.held_by = by
        self._halt(belt_item)
        self._on_held(belt_item, by)
        behind = self._neighbour(belt_item, +1)
        if behind is not None:
            self._meet(behind)

    def release(self, belt_item: BeltItem) -> None:
        """Let a held item go on, and with it the item that it held."""
        belt_item.held_by = None
        self._on_released(belt_item)
        self._ride(belt_item)
        self._let_go(belt_item, self._neighbour(belt_item, +1))
        self._meet(belt_item)

    def followed(self, belt_item: BeltItem) -> bool:
        """Whether another item touches this one from behind."""
        behind = self._neighbour(belt_item, +1)
        return behind is not None and abs(self._gap_m(belt_item, behind)) < TOUCH_M

    def beside(self, item: int | None, at_m: float | None) -> tuple[int, ...]:
        """The numbers of the items directly ahead of and behind `item`; without an item, of those next to `at_m`."""
        numbers = [belt_item.number for belt_item in self._items]
        if item is not None and item in numbers:
            place = numbers.index(item)
            return (*numbers[max(0, place - 1) : place], *numbers[place + 1 : place + 2])
        if at_m is None:
            return ()
        displacement_m = self._belt.displacement_m
        ahead = sum(belt_item.centre_m(displacement_m) >= at_m for belt_item in self._items)
        return tuple(numbers[max(0, ahead - 1) : ahead + 1])

    def gap_m(self, belt_item: BeltItem) -> float | None:
        """Free belt between an item and its nearest neighbour, in m; None if it has no neighbour."""
        gaps_m = [self._gap_m(ahead, belt_item) for ahead in (self._neighbour(belt_item, -1),) if ahead is not None]
        gaps_m += [self._gap_m(belt_item, behind) for behind in (self._neighbour(belt_item, +1),) if behind is not None]
        return min(gaps_m, default=None)

    def _neighbour(self, belt_item: BeltItem, step: int) -> BeltItem | None:
        """The next item behind (+1) or ahead (-1) that no rod carries off; None if there is none."""
        place = self._items.index(belt_item) + step
        while 0 <= place < len(self._items):
            if self._items[place].taken_by is None:
                return self._items[place]
            place += step
        return None

    def _gap_m(self, ahead: BeltItem, behind: BeltItem) -> float:
        displacement_m = self._belt.displacement_m
        between_m = ahead.centre_m(displacement_m) - behind.centre_m(displacement_m)
        return between_m - ahead.half_m - behind.half_m

    def _overlap(self, one: BeltItem, other: BeltItem) -> bool:
        displacement_m = self._belt.displacement_m
        between_m = abs(one.centre_m(displacement_m) - other.centre_m(displacement_m))
        return between_m < one.half_m + other.half_m - TOUCH_M

    def _go_on(self, belt_item: BeltItem) -> None:
        """Wait for the item's next station."""
        if belt_item.step < len(belt_item.path):
            station = belt_item.path[belt_item.step]
            belt_item.wait = self._belt.when(
                belt_item.origin_m + station.centre_m, partial(self._arrive, belt_item, station)
            )

    def _arrive(self, belt_item: BeltItem, station: Station) -> None:
        belt_item.step += 1
        belt_item.wait = None
        station.pass_by(belt_item)
        if belt_item.held_m is None and belt_item.wait is None:
            self._go_on(belt_item)

    def _ride(self, belt_item: BeltItem) -> None:
        assert belt_item.held_m is not None, f"item {belt_item.number} was not held"
        belt_item.origin_m = self._belt.displacement_m - belt_item.held_m
        belt_item.held_m = None
        self._go_on(belt_item)

    @staticmethod
    def _halt(belt_item: BeltItem) -> None:
        for wait in (belt_item.wait, belt_item.contact):
            if wait is not None:
                wait.cancel()
        belt_item.wait = belt_item.contact = None

    def _let_go(self, belt_item: BeltItem, behind: BeltItem | None) -> None:
        """The item is out of the way of the one behind, which goes on, or may now run into another held item."""
        if behind is not None and behind.held_by is belt_item:
            self.release(behind)
        elif behind is not None:
            self._meet(behind)

    def _meet(self, belt_item: BeltItem) -> None:
        """If the item ahead is held, wait for the displacement at which this one runs into it."""
        if belt_item.held_m is not None:
            return
        ahead = self._neighbour(belt_item, -1)
        if ahead is None or ahead.held_m is None:
            return
        touch_m = ahead.held_m - ahead.half_m - belt_item.half_m
        if belt_item.contact is not None:
            belt_item.contact.cancel()
        belt_item.contact = self._belt.when(belt_item.origin_m + touch_m, partial(self._run_into, belt_item, ahead))

    def _run_into(self, belt_item: BeltItem, ahead: BeltItem) -> None:
        belt_item.contact = None
        if belt_item.held_m is None and ahead.held_m is not None and ahead.taken_by is None:
            self.hold(belt_item, ahead)
