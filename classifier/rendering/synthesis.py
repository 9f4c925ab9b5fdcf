"""Synthetic sets: which pictures a set holds. Each is drawn from the set's seed, its split and its own number."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from classifier.metadata import BETWEEN
from classifier.recognition import UNKNOWN
from classifier.rendering.blank import BLANK_KINDS, damage, render_blank
from classifier.rendering.foreign_objects import FOREIGN_KINDS
from classifier.rendering.looks import BOX, CARD, FRUIT
from classifier.rendering.renderer import (
    render,
    render_between,
    render_empty,
    render_foreign,
    render_two,
    ripeness_between,
    ripeness_of,
)
from classifier.rendering.ripeness import FRUIT_CLASSES, GAPS

CLASSES: Final = (*FRUIT_CLASSES, UNKNOWN)
"""Every class of a synthetic set, in the order of their folders."""

SPLITS: Final = ("train", "val", "test")
BETWEEN_SHARE: Final = 0.20
"""Share of a set that lies between two classes: about as much as if ripeness were spread evenly."""

UNKNOWN_SHARE: Final = 0.34
_UNKNOWN_ODDS: Final = {
    "foreign": 0.50,
    "empty": 0.10,
    "clutter": 0.10,
    "noise": 0.06,
    "flat": 0.05,
    "dark": 0.06,
    "blurred": 0.05,
    "two": 0.05,
    "damaged": 0.03,
}
UNKNOWN_KINDS: Final = tuple(_UNKNOWN_ODDS)
_LOOK_ODDS: Final = {FRUIT: 0.35, CARD: 0.25, BOX: 0.4}
"""Boxes, turned at will and cut off by the picture's border, take most to learn."""

_LOOK_STREAM: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One picture of a set: the file's bytes, its class (or two classes, joined), its kind within it, its look.

    `ripeness` runs from 0 to 1; it is NaN where the picture does not show one fruit clearly.
    """

    image: bytes
    label: str
    kind: str
    look: str = FRUIT
    ripeness: float = math.nan


def synthesize(count: int, *, seed: int, split: str, look: str | None = None) -> Iterator[Sample]:
    """A set of `count` samples; each depends on seed, split, look and its own number alone."""
    for number in range(count):
        yield draw_sample(number, seed=seed, split=split, look=look)


def draw_sample(number: int, *, seed: int, split: str, look: str | None = None) -> Sample:
    """Sample `number` of a set, in one look or (None) in any of them.

    The classes take turns, so that a set of any size is balanced.
    """
    rng = np.random.default_rng([seed, SPLITS.index(split), number])
    picture_seed = int(rng.integers(2**62))
    if look is None:
        # From another stream than the picture, whose first number is how ripe its fruit is.
        apart = np.random.default_rng([picture_seed, _LOOK_STREAM])
        look = str(apart.choice(list(_LOOK_ODDS), p=list(_LOOK_ODDS.values())))
    if rng.random() < BETWEEN_SHARE:
        gap = int(rng.integers(len(GAPS)))
        label = BETWEEN.join(GAPS[gap][:2])
        image = render_between(seed=picture_seed, gap=gap, look=look)
        ripeness = ripeness_between(seed=picture_seed, gap=gap)
        return Sample(image=image, label=label, kind="between", look=look, ripeness=ripeness)
    if rng.random() < UNKNOWN_SHARE:
        kind = str(rng.choice(UNKNOWN_KINDS, p=list(_UNKNOWN_ODDS.values())))
        return Sample(image=draw_unknown(kind, seed=picture_seed, look=look), label=UNKNOWN, kind=kind, look=look)
    label = FRUIT_CLASSES[number % len(FRUIT_CLASSES)]
    length_m, lateral_m = _size(rng)
    image = render(label, seed=picture_seed, length_m=length_m, lateral_m=lateral_m, look=look)
    ripeness = ripeness_of(label, seed=picture_seed)
    return Sample(image=image, label=label, kind=label, look=look, ripeness=ripeness)


def draw_unknown(kind: str, *, seed: int, look: str = FRUIT) -> bytes:
    """A picture of one of `UNKNOWN_KINDS`: anything but a single, clearly visible item of a class."""
    rng = np.random.default_rng([seed, 1])
    length_m, lateral_m = _size(rng)
    fruit = str(rng.choice(FRUIT_CLASSES))
    item = partial(render, fruit, seed=seed, length_m=length_m, look=look)
    draw: dict[str, Callable[[], bytes]] = {
        "foreign": lambda: render_foreign(
            _foreign_kind(rng), seed=seed, length_m=length_m, lateral_m=lateral_m, look=look
        ),
        "empty": lambda: render_empty(seed=seed, look=look),
        "dark": lambda: item(lateral_m=lateral_m, fault="dark"),
        "blurred": lambda: item(lateral_m=lateral_m, fault="blurred"),
        "two": lambda: render_two(
            fruit, str(rng.choice(FRUIT_CLASSES)), seed=seed, gap_m=rng.uniform(-0.005, 0.04), look=look
        ),
        "damaged": lambda: damage(item(), seed=seed),
    }
    return render_blank(kind, seed=seed) if kind in BLANK_KINDS else draw[kind]()


_FOREIGN_ODDS: Final = {
    "ball": 0.16,
    "box": 0.10,
    "shard": 0.15,
    "plate": 0.25,
    "core": 0.06,
    "leaf": 0.07,
    "cable": 0.05,
    "gravel": 0.04,
    "patchwork": 0.06,
    "pod": 0.06,
}
"""Flat things are the most frequent: in a fruit's colours, only their shape tells them from fruit."""


def _foreign_kind(rng: np.random.Generator) -> str:
    return str(rng.choice(FOREIGN_KINDS, p=[_FOREIGN_ODDS[kind] for kind in FOREIGN_KINDS]))


def _size(rng: np.random.Generator) -> tuple[float, float]:
    """Length and lateral offset of an item, in m."""
    return float(rng.uniform(0.05, 0.11)), float(rng.normal(0, 0.015))
