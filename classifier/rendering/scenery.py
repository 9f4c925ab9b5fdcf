"""The belt as the camera sees it: colour, weave, streaks, seams, dirt, and at times the frame beside it."""

from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Generator, Patch, smooth_noise
from classifier.rendering.ripeness import bgr

BELT_COLOURS: Final = (
    # hue in degrees from, to; saturation from, to; value from, to
    ((0, 360), (0.0, 0.10), (0.06, 0.85)),  # black over grey to white
    ((80, 165), (0.15, 0.75), (0.12, 0.60)),  # green
    ((195, 235), (0.20, 0.80), (0.12, 0.70)),  # blue
    ((20, 42), (0.15, 0.45), (0.20, 0.70)),  # brown, tan
)
_BELT_ODDS: Final = (0.52, 0.22, 0.16, 0.10)


def draw_belt(rng: Generator, width_px: int, height_px: int) -> Patch:
    """An empty belt, float32 [h, w, 3] in BGR, 0 to 1."""
    hue, saturation, value = BELT_COLOURS[rng.choice(len(BELT_COLOURS), p=_BELT_ODDS)]
    base = bgr(rng.uniform(*hue), rng.uniform(*saturation), rng.uniform(*value))
    grain = rng.uniform(0.01, 0.07) * smooth_noise(rng, height_px, width_px, rng.uniform(1.0, 4.0))
    grain += rng.uniform(0.0, 0.10) * smooth_noise(rng, height_px, width_px, rng.uniform(30, 120))
    if rng.random() < 0.5:
        grain += _weave(rng, width_px, height_px)
    if rng.random() < 0.4:
        grain += rng.uniform(0.01, 0.06) * smooth_noise(rng, height_px, 1, rng.uniform(2, 10))
    grain += 1
    belt = np.asarray(cv2.merge([grain * shade for shade in base]), np.float32)
    if rng.random() < 0.3:
        _dirt(rng, belt)
    if rng.random() < 0.3:
        _frame(rng, belt)
    return belt


def _weave(rng: Generator, width_px: int, height_px: int) -> Patch:
    """A regular pattern over the belt: ribs across or a weave, [h, w]."""
    period_px, depth = rng.uniform(4, 24), rng.uniform(0.02, 0.12)
    x = np.arange(width_px, dtype=np.float32)[None, :] * (2 * np.pi / period_px)
    y = np.arange(height_px, dtype=np.float32)[:, None] * (2 * np.pi / period_px)
    across = np.float32(rng.random() < 0.5)
    return np.asarray(depth * np.sin(x + y * across) + across * depth * np.sin(x - y) + 0 * y, np.float32)


def _dirt(rng: Generator, belt: Patch) -> None:
    """Specks, scratches and a seam, in place."""
    height, width = belt.shape[:2]
    for _ in range(rng.integers(1, 12)):
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        colour = (belt[y, x] * rng.uniform(0.4, 1.7)).tolist()
        cv2.circle(belt, (x, y), int(rng.uniform(1, 4)), colour, -1, cv2.LINE_AA)
    if rng.random() < 0.4:
        x, lean = int(rng.uniform(0, width)), int(rng.normal(0, 15))
        colour = (belt[0, x] * rng.uniform(0.5, 1.5)).tolist()
        cv2.line(belt, (x, 0), (x + lean, height), colour, int(rng.integers(1, 5)), cv2.LINE_AA)


def _frame(rng: Generator, belt: Patch) -> None:
    """The machine's frame along one or both long edges, in place."""
    height = belt.shape[0]
    metal = bgr(rng.uniform(0, 360), rng.uniform(0, 0.15), rng.uniform(0.25, 0.9))
    edge = int(rng.uniform(0.03, 0.14) * height)
    rows = np.arange(height)
    beside = (rows < edge) | ((rows >= height - edge) & (rng.random() < 0.6))
    belt[beside] = metal * (1 + 0.03 * rng.standard_normal((1, belt.shape[1], 1), dtype=np.float32))
