"""Foreign objects: things that may lie on the belt and are no items.

`FOREIGN_KINDS` are drawn for training. `STRANGE_KINDS` never are, so that a measurement on them says what the model
answers to objects that it has not seen.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Generator, Light, Patch, round_body, shade, smooth_noise
from classifier.rendering.ripeness import bgr

Drawn = tuple[Patch, Patch]
"""Colours [n, n, 3] and cover [n, n]."""


def draw_foreign(rng: Generator, kind: str, length_px: float, light: Light) -> Drawn:
    """One object of a kind, about `length_px` long."""
    return _DRAW[kind](rng, length_px, light)


def _wrong_colour(rng: Generator) -> Patch:
    """A colour that no fruit of the classes has."""
    hue, saturation, value = (
        ((165, 325), (0.3, 1.0), (0.2, 1.0)),  # cyan, blue, violet, magenta
        ((0, 360), (0.0, 0.10), (0.1, 1.0)),  # grey and white
        ((0, 360), (0.0, 0.6), (0.02, 0.10)),  # black
        ((285, 345), (0.3, 0.9), (0.05, 0.30)),  # as black cherries
        ((8, 28), (0.35, 0.6), (0.10, 0.28)),  # brown
        ((325, 350), (0.3, 0.75), (0.5, 1.0)),  # pink
    )[rng.integers(6)]
    return bgr(rng.uniform(*hue), rng.uniform(*saturation), rng.uniform(*value))


def _any_colour(rng: Generator) -> Patch:
    """Any colour at all, a fruit's too."""
    return bgr(rng.uniform(0, 360), rng.uniform(0, 1) ** 0.7, rng.uniform(0.1, 1))


def _fruit_colour(rng: Generator) -> Patch:
    """A colour that fruit of the classes may have."""
    return bgr(rng.uniform(-5, 105), rng.uniform(0.5, 0.95), rng.uniform(0.25, 0.9))


def _thing_colour(rng: Generator) -> Patch:
    """Mostly a fruit's colour, so that the model does not tell fruit by colour alone."""
    return _fruit_colour(rng) if rng.random() < 0.7 else _any_colour(rng)


def _ball(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A round thing of a wrong colour, at times mottled with a second one."""
    body = round_body(rng, length_px, aspect=rng.uniform(0.72, 1.2), bumps=rng.uniform(0, 0.08))
    size = body.size_px
    blend = np.clip(0.5 + smooth_noise(rng, size, size, size / 4), 0, 1)[..., None]
    first = _wrong_colour(rng)
    second = _wrong_colour(rng) if rng.random() < 0.3 else first * np.float32(rng.uniform(0.7, 1.3))
    return shade(first + (second - first) * blend, body, light), body.alpha


def _canvas(length_px: float) -> tuple[int, Patch]:
    """An empty cover with some room around an object of this length."""
    size = int(length_px * 1.5) + 4
    return size, np.zeros((size, size), np.float32)


def _surface(rng: Generator, size: int, light: Light, colour: Patch) -> Patch:
    """A flat thing's surface with grain, a gradient of light and at times print on it, [size, size, 3]."""
    ramp = np.linspace(-0.2, 0.2, size, dtype=np.float32)
    lit = light.ambient + 0.5 + light.direction[0] * ramp[None, :] + light.direction[1] * ramp[:, None]
    lit += rng.uniform(0, 0.12) * smooth_noise(rng, size, size, rng.uniform(1.5, 12))
    patch = colour * lit[..., None]
    if rng.random() < 0.4:
        stripe = np.sin(np.arange(size, dtype=np.float32) * rng.uniform(0.1, 1.2)) > rng.uniform(-0.5, 0.8)
        other = _any_colour(rng)
        if rng.random() < 0.5:
            patch[stripe] = other
        else:
            patch[:, stripe] = other
    return patch


def _filled(rng: Generator, cover: Patch, corners: np.ndarray, light: Light, colour: Patch) -> Drawn:
    """A flat thing with these corners."""
    cv2.fillPoly(cover, [np.round(corners).astype(np.int32)], 1.0, cv2.LINE_AA)
    return _surface(rng, cover.shape[0], light, colour), cover


def _turned(rng: Generator, size: int, points: np.ndarray) -> np.ndarray:
    """Points about the origin, turned at random and moved to the patch's middle."""
    angle = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ rotation.T + size / 2)


