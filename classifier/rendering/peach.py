"""Peaches as they are printed on cards and boxes: outline, suture, dimple and tip, skin and blush, on white paper.

A print's class follows from the hue of its mean colour. `PRINT_HUES` says where that lies for each ripeness.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.rendering.body import Generator, Patch, smooth_noise
from classifier.rendering.ripeness import RIPENESS

PRINT_HUES: Final = (
    # ripeness, hue of the mean colour in degrees
    (0.00, 78.0),
    (RIPENESS["raw"][1], 52.0),
    (RIPENESS["half_ripe"][0], 45.5),
    (RIPENESS["half_ripe"][1], 11.8),
    (RIPENESS["ripe"][0], 9.3),
    (1.00, -14.0),
)
_ELONGATED_SHARE: Final = 0.25
_SUTURE_SHARE: Final = 0.8
_REACH: Final = 1.3
"""Half the edge of a peach's patch, in radii."""

_ANGLES: Final = 1024
"""The number of directions in which an outline's radius is known."""

_TRIES: Final = 14
_SAMPLED: Final = 3
_Range = tuple[float, float]
Colour = NDArray[np.float64]
"""Hue in degrees, saturation, value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Colouring:
    """A kind of skin: ranges of hue (degrees), saturation and value of its two colours, and of the second's share.

    `edge` is how soft the border between the two is.
    """

    first: tuple[_Range, _Range, _Range]
    second: tuple[_Range, _Range, _Range]
    share: _Range
    edge: _Range


_COLOURINGS: Final = {
    "raw": (
        _Colouring(  # green
            first=((56, 76), (0.30, 0.72), (0.48, 0.85)),
            second=((48, 72), (0.20, 0.55), (0.6, 0.95)),
            share=(0.0, 0.5),
            edge=(0.4, 1.2),
        ),
        _Colouring(  # pale, with a faint blush
            first=((54, 74), (0.20, 0.45), (0.58, 0.92)),
            second=((-40, 30), (0.15, 0.42), (0.45, 0.8)),
            share=(0.0, 0.16),
            edge=(0.2, 0.8),
        ),
        _Colouring(  # dark green
            first=((62, 82), (0.55, 0.95), (0.32, 0.62)),
            second=((55, 78), (0.40, 0.8), (0.45, 0.75)),
            share=(0.0, 0.5),
            edge=(0.4, 1.2),
        ),
    ),
    "half_ripe": (
        _Colouring(  # cream with a blush
            first=((38, 54), (0.20, 0.45), (0.86, 1.0)),
            second=((-6, 16), (0.28, 0.62), (0.8, 1.0)),
            share=(0.04, 0.85),
            edge=(0.3, 1.2),
        ),
        _Colouring(  # yellow with a blush
            first=((40, 53), (0.40, 0.75), (0.8, 0.98)),
            second=((-6, 16), (0.40, 0.75), (0.65, 0.95)),
            share=(0.04, 0.85),
            edge=(0.3, 1.2),
        ),
        _Colouring(  # green and red side by side
            first=((50, 64), (0.35, 0.72), (0.6, 0.92)),
            second=((-20, 10), (0.28, 0.65), (0.5, 0.88)),
            share=(0.15, 0.7),
            edge=(0.12, 0.5),
        ),
    ),
    "ripe": (
        _Colouring(  # pink, paler here and there
            first=((-14, 4), (0.34, 0.68), (0.84, 1.0)),
            second=((-5, 32), (0.18, 0.48), (0.9, 1.0)),
            share=(0.0, 0.6),
            edge=(0.3, 1.0),
        ),
        _Colouring(  # red
            first=((-14, 6), (0.55, 0.9), (0.58, 0.96)),
            second=((-6, 25), (0.35, 0.65), (0.8, 1.0)),
            share=(0.0, 0.4),
            edge=(0.2, 0.9),
        ),
    ),
}


def draw_peach(rng: Generator, item_class: str, ripeness: float, length_px: float) -> tuple[Patch, Patch]:
    """One printed peach, about `length_px` across: colours [n, n, 3] and cover [n, n]."""
    size = int(np.ceil(length_px * _REACH)) + 2
    axis = np.linspace(-_REACH, _REACH, size, dtype=np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(axis, axis)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    rho = _polar(rng, item_class, along, across)
    cover = np.asarray(np.clip((1 - rho) * length_px / 2 + 0.5, 0, 1), np.float32)
    patch = _skin(rng, item_class, ripeness, along, across, cover)
    patch = patch * _photographed(rng, along, across, rho)[..., None]
    patch = patch / np.maximum(patch.max(axis=2, keepdims=True), 1)  # Cut off channel by channel, its hue would change.
    _suture(rng, patch, along, across)
    _ends(rng, patch, along, across)
    patch = _shine(rng, patch, along, across)
    fuzz = rng.uniform(0, 0.35) * np.clip(rho, 0, 1) ** rng.uniform(4, 9)
    return np.asarray(patch + (1 - patch) * fuzz[..., None], np.float32), cover


def _polar(rng: Generator, item_class: str, along: Patch, across: Patch) -> Patch:
    """How far each point lies from the middle, 1 on the outline: with a notch at the stalk's end, at times a tip."""
    elongated = item_class == "raw" and rng.random() < _ELONGATED_SHARE
    width = rng.uniform(0.55, 0.78) if elongated else rng.uniform(0.86, 1.08)
    theta = np.linspace(-np.pi, np.pi, _ANGLES, dtype=np.float32)
    radius = np.ones_like(theta)
    for order in range(2, 6):
        radius += rng.normal(0, 0.025) / order * np.cos(order * theta + rng.uniform(0, 2 * np.pi))
    notch = rng.uniform(0, 0.22) * (rng.random() < 0.5) * (not elongated)
    radius -= notch * np.exp(-((theta / rng.uniform(0.15, 0.5)) ** 2))
    tip = rng.uniform(0.02, 0.12) * (rng.random() < 0.5)
    radius += tip * np.exp(-(((np.pi - np.abs(theta)) / rng.uniform(0.1, 0.35)) ** 2))
    at = (np.arctan2(across / width, along) + np.pi) * ((_ANGLES - 1) / (2 * np.pi))
    return np.asarray(np.hypot(along, across / width) / radius[at.astype(np.intp)], np.float32)


