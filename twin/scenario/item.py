"""The items of a scenario's stack."""

from typing import Final

import msgspec

from controller.frozen import settle
from twin.errors import ScenarioError

CLASSES: Final = ("ripe", "half_ripe", "raw")
LONGEST_ITEM_M: Final = 2.0
LONGEST_CLASS: Final = 64
FOREIGN: Final = "foreign"
"""The class of objects on the belt that are no items. No item may have it."""


def item_text(number: int, item_class: str | None = None) -> str:
    """What lies on the belt, in a sentence: `item 3`, `item 3 (ripe)`; a number below 0 is a `foreign object 1`."""
    if number < 0:
        return f"foreign object {-number}"
    return f"item {number}" if item_class is None else f"item {number} ({item_class})"


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"item_class": "class"}):
    """One item of the stack: class, length along the belt, lateral offset from the belt's middle.

    `available_s` is when the item lies in front of the loader, at the earliest: it also waits for the item before it.
    Raises `ScenarioError`.
    """

    item_class: str = "ripe"
    length_m: float = 0.08
    lateral_m: float = 0.0
    available_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible items."""
        settle(self, ScenarioError)
        if self.item_class not in CLASSES:  # Checked first, because a run may create millions of items.
            check_class("class", self.item_class)
        if not 0 < self.length_m <= LONGEST_ITEM_M:
            raise ScenarioError("length_m", self.length_m, f"above 0 to {LONGEST_ITEM_M}")
        if not abs(self.lateral_m) <= 1.0:
            raise ScenarioError("lateral_m", self.lateral_m, "-1 to 1")
        if not 0 <= self.available_s < 1e9:
            raise ScenarioError("available_s", self.available_s, "0 to 1e9")


def check_class(field: str, item_class: str) -> None:
    """Refuse a name that cannot be a class of items. Raises `ScenarioError`, naming the `field`."""
    if not item_class or len(item_class) > LONGEST_CLASS:
        raise ScenarioError(field, item_class, f"a name of 1 to {LONGEST_CLASS} characters")
    if item_class == FOREIGN:
        raise ScenarioError(field, item_class, "another name (this one stands for objects that are no items)")


def foreign_item(length_m: float) -> Item:
    """Create an object that lies on the belt like an item but is none."""
    item = Item(length_m=length_m)
    msgspec.structs.force_setattr(item, "item_class", FOREIGN)
    return item
