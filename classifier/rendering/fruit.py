"""Fruit: skin by ripeness, mottling, ribs, stalk, blemishes. `body` draws the shape and the light on it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Body, Generator, Light, Patch, round_body, shade, smooth_noise
from classifier.rendering.ripeness import CREAM, RIPENESS, bgr, colours, palette

_PALE_SHARE: Final = 0.4
_ROT_SHARE: Final = 0.35
_CALYX_SHARE: Final = 0.35
_STALK_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Skin:
    """How ripeness is spread over one item's skin: its mean, the slope from end to end, the mottling."""

    ripeness: float
    slope: float
    mottling: float


def draw_skin(rng: Generator, item_class: str, ripeness: float) -> Skin:
    """A random spread about the mean, widest in half-ripe fruit."""
    slope, mottling = {"raw": (0.06, 0.025), "half_ripe": (0.12, 0.05), "ripe": (0.05, 0.025)}[item_class]
    return Skin(ripeness=ripeness, slope=rng.uniform(-slope, slope), mottling=rng.uniform(0.2, 1) * mottling)


def draw_fruit(rng: Generator, skin: Skin, length_px: float, light: Light) -> tuple[Patch, Patch]:
    """One fruit under the light: colours [n, n, 3] and cover [n, n]."""
    body = round_body(rng, length_px, aspect=rng.uniform(0.72, 1.2), bumps=rng.uniform(0, 0.07))
    patch = _coloured(rng, skin, body)
    _rib(rng, patch, body)
    _blemish(rng, patch, body)
    patch = shade(patch, body, light)
    return patch, _top(rng, patch, body)


def _coloured(rng: Generator, skin: Skin, body: Body) -> Patch:
    """The skin's own colours, before any light falls on it."""
    axis = rng.uniform(0, 2 * np.pi)
    along = body.across * np.cos(axis) + body.down * np.sin(axis)
    size = body.size_px
    coarse = smooth_noise(rng, size, size, size / rng.uniform(3, 9))
    spread = skin.slope * along + skin.mottling * coarse
    spread -= float(np.average(spread, weights=body.alpha))
    table = palette(rng.uniform(-1.5, 1.5), _saturation(rng, skin), rng.uniform(0.68, 1.25))
    patch = colours(skin.ripeness + spread, table)
    if skin.ripeness <= RIPENESS["raw"][1] and rng.random() < _PALE_SHARE:
        return _blushed(rng, _paled(rng, patch, body), body)
    patch *= (1 + rng.uniform(0.01, 0.09) * smooth_noise(rng, size, size, rng.uniform(1.5, 5)))[..., None]
    return patch


def _saturation(rng: Generator, skin: Skin) -> float:
    """How much stronger than the palette's this fruit's colours are: raw skin is often duller, as that of apples."""
    return float(rng.uniform(0.65 if skin.ripeness <= RIPENESS["raw"][1] else 0.9, 1.12))


def _paled(rng: Generator, patch: Patch, body: Body) -> Patch:
    """Green skin turned to cream, on one side more than on the other."""
    cream = bgr(CREAM[0] + rng.uniform(-7, 14), CREAM[1] + rng.uniform(-0.12, 0.1), rng.uniform(0.6, 0.95))
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.4)
    side = body.across * np.cos(angle) + body.down * np.sin(angle)
    share = np.clip(rng.uniform(0.4, 0.95) + slope * side, 0, 1)
    return np.asarray(patch + (cream - patch) * share[..., None], np.float32)


def _blushed(rng: Generator, patch: Patch, body: Body) -> Patch:
    """Pale skin with a faint warm blush on one side, as unripe fruit has where the sun fell on it."""
    angle, size = rng.uniform(0, 2 * np.pi), body.size_px
    side = np.clip(body.across * np.cos(angle) + body.down * np.sin(angle), 0, 1)
    side *= np.clip(1 + 0.3 * smooth_noise(rng, size, size, size / 5), 0, 1)
    blush = bgr(rng.uniform(26, 44), rng.uniform(0.35, 0.55), rng.uniform(0.6, 0.95))
    return np.asarray(patch + (blush - patch) * (rng.uniform(0, 0.6) * side)[..., None], np.float32)