def _skin(
    rng: Generator, item_class: str, ripeness: float, along: Patch, across: Patch, cover: Patch
) -> Patch:  # fmt: skip
    """Two colours, the second on one side or in patches, mixed so that the mean has the ripeness's hue."""
    colourings = _COLOURINGS[item_class]
    colouring = colourings[rng.integers(len(colourings))]
    first, second = (
        np.array([rng.uniform(*part) for part in colour]) for colour in (colouring.first, colouring.second)
    )
    side = rng.uniform(0, 2 * np.pi)
    field = rng.uniform(0.4, 1) * (along * np.cos(side) + across * np.sin(side))
    for grain, depth in ((0.9, 0.3), (0.3, 0.12), (0.08, 0.05)):
        field = field + rng.uniform(0, depth) * _noise(rng, field.shape[0], grain)
    edge = rng.uniform(*colouring.edge)
    target = float(np.interp(ripeness, *np.array(PRINT_HUES).T))
    inside = cover[::_SAMPLED, ::_SAMPLED] > 0.5
    level = _level(field[::_SAMPLED, ::_SAMPLED][inside], edge, first, second, colouring.share, target)
    share = _share(field, edge, level)
    mean = float(_share(field[::_SAMPLED, ::_SAMPLED][inside], edge, level).mean())
    shift = np.array([_difference(target, _mean_hue(first, second, mean)), 0, 0])
    one, other = (_bgr(colour + shift) for colour in (first, second))
    mottled = 1 + rng.uniform(0.01, 0.06) * _noise(rng, field.shape[0], rng.uniform(0.03, 0.3))
    return np.asarray((one + (other - one) * share[..., None]) * mottled[..., None], np.float32)


def _noise(rng: Generator, size: int, grain: float) -> Patch:
    """Noise [size, size] whose spots are `grain` radii wide."""
    return smooth_noise(rng, size, size, max(1.0, grain * size / (2 * _REACH)))


