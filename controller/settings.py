"""The controller's settings: plain data, validated where it is made."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from controller.errors import SettingsError
from controller.frozen import FrozenDict, settle
from controller.wire import MAX_ORDINAL

LONGEST_S: Final = 600.0
DEFAULT_BINS: Final = FrozenDict({"ripe": 2, "half_ripe": 3, "raw": 4})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person may set. No geometry of the line is among it: the controller learns that.

    `bins` maps a label to the rod (and bin) of its class; `gates` is how many gates the line has, gate `k - 1`
    stands before rod `k`. `in_flight` caps the items on the belt: a number, or `auto` for as many as is safe.
    `items`: end after so many items (None: go on until stopped). `belt_start_s`: how long the belt is waited for.
    `loader_stroke_s` and `rod_stroke_s`: what a stroke is given, each way; a rod may be faster. `patience_s`: how
    long an item is waited for as long as the line's times are not known. `late_image_s`: a picture that is missing
    may come this much later still, and nothing is loaded meanwhile. Raises `SettingsError`.
    """

    in_flight: int | Literal["auto"] = "auto"
    items: int | None = None
    confidence_threshold: float = 0.80
    bins: Mapping[str, int] = DEFAULT_BINS
    gates: int = 3
    belt_start_s: float = 2.0
    loader_stroke_s: float = 0.5
    rod_stroke_s: float = 0.5
    patience_s: float = 20.0
    late_image_s: float = 8.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        settle(self, SettingsError)
        _check("gates", self.gates, 1 <= self.gates <= MAX_ORDINAL, f"1 to {MAX_ORDINAL}")
        _check("in_flight", self.in_flight, self.in_flight == "auto" or self.in_flight >= 1, "auto, or 1 or more")
        _check("items", self.items, self.items is None or self.items >= 0, "0 or more")
        threshold = self.confidence_threshold
        _check("confidence_threshold", threshold, 0.0 <= threshold <= 1.0, "0 to 1")
        for field in ("belt_start_s", "loader_stroke_s", "rod_stroke_s", "patience_s", "late_image_s"):
            value = getattr(self, field)
            _check(field, value, 0 < value <= LONGEST_S, f"above 0 to {LONGEST_S}")
        for label, rod in self.bins.items():
            _check(f"bins.{label}", rod, 2 <= rod <= self.gates + 1, f"2 to {self.gates + 1} (gates + 1)")


def _check(field: str, value: object, allowed: bool, words: str) -> None:
    if not allowed:
        raise SettingsError(field, value, words)
