"""The fonts of tkinter, which are all alike where there is no screen."""

from __future__ import annotations

from typing import Any

from .widget import NOTHING

FONT = (
    "-family", "Sans", "-size", 10, "-weight", "normal", "-slant", "roman", "-underline", 0, "-overstrike", 0,
)  # fmt: skip
FONTS = {
    "actual": FONT, "configure": FONT, "measure": 10,
    "metrics": ("-ascent", 10, "-descent", 3, "-linespace", 13, "-fixed", 0),
}  # fmt: skip
"""What every font is like, in points and px."""


def ask_font(what: str, *words: Any) -> Any:
    """All that there is to know of a font, or the one that is asked for."""
    found: Any = FONTS.get(what, NOTHING)
    asked = words[-1] if words else ""
    return found[found.index(asked) + 1] if isinstance(found, tuple) and asked in found else found