def _share(field: Patch, edge: float, level: float) -> Patch:
    """The second colour's share at each point."""
    return np.asarray(1 / (1 + np.exp(np.clip((level - field) * 4 / edge, -30, 30))), np.float32)


def _level(field: Patch, edge: float, first: Colour, second: Colour, share: _Range, target: float) -> float:
    """The level above which the second colour shows: its share is within its range, and the mean hue near the target.

    The hue of the mean falls as the share grows, since second colours are redder.
    """
    low, high = -3.0, 3.0
    for _ in range(_TRIES):
        level = (low + high) / 2
        found = float(_share(field, edge, level).mean())
        more = found < share[0] or (found < share[1] and _difference(_mean_hue(first, second, found), target) > 0)
        low, high = (low, level) if more else (level, high)
    return (low + high) / 2


def _mean_hue(first: Colour, second: Colour, share: float) -> float:
    """The hue in degrees of two colours mixed."""
    mixed = (_bgr(first) * (1 - share) + _bgr(second) * share)[None, None]
    return float(cv2.cvtColor(np.asarray(mixed, np.float32), cv2.COLOR_BGR2HSV)[0, 0, 0])


def _difference(hue: float, other: float) -> float:
    """How far one hue lies beyond another, -180 to 180 degrees."""
    return (hue - other + 180) % 360 - 180


def _bgr(hsv: Colour) -> Patch:
    """A colour given by hue in degrees, saturation and value, float32 [3] in BGR."""
    wrapped = np.array([[[hsv[0] % 360, hsv[1], hsv[2]]]], np.float32)
    return np.asarray(cv2.cvtColor(wrapped, cv2.COLOR_HSV2BGR)[0, 0], np.float32)


def _photographed(rng: Generator, along: Patch, across: Patch, rho: Patch) -> Patch:
    """The light that fell on the peach when it was photographed: soft, from one side."""
    turn, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.4)
    up = np.sqrt(np.clip(1 - rho * rho, 0, 1))
    facing = 0.5 * (along * np.cos(turn) + across * np.sin(turn)) + 0.85 * up
    return np.asarray(1 + depth * (facing - 0.6), np.float32)


def _shine(rng: Generator, patch: Patch, along: Patch, across: Patch) -> Patch:
    """The soft highlight where a lamp stood when it was photographed."""
    turn, out, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.7), rng.uniform(0.2, 0.7)
    x, y = along - out * np.cos(turn), across - out * np.sin(turn)
    shine = rng.uniform(0, 0.55) * (rng.random() < 0.6) * np.exp(-(x * x + y * y) / reach**2)
    return np.asarray(patch + (1 - patch) * shine[..., None], np.float32)


def _suture(rng: Generator, patch: Patch, along: Patch, across: Patch) -> None:
    """The furrow from the stalk's end to the tip, in place: a dark line, one of its sides in a soft shadow."""
    if rng.random() > _SUTURE_SHARE:
        return
    bend, shift = rng.uniform(-0.45, 0.45), rng.uniform(-0.25, 0.25)
    aside = across - shift - bend * (1 - along**2)
    line = rng.uniform(0.05, 0.4) * np.exp(-((aside / rng.uniform(0.012, 0.05)) ** 2))
    shadow = rng.uniform(0, 0.4) * np.exp(-np.abs(aside) / rng.uniform(0.05, 0.25)) * (aside > 0)
    begin, end = rng.uniform(0.6, 1.1), rng.uniform(-1.1, -0.2)
    patch *= (1 - np.clip(line + shadow, 0, 0.6) * ((along < begin) & (along > end)))[..., None]


def _ends(rng: Generator, patch: Patch, along: Patch, across: Patch) -> None:
    """A dark dimple or a piece of stalk where it hung, in place; often hidden behind the fruit."""
    if rng.random() < 0.45:
        at, reach = rng.uniform(0.35, 1.0), rng.uniform(0.04, 0.16)
        dark = rng.uniform(0.2, 0.7) * np.exp(-((along - at) ** 2 + (across - rng.normal(0, 0.1)) ** 2) / reach**2)
        patch *= (1 - dark)[..., None]
