"""An item on the belt, as the plant tracks it."""

from typing import Any

from twin.plant.belt import Wait
from twin.scenario.item import Item


class BeltItem:
    """An item on the belt: where it is, what comes next on its path, what holds it. Positions in m from the loader.

    `number` counts the run's items from 1; foreign objects are -1, -2 and so on. The centre is at
    `displacement - origin_m` while the item moves with the belt, and at `held_m` while something holds the item or a
    rod's head carries it off. `held_by` is the head or the item that holds it, `taken_by` the number of the rod that
    carries it off. `path` has the stations that it meets, `step` the index of the next one. `wait` is its wait for that
    station, `contact` its wait for the held item ahead. `beams` has the numbers of the gates that it blocks.
    """

    __slots__ = (
        "beams", "contact", "half_m", "held_by", "held_m", "item", "number", "origin_m", "path", "step",
        "taken_by", "wait",
    )  # fmt: skip

    def __init__(self, number: int, item: Item, origin_m: float) -> None:
        self.number = number
        self.item = item
        self.half_m = item.length_m / 2
        self.origin_m = origin_m
        self.held_m: float | None = None
        self.held_by: Any = None
        self.taken_by: int | None = None
        self.path: list[Any] = []
        self.step = 0
        self.wait: Wait | None = None
        self.contact: Wait | None = None
        self.beams: set[int] = set()

    def centre_m(self, displacement_m: float) -> float:
        """The position of its centre at a displacement of the belt."""
        return displacement_m - self.origin_m if self.held_m is None else self.held_m
