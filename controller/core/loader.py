"""The loader as the core knows it: how long its stroke is given, when its rod is in, whether the stack seems empty."""

from typing import Final

SLACK_S: Final = 0.06
"""Added to the time of a stroke: commands may arrive closer together than they were sent. A push that comes to nothing
costs half a minute."""

STEP: Final = 1.5
LONGEST: Final = 3.0
"""A push that seems to load nothing makes the stroke longer by `STEP`, up to `LONGEST` times what the settings say."""

EMPTY_PUSHES: Final = 4
EMPTY_S: Final = 60.0
"""With a number of items set, the stack counts as empty after this many pushes in a row that load nothing, each with a
longer stroke, over at least this time. Items may arrive late at the stack."""


class LoaderPushes:
    """The pushes of the loader. `set_stroke_s` is the stroke's time in the settings, one way.

    `in_s` is when the rod of the last push is in again, at the latest.
    """

    def __init__(self, set_stroke_s: float) -> None:
        self._set_stroke_s = set_stroke_s
        self._stroke_s = set_stroke_s + SLACK_S
        self._empty = 0
        self._empty_since_s = 0.0
        self.in_s = 0.0

    def push(self, now_s: float) -> float:
        """The rod goes out; returns when it is to be pulled."""
        self.in_s = now_s + 2 * self._stroke_s
        return now_s + self._stroke_s

    def brought(self, *, seen: bool) -> None:
        """What a push brought has left the belt; `seen`: a sensor detected it, so it was an item."""
        if seen:
            self._empty = 0
        self._stroke_s = max(self._set_stroke_s + SLACK_S, self._stroke_s / STEP**0.1)

    def brought_nothing(self, pushed_s: float, now_s: float) -> bool:
        """The push at `pushed_s` seems to have loaded nothing; returns whether the stack counts as empty."""
        self._stroke_s = min(self._stroke_s * STEP, LONGEST * self._set_stroke_s)
        if self._empty == 0:
            self._empty_since_s = pushed_s
        self._empty += 1
        return self._empty >= EMPTY_PUSHES and now_s - self._empty_since_s >= EMPTY_S