def _rib(rng: Generator, patch: Patch, body: Body) -> None:
    """Darken the furrows between ribs, in place; every third fruit has some."""
    if rng.random() < 0.35:
        ribs, depth = rng.integers(4, 10), rng.uniform(0.1, 0.5)
        wave = 0.5 + 0.5 * np.cos(ribs * body.theta + rng.uniform(0, 2 * np.pi) + 0.6 * np.sin(2 * body.theta))
        patch *= (1 - depth * wave**6 * np.clip(body.rho, 0, 1))[..., None]


def _blemish(rng: Generator, patch: Patch, body: Body) -> None:
    """Small dark spots, and now and then a patch of rot, in place."""
    size = body.size_px
    cover = np.zeros((size, size), np.float32)
    for _ in range(rng.poisson(1.5)):
        x, y = rng.uniform(0.2, 0.8, 2) * size
        axes = (int(rng.uniform(1, 0.05 * size + 1)), int(rng.uniform(1, 0.03 * size + 1)))
        cv2.ellipse(cover, (int(x), int(y)), axes, rng.uniform(0, 180), 0, 360, rng.uniform(0.3, 0.9), -1, cv2.LINE_AA)
    if rng.random() < _ROT_SHARE:
        x, y = rng.uniform(0.25, 0.75, 2) * size
        axes = (int(rng.uniform(0.06, 0.32) * size), int(rng.uniform(0.06, 0.26) * size))
        cv2.ellipse(cover, (int(x), int(y)), axes, rng.uniform(0, 180), 0, 360, rng.uniform(0.5, 0.9), -1, cv2.LINE_AA)
    if cover.any():
        brown = bgr(rng.uniform(5, 35), rng.uniform(0.3, 0.7), rng.uniform(0.06, 0.35))
        patch += (brown - patch) * cv2.blur(cover, (5, 5))[..., None]


def _top(rng: Generator, patch: Patch, body: Body) -> Patch:
    """Draw the stalk's end: a dimple, sepals, a stalk. Returns the cover with the stalk in it."""
    size = body.size_px
    cover = body.alpha.copy()
    angle, out = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.48)
    at = np.array([np.cos(angle), np.sin(angle)]) * out * size * 0.72 + size / 2
    point = (int(at[0]), int(at[1]))
    green = bgr(rng.uniform(60, 110), rng.uniform(0.3, 0.7), rng.uniform(0.15, 0.5)).tolist()
    wood = bgr(rng.uniform(20, 80), rng.uniform(0.2, 0.6), rng.uniform(0.12, 0.45)).tolist()
    if rng.random() < 0.5:
        cv2.circle(patch, point, int(rng.uniform(0.01, 0.05) * size) + 1, wood, -1, cv2.LINE_AA)
    if rng.random() < _CALYX_SHARE:
        _sepals(rng, patch, at, size, green)
    if rng.random() < _STALK_SHARE:
        end = at + np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.05, 0.3) * size + rng.normal(0, 3, 2)
        width = int(rng.uniform(1, 0.04 * size + 1))
        stop = (int(end[0]), int(end[1]))
        cv2.line(patch, point, stop, wood, width, cv2.LINE_AA)
        cv2.line(cover, point, stop, 1.0, width, cv2.LINE_AA)
    return cover


def _sepals(rng: Generator, patch: Patch, at: np.ndarray, size: int, green: list[float]) -> None:
    """A star of four to seven sepals, in place."""
    count, reach, first = int(rng.integers(4, 8)), rng.uniform(0.06, 0.22) * size, rng.uniform(0, 2 * np.pi)
    for angle in first + np.arange(count) * 2 * np.pi / count + rng.normal(0, 0.15, count):
        ahead, beside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        corners = np.array([at + beside * reach * 0.16, at + ahead * reach, at - beside * reach * 0.16])
        cv2.fillConvexPoly(patch, corners.astype(np.int32), green, cv2.LINE_AA)
