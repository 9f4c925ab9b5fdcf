"""The belt with what stands beside it in the picture: rails, frame, a bracket, a lamp's reflection."""

from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Generator, Patch, smooth_noise
from classifier.rendering.looks import CARD, LOOKS
from classifier.rendering.ripeness import bgr
from classifier.rendering.scenery import draw_belt

_GREEN_SHARE: Final = 0.65
_RAILS_SHARE: Final = 0.9


def draw_railed_belt(rng: Generator, look: str) -> Patch:
    """An empty belt between its rails, float32 [h, w, 3] in BGR, 0 to 1."""
    width, height = LOOKS[look].scene_px
    belt = _green_belt(rng, look, width, height) if rng.random() < _GREEN_SHARE else draw_belt(rng, width, height)
    if rng.random() < 0.4:
        _reflect(rng, belt)
    if rng.random() < _RAILS_SHARE:
        for above in (True, False):
            _rail(rng, belt, look, above=above)
    return belt


def _green_belt(rng: Generator, look: str, width: int, height: int) -> Patch:
    """A green belt: light and woven in a simulator, dark and smooth in a workshop, at times the other way round."""
    light = (look == CARD) == (rng.random() < 0.85)
    base = bgr(
        rng.uniform(125, 165), rng.uniform(0.3, 0.65), rng.uniform(0.38, 0.65) if light else rng.uniform(0.12, 0.4)
    )
    grain = np.ones((height, width), np.float32)
    grain += rng.uniform(0.005, 0.04) * smooth_noise(rng, height, width, rng.uniform(1, 4))
    if light:
        x = np.arange(width, dtype=np.float32)[None, :] / LOOKS[look].finer
        y = np.arange(height, dtype=np.float32)[:, None] / LOOKS[look].finer
        slant, period = rng.uniform(-0.6, 0.6), rng.uniform(1.5, 5)
        wave = np.sin(2 * np.pi * (y + slant * x) / period) * np.sin(2 * np.pi * x / rng.uniform(4, 14))
        grain += rng.uniform(0, 0.15) * wave
    return np.asarray(grain[..., None] * base, np.float32)


def _reflect(rng: Generator, belt: Patch) -> None:
    """A lamp's soft reflection on the belt, in place."""
    height, width = belt.shape[:2]
    x = (np.arange(width, dtype=np.float32)[None, :] / width - rng.uniform(-0.1, 1.1)) / rng.uniform(0.05, 0.25)
    y = (np.arange(height, dtype=np.float32)[:, None] / height - rng.uniform(0, 1)) / rng.uniform(0.05, 0.25)
    belt += (rng.uniform(0.03, 0.3) * np.exp(-(x * x + y * y)))[..., None]


def _rail(rng: Generator, belt: Patch, look: str, *, above: bool) -> None:
    """The rails along one long edge, in place: one to four strips, a bracket now and then."""
    height, width = belt.shape[:2]
    edge, lean = 0.0, rng.normal(0, 0.004) * (look != CARD)
    for _ in range(rng.integers(1, 5)):
        begin, edge = edge, edge + rng.uniform(0.01, 0.09)
        _strip(rng, belt, (begin, edge), _rail_colour(rng, look), lean, above=above)
    if rng.random() < 0.6:
        across, along = edge * rng.uniform(0.05, 0.3) * height, rng.uniform(-0.1, 0.9) * width
        size = (rng.uniform(0.05, 0.35) * width, rng.uniform(0.3, 0.7) * edge * height)
        top = across if above else height - 1 - across - size[1]
        hue, saturation = (rng.uniform(0, 360), rng.uniform(0.2, 0.9)) if look == CARD else (0, 0.05)
        colour = bgr(hue, saturation, rng.uniform(0.5, 0.95)).tolist()
        corner, other = (int(along), int(top)), (int(along + size[0]), int(top + size[1]))
        cv2.rectangle(belt, corner, other, colour, -1, cv2.LINE_AA)
        cv2.line(belt, (corner[0], other[1]), other, [0.5 * part for part in colour], 1, cv2.LINE_AA)
    dark = (edge, edge + rng.uniform(0.004, 0.02))
    _strip(rng, belt, dark, belt[height // 2, width // 2] * np.float32(rng.uniform(0.4, 0.9)), lean, above=above)


def _rail_colour(rng: Generator, look: str) -> Patch:
    """White, grey or sky blue; in a workshop more often the dull grey of aluminium."""
    draw = rng.random()
    if draw < 0.25 and look == CARD:
        return bgr(rng.uniform(190, 220), rng.uniform(0.08, 0.35), rng.uniform(0.8, 1))
    if draw < 0.4:
        return bgr(rng.uniform(0, 360), rng.uniform(0, 0.4), rng.uniform(0.1, 0.9))
    return bgr(rng.uniform(0, 360), rng.uniform(0, 0.08), rng.uniform(0.45, 1))


def _strip(rng: Generator, belt: Patch, span: tuple[float, float], colour: Patch, lean: float, *, above: bool) -> None:
    """One strip of a rail, in place: from and to in shares of the picture's height, from its border on."""
    height, width = belt.shape[:2]
    begin, end = (share * height for share in span)
    reach = min(height, int(end + abs(lean) * width) + 2)
    part = belt[:reach] if above else belt[: -reach - 1 : -1]
    rows = np.arange(reach, dtype=np.float32)[:, None] + lean * np.arange(width, dtype=np.float32)[None, :]
    cover = np.clip(rows - begin + 0.5, 0, 1) * np.clip(end - rows + 0.5, 0, 1)
    streaks = 1 + rng.uniform(0, 0.06) * smooth_noise(rng, reach, 1, 2.0)
    part += (colour * streaks[..., None] - part) * cover[..., None]
