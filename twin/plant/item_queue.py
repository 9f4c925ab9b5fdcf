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


class Row:
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

    def overlapped(self, rider: BeltItem) -> BeltItem | None:
        """The rider on the belt that this one, not yet among them, would overlap."""
        return next((other for other in self._riders if self._overlap(rider, other)), None)

    def add(self, rider: BeltItem) -> None:
        """Put a rider, with its path, on the belt where its centre is."""
        displacement_m = self._belt.displacement_m
        centre_m = rider.centre_m(displacement_m)
        place = len(self._riders)
        while place > 0 and self._riders[place - 1].centre_m(displacement_m) < centre_m:
            place -= 1
        self._riders.insert(place, rider)
        self._go_on(rider)
        self._meet(rider)

    def remove(self, rider: BeltItem) -> None:
        """Take a rider off the belt; whoever it held up goes on."""
        behind = self._neighbour(rider, +1)
        self._halt(rider)
        rider.step = len(rider.path)
        self._riders.remove(rider)
        self._let_go(rider, behind)

    def take(self, rider: BeltItem, rod: int) -> None:
        """A rod's head carries the rider across: it rides no further, and nothing rides into it."""
        rider.held_m = rider.centre_m(self._belt.displacement_m)
        rider.taken_by = rod
        self._halt(rider)
        self._let_go(rider, self._neighbour(rider, +1))

    def put_back(self, rider: BeltItem) -> None:
        """The head that carried the rider turned back before the bin: it rides on from where it was taken."""
        rider.taken_by = None
        self._ride(rider)
        self._meet(rider)

    def hold(self, rider: BeltItem, by: object) -> None:
        """Something stands in the rider's way: it stays where it is until `release`."""
        rider.held_m = rider.centre_m(self._belt.displacement_m)
        rider.held_by = by
        self._halt(rider)
        self._on_held(rider, by)
        behind = self._neighbour(rider, +1)
        if behind is not None:
            self._meet(behind)

    def release(self, rider: BeltItem) -> None:
        """The way is free: the rider goes on, and with it whoever it held up."""
        rider.held_by = None
        self._on_released(rider)
        self._ride(rider)
        self._let_go(rider, self._neighbour(rider, +1))
        self._meet(rider)

    def followed(self, rider: BeltItem) -> bool:
        """Whether another item touches this one from behind."""
        behind = self._neighbour(rider, +1)
        return behind is not None and abs(self._gap_m(rider, behind)) < TOUCH_M

    def beside(self, item: int | None, at_m: float | None) -> tuple[int, ...]:
        """The items next to item number `item`, ahead and behind; without an item, those next to a place."""
        numbers = [rider.number for rider in self._riders]
        if item is not None and item in numbers:
            place = numbers.index(item)
            return (*numbers[max(0, place - 1) : place], *numbers[place + 1 : place + 2])
        if at_m is None:
            return ()
        displacement_m = self._belt.displacement_m
        ahead = sum(rider.centre_m(displacement_m) >= at_m for rider in self._riders)
        return tuple(numbers[max(0, ahead - 1) : ahead + 1])

    def gap_m(self, rider: BeltItem) -> float | None:
        """Free belt between a rider and its nearest neighbour; None if it has none."""
        gaps_m = [self._gap_m(ahead, rider) for ahead in (self._neighbour(rider, -1),) if ahead is not None]
        gaps_m += [self._gap_m(rider, behind) for behind in (self._neighbour(rider, +1),) if behind is not None]
        return min(gaps_m, default=None)

    def _neighbour(self, rider: BeltItem, step: int) -> BeltItem | None:
        """The next rider behind (+1) or ahead (-1) that is not being carried off."""
        place = self._riders.index(rider) + step
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

    def _go_on(self, rider: BeltItem) -> None:
        """Wait for the rider's next station."""
        if rider.step < len(rider.path):
            station = rider.path[rider.step]
            rider.wait = self._belt.when(rider.origin_m + station.centre_m, partial(self._arrive, rider, station))

    def _arrive(self, rider: BeltItem, station: Station) -> None:
        rider.step += 1
        rider.wait = None
        station.pass_by(rider)
        if rider.held_m is None and rider.wait is None:
            self._go_on(rider)

    def _ride(self, rider: BeltItem) -> None:
        assert rider.held_m is not None, f"item {rider.number} was not held"
        rider.origin_m = self._belt.displacement_m - rider.held_m
        rider.held_m = None
        self._go_on(rider)

    @staticmethod
    def _halt(rider: BeltItem) -> None:
        for wait in (rider.wait, rider.contact):
            if wait is not None:
                wait.cancel()
        rider.wait = rider.contact = None

    def _let_go(self, rider: BeltItem, behind: BeltItem | None) -> None:
        """The rider is out of the way of the one behind it, which may have something else before it now."""
        if behind is not None and behind.held_by is rider:
            self.release(behind)
        elif behind is not None:
            self._meet(behind)

    def _meet(self, rider: BeltItem) -> None:
        """If the next one ahead stands held, the rider will run into it: wait for that."""
        if rider.held_m is not None:
            return
        ahead = self._neighbour(rider, -1)
        if ahead is None or ahead.held_m is None:
            return
        touch_m = ahead.held_m - ahead.half_m - rider.half_m
        if rider.contact is not None:
            rider.contact.cancel()
        rider.contact = self._belt.when(rider.origin_m + touch_m, partial(self._run_into, rider, ahead))

    def _run_into(self, rider: BeltItem, ahead: BeltItem) -> None:
        rider.contact = None
        if rider.held_m is None and ahead.held_m is not None and ahead.taken_by is None:
            self.hold(rider, ahead)