def _box(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A box or a card of any colour."""
    size, cover = _canvas(length_px)
    x, y = length_px * 0.5, length_px * rng.uniform(0.15, 0.5)
    corners = _turned(rng, size, np.array([[-x, -y], [x, -y], [x, y], [-x, y]]))
    return _filled(rng, cover, corners, light, _thing_colour(rng))


def _shard(rng: Generator, length_px: float, light: Light) -> Drawn:
    """An irregular shard with three to eleven corners, of any colour."""
    size, cover = _canvas(length_px)
    count = int(rng.integers(3, 12))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = length_px * rng.uniform(0.18, 0.6, count)
    points = np.stack([np.cos(angle) * reach, np.sin(angle) * reach], axis=1)
    return _filled(rng, cover, points + size / 2, light, _thing_colour(rng))


def _plate(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A flat thing with a wavy rim, at times with a hole in it: a gasket, a scrap of foam, a slice."""
    size, cover = _canvas(length_px)
    angle, waves = np.linspace(0, 2 * np.pi, 90, endpoint=False), np.arange(1, 7)
    heights = rng.normal(0, rng.uniform(0.02, 0.35), waves.size) / np.sqrt(waves)
    swing = np.cos(angle[:, None] * waves + rng.uniform(0, 2 * np.pi, waves.size)) @ heights
    reach = length_px * np.clip(0.42 * (1 + swing), 0.06, 0.7)
    points = np.stack([np.cos(angle) * reach, np.sin(angle) * reach * rng.uniform(0.5, 1)], axis=1)
    patch, cover = _filled(rng, cover, _turned(rng, size, points), light, _thing_colour(rng))
    if rng.random() < 0.4:
        x, y = (int(v) for v in size / 2 + rng.normal(0, 0.06 * length_px, 2))
        axes = (int(rng.uniform(0.05, 0.3) * length_px) + 1, int(rng.uniform(0.05, 0.3) * length_px) + 1)
        cv2.ellipse(cover, (x, y), axes, rng.uniform(0, 180), 0, 360, 0.0, -1, cv2.LINE_AA)
    return patch, cover


def _core(rng: Generator, length_px: float, light: Light) -> Drawn:
    """An eaten fruit: a waist, ragged edges, browned flesh with rests of skin."""
    size, cover = _canvas(length_px)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    waist = 1 - rng.uniform(0.2, 0.7) * np.abs(np.sin(angle)) ** rng.uniform(0.5, 2)
    reach = length_px * 0.5 * waist * (1 + rng.uniform(0.05, 0.2) * rng.normal(size=40))
    points = np.stack([np.cos(angle) * reach, np.sin(angle) * reach], axis=1)
    cv2.fillPoly(cover, [np.round(_turned(rng, size, points)).astype(np.int32)], 1.0, cv2.LINE_AA)
    flesh = bgr(rng.uniform(18, 50), rng.uniform(0.3, 0.8), rng.uniform(0.35, 0.9))
    rest = bgr(rng.uniform(0, 100), rng.uniform(0.3, 0.9), rng.uniform(0.15, 0.7))
    blotches = np.clip(smooth_noise(rng, size, size, size / rng.uniform(4, 14)) - 0.3, 0, 1)[..., None]
    rough = 1 + rng.uniform(0.05, 0.3) * smooth_noise(rng, size, size, rng.uniform(2, 6))
    return (flesh + (rest - flesh) * blotches) * rough[..., None] * (light.ambient + 0.4), cover


def _leaf(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A leaf: two arcs that meet in points, with a rib."""
    size, cover = _canvas(length_px)
    along = np.linspace(-1, 1, 24)
    width = rng.uniform(0.1, 0.3) * (1 - along**2) * length_px
    upper, lower = np.stack([along * length_px * 0.6, width], 1), np.stack([along[::-1] * length_px * 0.6, -width], 1)
    colour = bgr(rng.uniform(25, 120), rng.uniform(0.3, 0.9), rng.uniform(0.15, 0.7))
    points = _turned(rng, size, np.concatenate([upper, lower]))
    patch, cover = _filled(rng, cover, points, light, colour)
    base, tip = ((int(x), int(y)) for x, y in points[[0, 23]])
    cv2.line(patch, base, tip, (colour * 1.4).tolist(), 1, cv2.LINE_AA)
    return patch, cover


def _cable(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A bent wire, cable or stick."""
    size, cover = _canvas(length_px)
    ends = size / 2 + rng.normal(0, length_px * 0.3, (int(rng.integers(2, 6)), 2))
    width = int(rng.uniform(0.03, 0.14) * length_px) + 1
    cv2.polylines(cover, [np.round(ends).astype(np.int32)], False, 1.0, width, cv2.LINE_AA)
    return _surface(rng, size, light, _thing_colour(rng)), cover


def _gravel(rng: Generator, length_px: float, light: Light) -> Drawn:
    """Many small things: stones, seeds, scraps."""
    size, cover = _canvas(length_px)
    patch = np.zeros((size, size, 3), np.float32)
    for _ in range(rng.integers(5, 30)):
        x, y = (int(v) for v in np.clip(rng.normal(size / 2, size / 6, 2), 0, size - 1))
        axes = (int(rng.uniform(2, 0.1 * size + 3)), int(rng.uniform(2, 0.07 * size + 3)))
        angle = rng.uniform(0, 180)
        cv2.ellipse(cover, (x, y), axes, angle, 0, 360, 1.0, -1, cv2.LINE_AA)
        cv2.ellipse(patch, (x, y), axes, angle, 0, 360, _any_colour(rng).tolist(), -1, cv2.LINE_AA)
    return patch * np.float32(light.ambient + 0.5), cover


def _patchwork(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A round thing of many colours: a toy ball, a wrapped sweet."""
    body = round_body(rng, length_px, aspect=rng.uniform(0.6, 1.2), bumps=rng.uniform(0, 0.1))
    size, count = body.size_px, int(rng.integers(3, 12))
    table = np.stack([_any_colour(rng) for _ in range(count)])
    sectors = ((body.theta / (2 * np.pi) + 0.5) * count + rng.uniform(0, 3) * body.rho).astype(int) % count
    blobs = np.clip(smooth_noise(rng, size, size, size / 5) * 2 + count / 2, 0, count - 1).astype(int)
    return shade(table[sectors if rng.random() < 0.5 else blobs], body, light), body.alpha


def _pod(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A long thin round thing in a fruit's colours: a pod, a pepper, a carrot; it lies at any angle."""
    body = round_body(rng, length_px * 1.3, aspect=rng.uniform(0.15, 0.45), bumps=rng.uniform(0, 0.05))
    size = body.size_px
    blend = np.clip(body.across + 0.3 * smooth_noise(rng, size, size, size / 5), 0, 1)[..., None]
    first, second = _fruit_colour(rng), _fruit_colour(rng)
    patch = shade(first + (second - first) * blend, body, light)
    rotation = cv2.getRotationMatrix2D(((size - 1) / 2, (size - 1) / 2), rng.uniform(0, 180), 1.0)
    return tuple(np.asarray(cv2.warpAffine(part, rotation, (size, size)), np.float32) for part in (patch, body.alpha))  # type: ignore[return-value]


def _star(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A star of any colour."""
    size, cover = _canvas(length_px)
    count = int(rng.integers(4, 9))
    angle = np.arange(2 * count) * np.pi / count
    reach = np.where(np.arange(2 * count) % 2 == 0, 0.6, rng.uniform(0.15, 0.35)) * length_px
    points = np.stack([np.cos(angle) * reach, np.sin(angle) * reach], axis=1)
    return _filled(rng, cover, _turned(rng, size, points), light, _any_colour(rng))


def _ring(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A ring or a washer."""
    size, cover = _canvas(length_px)
    radius = int(length_px * rng.uniform(0.25, 0.45))
    cv2.circle(cover, (size // 2, size // 2), radius, 1.0, int(rng.uniform(0.08, 0.2) * length_px) + 1, cv2.LINE_AA)
    return _surface(rng, size, light, _any_colour(rng)), cover


def _crescent(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A crescent, as a banana lies."""
    size, cover = _canvas(length_px)
    angle = np.linspace(0, rng.uniform(1.6, 3.0), 30)
    outer, inner = length_px * 0.55, length_px * rng.uniform(0.3, 0.42)
    rim = np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.concatenate([rim * outer, (rim * inner + rim.mean(0) * (outer - inner) * 0.4)[::-1]])
    colour = bgr(rng.uniform(40, 75), rng.uniform(0.5, 0.9), rng.uniform(0.5, 0.95))
    return _filled(rng, cover, _turned(rng, size, points - points.mean(0)), light, colour)


def _letters(rng: Generator, length_px: float, light: Light) -> Drawn:
    """Thick letters, as cut from foam."""
    size, _ = _canvas(length_px)
    text = "".join(chr(int(c)) for c in rng.integers(65, 91, 2))
    printed = np.zeros((size, size), np.uint8)
    place, thick = (int(size * 0.1), int(size * 0.65)), int(length_px / 8) + 1
    cv2.putText(printed, text, place, cv2.FONT_HERSHEY_SIMPLEX, length_px / 35, 255, thick, cv2.LINE_AA)
    cover = np.asarray(printed / 255, np.float32)
    return _surface(rng, size, light, _any_colour(rng)), cover


def _gear(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A toothed wheel with a hole."""
    size, cover = _canvas(length_px)
    teeth, angle = int(rng.integers(7, 18)), np.linspace(0, 2 * np.pi, 240, endpoint=False)
    reach = length_px * (0.42 + 0.08 * np.sign(np.sin(teeth * angle)))
    points = np.stack([np.cos(angle) * reach, np.sin(angle) * reach], axis=1) + size / 2
    patch, cover = _filled(rng, cover, points, light, _any_colour(rng))
    cv2.circle(cover, (size // 2, size // 2), int(length_px * rng.uniform(0.08, 0.25)), 0.0, -1, cv2.LINE_AA)
    return patch, cover


def _chequers(rng: Generator, length_px: float, light: Light) -> Drawn:
    """A ball chequered in two colours that differ."""
    body = round_body(rng, length_px, aspect=rng.uniform(0.9, 1.1), bumps=0.0)
    count = rng.uniform(2, 6)
    field = (np.floor(body.across * count) + np.floor(body.down * count)).astype(int) % 2
    hue, saturation, value = rng.uniform(0, 360), rng.uniform(0.3, 1), rng.uniform(0.2, 1)
    table = np.stack([bgr(hue, saturation, value), bgr(hue + rng.uniform(90, 270), 1 - saturation, 1.2 - value)])
    return shade(table[field], body, light), body.alpha


_DRAW: Final[dict[str, Callable[[Generator, float, Light], Drawn]]] = {
    "ball": _ball,
    "box": _box,
    "shard": _shard,
    "plate": _plate,
    "core": _core,
    "leaf": _leaf,
    "cable": _cable,
    "gravel": _gravel,
    "patchwork": _patchwork,
    "pod": _pod,
    "star": _star,
    "ring": _ring,
    "crescent": _crescent,
    "letters": _letters,
    "gear": _gear,
    "chequers": _chequers,
}

FOREIGN_KINDS: Final = ("ball", "box", "shard", "plate", "core", "leaf", "cable", "gravel", "patchwork", "pod")
STRANGE_KINDS: Final = ("star", "ring", "crescent", "letters", "gear", "chequers")
