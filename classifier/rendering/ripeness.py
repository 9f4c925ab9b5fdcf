"""Ripeness as one number, the colours that go with it, and where the classes end.

Ripeness runs from 0 (deep green) over yellow and orange to 1 (dark red). An item's class follows from the mean over
its skin. Between two classes lies a gap: the renderer gives nothing drawn there the name of one class.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

FRUIT_CLASSES: Final = ("half_ripe", "raw", "ripe")
"""The classes of fruit, in the order of their folders."""

RIPENESS: Final = {"raw": (0.0, 0.28), "half_ripe": (0.46, 0.68), "ripe": (0.85, 1.0)}
"""Where each class begins and ends."""

GAPS: Final = (("raw", "half_ripe", 0.28, 0.46), ("half_ripe", "ripe", 0.68, 0.85))
"""Neighbouring classes and the gap between them."""

CREAM: Final = (45.0, 0.46)
"""The pale skin that unripe fruit may have in place of green: hue in degrees, saturation."""

_STOPS: Final = (
    # ripeness, hue in degrees, saturation, value
    (0.00, 104.0, 0.66, 0.34),
    (0.10, 90.0, 0.64, 0.42),
    (0.20, 77.0, 0.62, 0.56),
    (0.30, 64.0, 0.64, 0.70),
    (0.37, 54.0, 0.72, 0.78),
    (0.45, 44.0, 0.82, 0.82),
    (0.52, 37.0, 0.85, 0.80),
    (0.60, 26.0, 0.84, 0.80),
    (0.68, 15.0, 0.82, 0.75),
    (0.76, 10.5, 0.84, 0.71),
    (0.85, 5.0, 0.86, 0.66),
    (0.92, 0.0, 0.88, 0.54),
    (1.00, -5.0, 0.92, 0.34),
)
_STEPS: Final = 256


def bgr(hue_deg: float, saturation: float, value: float) -> NDArray[np.float32]:
    """One colour as float32 [3] in BGR, 0 to 1. The hue wraps; saturation and value are clipped to 0 to 1."""
    hsv = np.array([[[hue_deg % 360.0, np.clip(saturation, 0, 1), np.clip(value, 0, 1)]]], np.float32)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0], np.float32)


def palette(hue_shift_deg: float, saturation_gain: float, value_gain: float) -> NDArray[np.float32]:
    """The colours from ripeness 0 to 1 in 256 steps, float32 [256, 3] in BGR, 0 to 1, for one variety of fruit."""
    at, hue, saturation, value = np.array(_STOPS, np.float32).T
    steps = np.linspace(0.0, 1.0, _STEPS, dtype=np.float32)
    hsv = np.empty((1, _STEPS, 3), np.float32)
    hsv[0, :, 0] = (np.interp(steps, at, hue) + hue_shift_deg) % 360.0
    hsv[0, :, 1] = np.clip(np.interp(steps, at, saturation) * saturation_gain, 0, 1)
    hsv[0, :, 2] = np.clip(np.interp(steps, at, value) * value_gain, 0, 1)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0], np.float32)


def colours(ripeness: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colour of each point of a skin: ripeness [h, w] through a palette, float32 [h, w, 3]."""
    index = cv2.convertScaleAbs(np.maximum(ripeness, 0), alpha=_STEPS - 1)
    return np.take(table, np.asarray(index, np.uint8), axis=0)
