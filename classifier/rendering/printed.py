"""What carries a print: a white card that lies upright on the belt, or a box, turned at will, with a printed top."""

from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Generator, Light, Patch, smooth_noise
from classifier.rendering.foreign_objects import draw_foreign
from classifier.rendering.looks import CARD
from classifier.rendering.peach import draw_peach
from classifier.rendering.ripeness import bgr

FLAT: Final = Light(direction=(0.0, 0.0, 1.0), ambient=0.6, gloss=0.0, sharpness=8.0)
"""The light on things that are printed: that of their photograph, which no lamp of the line changes."""

_BLUE_SHARE: Final = 0.5
_BLANK_SHARE: Final = 0.2
_WRONG_PEACH_SHARE: Final = 0.3
_GREY_SHARE: Final = 0.2

Print = tuple[Patch, Patch]
"""A printed thing: its colours [n, n, 3] and its cover [n, n]."""


def print_peach(rng: Generator, look: str, item_class: str, ripeness: float, card_px: float) -> Patch:
    """A white card [n, n, 3] with a peach on it."""
    share = rng.uniform(0.6, 0.82) if look == CARD else rng.uniform(0.72, 1.0)
    return _print(rng, look, card_px, draw_peach(rng, item_class, ripeness, card_px * share))


def print_foreign(rng: Generator, look: str, kind: str, card_px: float) -> Patch:
    """A card [n, n, 3] with anything but a peach of a class on it: nothing, another thing, a peach of wrong colours."""
    draw = rng.random()
    if draw < _BLANK_SHARE:
        size = round(card_px)
        return _print(rng, look, card_px, (np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)))
    if draw < _BLANK_SHARE + _WRONG_PEACH_SHARE:
        patch, cover = draw_peach(rng, "ripe", 0.9, card_px * rng.uniform(0.6, 0.95))
        hsv = np.asarray(cv2.cvtColor(patch, cv2.COLOR_BGR2HSV), np.float32)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(110, 320)) % 360
        if rng.random() < _GREY_SHARE:
            hsv[..., 1] = 0
        return _print(rng, look, card_px, (np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.float32), cover))
    return _print(rng, look, card_px, draw_foreign(rng, kind, card_px * rng.uniform(0.4, 0.9), FLAT))


def _print(rng: Generator, look: str, card_px: float, printed: Print) -> Patch:
    """The card with a print in its middle, or near it, in the pale colours of a printer."""
    size = round(card_px)
    tint = np.array([rng.uniform(0.97, 1.0) for _ in range(3)], np.float32) * np.float32(rng.uniform(0.92, 1.0))
    card = np.ones((size, size, 3), np.float32)
    patch, cover = (_fitted(part, size) for part in (printed[0], printed[1][..., None]))
    wash = rng.uniform(0, 0.12) if look == CARD else rng.uniform(0, 0.42)
    card += (patch + (1 - patch) * np.float32(wash) - card) * cover
    return np.asarray(card * tint, np.float32)


def _fitted(part: Patch, size: int) -> Patch:
    """A print's part on a card's square; what hangs over is cut off."""
    whole = np.zeros((size, size, part.shape[2]), np.float32)
    have = part.shape[0]
    cut, at = max(0, (have - size) // 2), max(0, (size - have) // 2)
    span = min(have, size)
    whole[at : at + span, at : at + span] = part[cut : cut + span, cut : cut + span]
    return whole


def carry(rng: Generator, look: str, card: Patch, offset_px: tuple[float, float]) -> Print:
    """The card or the box that bears a print, as the camera sees it at `offset_px` from its picture's middle.

    Colours [n, n, 3] and cover [n, n].
    """
    size = card.shape[0]
    if look == CARD:
        turn_deg, height = rng.normal(0, 1.0) * (rng.random() < 0.3), rng.uniform(0, 0.01)
    else:
        turn_deg, height = rng.uniform(0, 360), rng.uniform(0.05, 0.3)
    full = int(np.ceil(size * 1.42 * (1 + height))) + 6
    middle = (full - 1) / 2
    place = cv2.getRotationMatrix2D(((size - 1) / 2, (size - 1) / 2), float(turn_deg), 1.0)
    place[:, 2] += middle - (size - 1) / 2
    corners = np.array([[[0, 0], [size, 0], [size, size], [0, size]]], np.float32) - 0.5
    top = cv2.transform(corners, place)[0]
    patch = np.zeros((full, full, 3), np.float32)
    cover = np.zeros((full, full), np.float32)
    _sides(rng, patch, cover, top, np.array(offset_px) / max(size, 1) * height * size)
    face = cv2.warpAffine(card, place, (full, full), flags=cv2.INTER_LINEAR)
    alpha = cv2.warpAffine(np.ones((size, size), np.float32), place, (full, full), flags=cv2.INTER_LINEAR)
    patch = face + patch * (1 - alpha[..., None])
    return np.asarray(patch, np.float32), np.asarray(np.maximum(cover, alpha), np.float32)


def _sides(rng: Generator, patch: Patch, cover: Patch, top: Patch, lean: Patch) -> None:
    """The sides of a box that the camera sees, in place: its foot lies nearer to the middle of the picture."""
    hue, saturation = (rng.uniform(195, 225), rng.uniform(0.5, 0.95)) if rng.random() < _BLUE_SHARE else (
        rng.uniform(0, 360), rng.uniform(0, 0.6))  # fmt: skip
    colour = bgr(hue, saturation, rng.uniform(0.2, 0.85))
    foot = top - lean
    hull = cv2.convexHull(np.concatenate([top, foot]).astype(np.float32))
    cv2.fillConvexPoly(cover, np.round(hull).astype(np.int32), 1.0, cv2.LINE_AA)
    grain = 1 + 0.04 * smooth_noise(rng, cover.shape[0], cover.shape[1], 8.0)
    patch += colour * (cover * grain)[..., None]
