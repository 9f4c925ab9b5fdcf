"""An item: as a scenario describes it, and as it rides on the belt."""

from typing import Any, Final

import msgspec

from controller.frozen import settle
from twin.belt import Wait
from twin.errors import ScenarioError

CLASSES: Final = ("ripe", "half_ripe", "raw")
LONGEST_ITEM_M: Final = 2.0
LONGEST_CLASS: Final = 64
FOREIGN: Final = "foreign"
"""What an object on the belt is called that is no item; no item's class."""


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"item_class": "class"}):
    """One item of the stack: class, length along the belt, lateral offset from the belt's middle.

    `available_s` is when the loader has it (not before the one below it in the stack is gone). Raises
    `ScenarioError`.
    """

    item_class: str = "ripe"
    length_m: float = 0.08
    lateral_m: float = 0.0
    available_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no item."""
        settle(self, ScenarioError)
        if self.item_class not in CLASSES:  # Items are made by the million.
            check_class("class", self.item_class)
        if not 0 < self.length_m <= LONGEST_ITEM_M:
            raise ScenarioError("length_m", self.length_m, f"above 0 to {LONGEST_ITEM_M}")
        if not abs(self.lateral_m) <= 1.0:
            raise ScenarioError("lateral_m", self.lateral_m, "-1 to 1")
        if not 0 <= self.available_s < 1e9:
            raise ScenarioError("available_s", self.available_s, "0 to 1e9")


def check_class(field: str, item_class: str) -> None:
    """Raises `ScenarioError`, naming the `field`, for what is no class of items."""
    if not item_class or len(item_class) > LONGEST_CLASS:
        raise ScenarioError(field, item_class, f"a name of 1 to {LONGEST_CLASS} characters")
    if item_class == FOREIGN:
        raise ScenarioError(field, item_class, "another name: this one is for objects that are no items")


def foreign_item(length_m: float) -> Item:
    """An object that lies on the belt like an item, and is none."""
    item = Item(length_m=length_m)
    msgspec.structs.force_setattr(item, "item_class", FOREIGN)
    return item


class Rider:
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
