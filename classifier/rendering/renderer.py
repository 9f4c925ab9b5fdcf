"""The renderer: what the line's camera sees when an item passes under it, as a JPEG file.

The same arguments give the same bytes in any process. Lengths are in metres on the belt; the view is `VIEW_M` wide
and three quarters as high, and its centre lies over the belt's centre line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier.rendering.body import Generator, Light, Patch, cast_shadow, draw_light, lay
from classifier.rendering.foreign_objects import FOREIGN_KINDS, draw_foreign
from classifier.rendering.fruit import draw_fruit, draw_skin
from classifier.rendering.optics import develop, draw_optics, encode, spoil
from classifier.rendering.ripeness import GAPS, RIPENESS
from classifier.rendering.scenery import draw_belt

WIDTH_PX: Final = 320
HEIGHT_PX: Final = 240
VIEW_M: Final = 0.24
_PX_PER_M: Final = WIDTH_PX / VIEW_M
_LONGEST_M: Final = 0.5
"""The longest item that is drawn: a longer one fills the picture all the same."""

_Paint = Callable[[Generator, float, Light], tuple[Patch, Patch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Something to draw: its length, and how far its centre lies from the view's centre."""

    paint: _Paint
    length_m: float
    along_m: float
    lateral_m: float


def render(
    item_class: str, *, seed: int, length_m: float = 0.08, lateral_m: float = 0.0, fault: str | None = None
) -> bytes:
    """A picture of one item as JPEG bytes, 320 x 240. An item of a class that is no fruit is drawn as a foreign object.

    `fault` is one of `optics.FAULTS` or None. Raises `ValueError` on another fault or a length that is not above 0.
    """
    rng = np.random.default_rng(seed)
    if item_class in RIPENESS:
        paint = _fruit(item_class, rng.uniform(*RIPENESS[item_class]))
    else:
        paint = _foreign(str(rng.choice(FOREIGN_KINDS)))
    image = _shoot(rng, [_place(rng, paint, length_m, lateral_m)])
    return image if fault is None else spoil(image, fault, seed=seed)


def render_between(*, seed: int, gap: int) -> bytes:
    """A picture of a fruit somewhere in gap `gap` of `GAPS`, between two classes."""
    rng = np.random.default_rng(seed)
    lower, upper, begin, end = GAPS[gap]
    paint = _fruit(str(rng.choice([lower, upper])), rng.uniform(begin, end))
    return _shoot(rng, [_place(rng, paint, rng.uniform(0.055, 0.1), rng.uniform(-0.02, 0.02))])


def render_foreign(kind: str, *, seed: int, length_m: float = 0.08, lateral_m: float = 0.0) -> bytes:
    """A picture of a foreign object of one of `FOREIGN_KINDS` or `STRANGE_KINDS`."""
    rng = np.random.default_rng(seed)
    return _shoot(rng, [_place(rng, _foreign(kind), length_m, lateral_m)])


def render_empty(*, seed: int) -> bytes:
    """A picture of the belt with nothing on it."""
    return _shoot(np.random.default_rng(seed), [])


def render_two(first: str, second: str, *, seed: int, gap_m: float = 0.01) -> bytes:
    """A picture of two items with `gap_m` between the tail of one and the nose of the other, at the view's centre."""
    rng = np.random.default_rng(seed)
    places = []
    for item_class, side in ((first, -1), (second, 1)):
        length_m = rng.uniform(0.055, 0.09)
        paint = _fruit(item_class, rng.uniform(*RIPENESS[item_class]))
        along_m = side * (length_m + gap_m) / 2
        places.append(_Place(paint=paint, length_m=length_m, along_m=along_m, lateral_m=rng.normal(0, 0.015)))
    return _shoot(rng, places)


def _fruit(item_class: str, ripeness: float) -> _Paint:
    return lambda rng, length_px, light: draw_fruit(rng, draw_skin(rng, item_class, ripeness), length_px, light)


def _foreign(kind: str) -> _Paint:
    return lambda rng, length_px, light: draw_foreign(rng, kind, length_px, light)


def _place(rng: Generator, paint: _Paint, length_m: float, lateral_m: float) -> _Place:
    """Where an item is when the camera takes its picture: its centre under the lens, but for the shutter's jitter."""
    if not length_m > 0:
        raise ValueError(f"length_m must be above 0, got {length_m!r}")
    return _Place(paint=paint, length_m=min(length_m, _LONGEST_M), along_m=rng.normal(0, 0.006), lateral_m=lateral_m)


def _shoot(rng: Generator, places: list[_Place]) -> bytes:
    """The JPEG file of belt and bodies with their light and shadows, as the camera takes it."""
    picture = draw_belt(rng, WIDTH_PX, HEIGHT_PX)
    light, optics, depth = draw_light(rng), draw_optics(rng), rng.uniform(0.15, 0.6)
    picture *= np.float32(light.ambient + (1.25 - light.ambient) * light.direction[2])
    for place in places:
        patch, cover = place.paint(rng, place.length_m * _PX_PER_M, light)
        centre = (WIDTH_PX / 2 + place.along_m * _PX_PER_M, HEIGHT_PX / 2 + place.lateral_m * _PX_PER_M)
        cast_shadow(picture, cover, centre, light, depth)
        lay(picture, patch, cover, centre)
    return encode(develop(rng, picture, optics), optics.quality)
