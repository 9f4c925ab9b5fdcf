"""Pictures that show no item: noise, flat fields, clutter that fills the frame, files damaged on the way."""

from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Generator, Patch, smooth_noise
from classifier.rendering.optics import encode
from classifier.rendering.ripeness import bgr

BLANK_KINDS: Final = ("noise", "flat", "clutter")


def render_blank(kind: str, *, seed: int, width_px: int = 320, height_px: int = 240) -> bytes:
    """A picture of one of `BLANK_KINDS` as JPEG bytes; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    draw = {"noise": _noise, "flat": _flat, "clutter": _clutter}[kind]
    picture = np.clip(draw(rng, height_px, width_px) * 255, 0, 255).astype(np.uint8)
    return encode(picture, int(rng.integers(55, 96)))


def damage(image: bytes, *, seed: int) -> bytes:
    """The picture as a file with damaged bytes decodes: from some row on it is grey, shifted or miscoloured."""
    rng = np.random.default_rng(seed)
    picture = np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    row, kind = int(picture.shape[0] * rng.uniform(0.2, 0.55)), rng.random()
    if kind < 0.4:
        picture[row:] = 128
    else:
        shift = rng.integers(-120, 120, 3) * (kind > 0.6)
        rolled = np.roll(picture[row:], int(rng.integers(20, 300)), axis=1).astype(np.int16)
        picture[row:] = np.clip(rolled + shift, 0, 255)
    return encode(picture, int(rng.integers(55, 96)))


def _noise(rng: Generator, height: int, width: int) -> Patch:
    """Noise of one grain, in colour or grey."""
    grain_px = float(np.exp(rng.uniform(0, np.log(40))))
    grey = rng.random() < 0.4
    layers = [smooth_noise(rng, height, width, grain_px) for _ in range(1 if grey else 3)]
    contrast, level = rng.uniform(0.1, 0.5), rng.uniform(0.2, 0.8)
    return np.asarray(level + contrast * cv2.merge(layers * (3 if grey else 1)), np.float32)


def _flat(rng: Generator, height: int, width: int) -> Patch:
    """One colour, or a slow ramp between two; black and white often."""
    first, second = (bgr(rng.uniform(0, 360), rng.uniform(0, 1), rng.uniform(0, 1)) for _ in range(2))
    extreme = rng.random()
    if extreme < 0.2:
        first = second = np.full(3, np.round(extreme / 0.2), np.float32)
    elif extreme < 0.6:
        second = first
    ramp = np.linspace(0, 1, width, dtype=np.float32)[None, :, None] * np.ones((height, 1, 1), np.float32)
    return np.asarray(first + (second - first) * ramp, np.float32)


def _clutter(rng: Generator, height: int, width: int) -> Patch:
    """Shapes of any colour and size all over the frame, as if the camera pointed elsewhere."""
    picture = _flat(rng, height, width)
    for _ in range(rng.integers(8, 60)):
        colour = bgr(rng.uniform(0, 360), rng.uniform(0, 1) ** 0.8, rng.uniform(0.02, 1)).tolist()
        centre = np.array([rng.uniform(0, width), rng.uniform(0, height)])
        reach = np.exp(rng.uniform(np.log(6), np.log(160)))
        if rng.random() < 0.5:
            corners = centre + rng.normal(0, reach, (int(rng.integers(3, 8)), 2))
            cv2.fillPoly(picture, [corners.astype(np.int32)], colour, cv2.LINE_AA)
        else:
            axes = (int(reach * rng.uniform(0.2, 1)), int(reach * rng.uniform(0.2, 1)))
            middle = (int(centre[0]), int(centre[1]))
            cv2.ellipse(picture, middle, axes, rng.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 4)), np.float32)
    texture = rng.uniform(0, 0.2) * smooth_noise(rng, height, width, rng.uniform(1, 20))
    return soft * (1 + texture)[..., None]
