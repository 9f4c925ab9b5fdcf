"""Test pictures that no model was trained on."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from classifier.rendering.blank import render_blank
from classifier.rendering.body import cast_shadow, draw_light, lay
from classifier.rendering.optics import develop, draw_optics, encode, spoil
from classifier.rendering.renderer import HEIGHT_PX, WIDTH_PX
from classifier.rendering.ripeness import FRUIT_CLASSES
from classifier.rendering.scenery import draw_belt

Picture = tuple[str, bytes]
"""What it shows and the file's bytes."""


def on_belts(folder: Path, *, belts: int, seed: int = 7) -> Iterator[Picture]:
    """Photographs on white (a folder a class), each cut out and put on `belts` rendered belts, through the camera."""
    for number, path in enumerate(sorted(folder.glob("*/*.jpg"))):
        photo = cv2.imread(str(path)).astype(np.float32) / 255
        cover = _cut_out(photo)
        for belt in range(belts):
            rng = np.random.default_rng([seed, number, belt])
            yield path.parent.name, _compose(rng, photo, cover)


def _cut_out(photo: np.ndarray) -> np.ndarray:
    """The cover [h, w] of what is not near-white: the largest piece, holes (highlights) filled, edge eroded."""
    solid = (photo.min(axis=2) < 0.86).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(solid)
    cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 1, -1)
    return cv2.GaussianBlur(cv2.erode(filled, np.ones((3, 3), np.uint8)).astype(np.float32), (3, 3), 0)


def _compose(rng: np.random.Generator, photo: np.ndarray, cover: np.ndarray) -> bytes:
    """A belt with the photograph on it. The photograph keeps its own light; belt and camera are rendered."""
    picture = draw_belt(rng, WIDTH_PX, HEIGHT_PX)
    light, optics = draw_light(rng), draw_optics(rng)
    picture *= np.float32(light.ambient + (1.25 - light.ambient) * light.direction[2])
    scale = rng.uniform(0.75, 1.3)
    patch = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    alpha = cv2.resize(cover, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    centre = (WIDTH_PX / 2 + rng.normal(0, 8), HEIGHT_PX / 2 + rng.normal(0, 15))
    cast_shadow(picture, alpha, centre, light, rng.uniform(0.15, 0.6))
    lay(picture, patch, alpha, centre)
    return encode(develop(rng, picture, optics), optics.quality)


def photographs(count: int, *, seed: int = 5) -> Iterator[Picture]:
    """Random cuts of scikit-image's photographs (astronaut, cat, coffee, ...): nothing of the sort is ever rendered.

    None at all where scikit-image is not installed.
    """
    try:
        from skimage import data
    except ImportError:
        return

    names = ("astronaut", "cat", "coffee", "chelsea", "rocket", "brick", "grass", "gravel", "camera", "coins", "page",
             "text", "clock", "colorwheel", "hubble_deep_field", "immunohistochemistry", "retina")  # fmt: skip
    photos = [p for p in (_photo(data, name) for name in names) if p is not None]
    assert photos, "scikit-image has no pictures here"
    rng = np.random.default_rng(seed)
    for number in range(count):
        photo = photos[number % len(photos)]
        height, width = photo.shape[:2]
        share = rng.uniform(0.4, 1.0)
        size = (int(height * share), int(width * share))
        top, left = (int(rng.integers(0, full - part + 1)) for full, part in zip((height, width), size, strict=True))
        cut = np.ascontiguousarray(photo[top : top + size[0], left : left + size[1]])
        yield "photograph", encode(cv2.resize(cut, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA), 85)


def _photo(data: object, name: str) -> np.ndarray | None:
    """One of the pictures that come with the package; None where it would have to be downloaded."""
    try:
        picture = np.asarray(getattr(data, name)())
    except Exception:  # Which error says "not installed with the package" changes with its version.
        return None
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3):
        return None
    return np.ascontiguousarray(picture[..., 2::-1]) if picture.ndim == 3 else np.stack([picture] * 3, axis=2)


def spoilt(count: int, *, seed: int = 11) -> Iterator[Picture]:
    """Dark and torn pictures of fruit, plain white, plain black, noise, flat fields."""
    from classifier.rendering.renderer import render

    for number in range(count):
        fruit = render(FRUIT_CLASSES[number % 3], seed=seed * 1_000_003 + number)
        for fault in ("dark", "torn"):
            yield fault, spoil(fruit, fault, seed=seed + number)
        for kind in ("noise", "flat"):
            yield kind, render_blank(kind, seed=seed * 1_000_003 + number)
    for level, name in ((255, "white"), (0, "black")):
        for quality in range(60, 100, 4):
            yield name, encode(np.full((HEIGHT_PX, WIDTH_PX, 3), level, np.uint8), quality)
