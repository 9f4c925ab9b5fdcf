"""The row of items on the belt: their order, what each meets on its way, who holds up whom.

Every rider waits for one displacement only, that of the next station on its path. A rider that is held waits for
nothing; whoever rides into it is held too, and goes when it goes.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from twin.plant.belt import Belt
from twin.plant.belt_item import BeltItem

TOUCH_M: Final = 1e-9
"""Items closer than this touch: no light, and no rod's head, gets between them."""


class Station(NamedTuple):
    """Something on a rider's path: where its centre is then, and what happens."""

    centre_m: float
    pass_by: Callable[[BeltItem], None]


class ItemQueue:
    """The riders on a belt, the one furthest along first."""

    def __init__(
        self, belt: Belt, on_held: Callable[[BeltItem, object], None], on_released: Callable[[BeltItem], None]
    ) -> None:
        self._belt = belt
        self._on_held = on_held
        self._on_released = on_released
        self._riders: list[BeltItem] = []

    def __iter__(self) -> Iterator[BeltItem]:
        return iter(self._riders)

    def __len__(self) -> int:
        return len(self._riders)

    def overlapped(self, belt_item: BeltItem) -> BeltItem | None:
        """The rider on the belt that this one, not yet among them, would overlap."""
        return next((other for other in self._riders if self._overlap(belt_item, other)), None)

    def add(self, belt_item: BeltItem) -> None:
        """Put a rider, with its path, on the belt where its centre is."""
        displacement_m = self._belt.displacement_m
        centre_m = belt_item.centre_m(displacement_m)
        place = len(self._riders)
        while place > 0 and self._riders[place - 1].centre_m(displacement_m) < centre_m:
            place -= 1
        self._riders.insert(place, belt_item)
        self._go_on(belt_item)
        self._meet(belt_item)

    def remove(self, belt_item: BeltItem) -> None:
        """Take a rider off the belt; whoever it held up goes on."""
        behind = self._neighbour(belt_item, +1)
        self._halt(belt_item)
        belt_item.step = len(belt_item.path)
        self._riders.remove(belt_item)
        self._let_go(belt_item, behind)

    def take(self, belt_item: BeltItem, rod: int) -> None:
        """A rod's head carries the rider across: it rides no further, and nothing rides into it."""
        belt_item.held_m = belt_item.centre_m(self._belt.displacement_m)
        belt_item.taken_by = rod
        self._halt(belt_item)
        self._let_go(belt_item, self._neighbour(belt_item, +1))

    def put_back(self, belt_item: BeltItem) -> None:
        """The head that carried the rider turned back before the bin: it rides on from where it was taken."""
        belt_item.taken_by = None
        self._ride(belt_item)
        self._meet(belt_item)

    def hold(self, belt_item: BeltItem, by: object) -> None:
        """Something stands in the rider's way: it stays where it is until `release`."""
        belt_item.held_m = belt_item.centre_m(self._belt.displacement_m)
        belt_item.held_by = by
        self._halt(belt_item)
        self._on_held(belt_item, by)
        behind = self._neighbour(belt_item, +1)
        if behind is not None:
            self._meet(behind)

    def release(self, belt_item: BeltItem) -> None:
        """The way is free: the rider goes on, and with it whoever it held up."""
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
        """The items next to item number `item`, ahead and behind; without an item, those next to a place."""
        numbers = [belt_item.number for belt_item in self._riders]
        if item is not None and item in numbers:
            place = numbers.index(item)
            return (*numbers[max(0, place - 1) : place], *numbers[place + 1 : place + 2])
        if at_m is None:
            return ()
        displacement_m = self._belt.displacement_m
        ahead = sum(belt_item.centre_m(displacement_m) >= at_m for belt_item in self._riders)
        return tuple(numbers[max(0, ahead - 1) : ahead + 1])

    def gap_m(self, belt_item: BeltItem) -> float | None:
        """Free belt between a rider and its nearest neighbour; None if it has none."""
        gaps_m = [self._gap_m(ahead, belt_item) for ahead in (self._neighbour(belt_item, -1),) if ahead is not None]
        gaps_m += [self._gap_m(belt_item, behind) for behind in (self._neighbour(belt_item, +1),) if behind is not None]
        return min(gaps_m, default=None)

    def _neighbour(self, belt_item: BeltItem, step: int) -> BeltItem | None:
        """The next rider behind (+1) or ahead (-1) that is not being carried off."""
        place = self._riders.index(belt_item) + step
        while 0 <= place < len(self._riders):
            if self._riders[place].taken_by is None:
                return self._riders[place]
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
        """Wait for the rider's next station."""
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
        """The rider is out of the way of the one behind it, which may have something else before it now."""
        if behind is not None and behind.held_by is belt_item:
            self.release(behind)
        elif behind is not None:
            self._meet(behind)

    def _meet(self, belt_item: BeltItem) -> None:
        """If the next one ahead stands held, the rider will run into it: wait for that."""
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
