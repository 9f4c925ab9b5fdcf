"""An item on the belt: where it is, what it has before it, what holds it."""

from typing import Any

from twin.plant.belt import Wait
from twin.scenario.item import Item


class BeltItem:
    """An item on the belt: where it is, what it has before it, what holds it.

    Its centre is at `displacement - origin_m` while it rides, at `held_m` while something holds it or a rod's
    head carries it off. `number` counts the items of the run from 1, and objects that are no items from -1 down;
    `beams` are the gates it blocks.
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
        """Where its centre is, in m from the loader."""
        return displacement_m - self.origin_m if self.held_m is None else self.held_m
