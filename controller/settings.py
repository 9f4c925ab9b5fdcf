"""The controller's settings: plain data, validated on construction."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from classifier.recognition import SURE_AT
from controller.errors import SettingsError
from controller.frozen import FrozenDict, settle
from controller.wire import MAX_ORDINAL

LONGEST_S: Final = 600.0
DEFAULT_BINS: Final = FrozenDict({"ripe": 2, "half_ripe": 3, "raw": 4})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller's settings. They do not include the line's geometry, which the controller learns.

    `bins` maps a label to the rod (and bin) of its class. `gates` is the number of gates; gate `k - 1` stands before
    rod `k`. From `confidence_threshold` on an answer is sure (None: from the recognizer's own threshold, or
    `SURE_AT`). `in_flight` limits the items on the belt: a number, or `auto` for as many as is safe. `items`: end after
    this many items (None: run until stopped). `belt_start_s`: run the belt for this time before the first load. An item
    that an earlier run left between two sensors must reach the next one in this time; after it, it could be taken for
    the first item. `loader_stroke_s` and `rod_stroke_s`: time allowed for a stroke, each way; a rod may be faster.
    `patience_s`: wait for an item while the line's times are not yet learned. `late_image_s`: after a missing picture,
    wait this long for it before the next load. Raises `SettingsError`.
    """

    in_flight: int | Literal["auto"] = "auto"
    items: int | None = None
    confidence_threshold: float | None = None
    bins: Mapping[str, int] = DEFAULT_BINS
    gates: int = 3
    belt_start_s: float = 8.0
    loader_stroke_s: float = 0.5
    rod_stroke_s: float = 0.5
    patience_s: float = 20.0
    late_image_s: float = 8.0

    def __post_init__(self) -> None:
        """Check every field. Raises `SettingsError`."""
        settle(self, SettingsError)
        _check("gates", self.gates, 1 <= self.gates <= MAX_ORDINAL, f"1 to {MAX_ORDINAL}")
        _check("in_flight", self.in_flight, self.in_flight == "auto" or self.in_flight >= 1, "auto or 1 or more")
        _check("items", self.items, self.items is None or self.items >= 0, "0 or more")
        threshold = self.confidence_threshold
        _check("confidence_threshold", threshold, threshold is None or 0.0 <= threshold <= 1.0, "0 to 1")
        for field in ("belt_start_s", "loader_stroke_s", "rod_stroke_s", "patience_s", "late_image_s"):
            value = getattr(self, field)
            _check(field, value, 0 < value <= LONGEST_S, f"above 0 to {LONGEST_S}")
        for label, rod in self.bins.items():
            _check(f"bins.{label}", rod, 2 <= rod <= self.gates + 1, f"2 to {self.gates + 1} (gates + 1)")

    @property
    def sure_at(self) -> float:
        """The confidence from which an answer is sure."""
        return SURE_AT if self.confidence_threshold is None else self.confidence_threshold

    def settled(self, recognizer: object) -> "Settings":
        """These settings with a threshold: their own, or else the recognizer's, or else `SURE_AT` (for a service)."""
        if self.confidence_threshold is not None:
            return self
        own = getattr(recognizer, "threshold", None)
        return msgspec.structs.replace(self, confidence_threshold=SURE_AT if own is None else own)


def _check(field: str, value: object, valid: bool, must: str) -> None:
    if not valid:
        raise SettingsError(field, value, must)
