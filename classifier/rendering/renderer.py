"""The renderer: what the line's camera sees when an item passes under it, as a JPEG file.

The same arguments give the same bytes in any process. Lengths are in metres on the belt; the view's centre lies over
the belt's centre line. `look` is one of `LOOKS`: bare fruit, fruit printed on a card, fruit printed on a box.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from classifier.rendering.body import Generator, Light, Patch, cast_shadow, draw_light, lay
from classifier.rendering.foreign_objects import FOREIGN_KINDS, draw_foreign
from classifier.rendering.fruit import draw_fruit, draw_skin
from classifier.rendering.looks import FRUIT, LOOKS
from classifier.rendering.optics import develop, draw_optics, draw_wide_optics, encode, expose, spoil
from classifier.rendering.printed import carry, print_foreign, print_peach
from classifier.rendering.rails import draw_railed_belt
from classifier.rendering.ripeness import GAPS, RIPENESS
from classifier.rendering.scenery import draw_belt

WIDTH_PX: Final = LOOKS[FRUIT].width_px
HEIGHT_PX: Final = LOOKS[FRUIT].height_px
_LONGEST_M: Final = 0.5
"""The longest item that is drawn: a longer one fills the picture all the same."""

_BARE_SHARE: Final = 0.4
"""How many of the foreign objects on a line of cards or boxes lie there as they are, and are not printed."""

_Offset = tuple[float, float]
_Paint = Callable[[Generator, float, Light, _Offset], tuple[Patch, Patch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Something to draw: its length, and how far its centre lies from the view's centre."""

    paint: _Paint
    length_m: float
    along_m: float
    lateral_m: float


def render(
    item_class: str, *, seed: int, length_m: float = 0.08, lateral_m: float = 0.0, fault: str | None = None,
    look: str = FRUIT,
) -> bytes:  # fmt: skip
    """A picture of one item as JPEG bytes. An item of a class that is no fruit is drawn as a foreign object.

    `fault` is one of `optics.FAULTS` or None. Raises `ValueError` on another fault or look, or a length that is not
    above 0.
    """
    rng = np.random.default_rng(seed)
    _check(look)
    if item_class in RIPENESS:
        paint = _fruit(item_class, _draw_ripeness(rng, item_class), look)
    else:
        paint = _foreign(str(rng.choice(FOREIGN_KINDS)), look)
    image = _shoot(rng, [_place(rng, paint, length_m, lateral_m, look)], look)
    return image if fault is None else spoil(image, fault, seed=seed)


def render_between(*, seed: int, gap: int, look: str = FRUIT) -> bytes:
    """A picture of a fruit somewhere in gap `gap` of `GAPS`, between two classes."""
    rng = np.random.default_rng(seed)
    paint = _fruit(*_draw_between(rng, gap), look)
    return _shoot(rng, [_place(rng, paint, rng.uniform(0.055, 0.1), rng.uniform(-0.02, 0.02), look)], look)


def ripeness_of(item_class: str, *, seed: int) -> float:
    """How ripe `render` draws the fruit of a class with this seed, from 0 to 1."""
    return _draw_ripeness(np.random.default_rng(seed), item_class)


def ripeness_between(*, seed: int, gap: int) -> float:
    """How ripe `render_between` draws the fruit in a gap with this seed, from 0 to 1."""
    return _draw_between(np.random.default_rng(seed), gap)[1]


def render_foreign(
    kind: str, *, seed: int, length_m: float = 0.08, lateral_m: float = 0.0, look: str = FRUIT
) -> bytes:  # fmt: skip
    """A picture of a foreign object of one of `FOREIGN_KINDS` or `STRANGE_KINDS`."""
    rng = np.random.default_rng(seed)
    return _shoot(rng, [_place(rng, _foreign(kind, look), length_m, lateral_m, look)], look)


def render_empty(*, seed: int, look: str = FRUIT) -> bytes:
    """A picture of the belt with nothing on it."""
    return _shoot(np.random.default_rng(seed), [], look)


def render_two(first: str, second: str, *, seed: int, gap_m: float = 0.01, look: str = FRUIT) -> bytes:
    """A picture of two items with `gap_m` between the tail of one and the nose of the other, at the view's centre."""
    rng = np.random.default_rng(seed)
    places = []
    for item_class, side in ((first, -1), (second, 1)):
        length_m = rng.uniform(0.055, 0.09)
        paint = _fruit(item_class, rng.uniform(*RIPENESS[item_class]), look)
        along_m = side * (length_m + gap_m) / 2
        places.append(_Place(paint=paint, length_m=length_m, along_m=along_m, lateral_m=rng.normal(0, 0.015)))
    return _shoot(rng, places, look)


def _check(look: str) -> None:
    if look not in LOOKS:
        raise ValueError(f"look must be one of {', '.join(LOOKS)}, got {look!r}")


def _draw_ripeness(rng: Generator, item_class: str) -> float:
    return rng.uniform(*RIPENESS[item_class])


def _draw_between(rng: Generator, gap: int) -> tuple[str, float]:
    """The class as which a fruit in a gap is drawn, and how ripe it is."""
    lower, upper, begin, end = GAPS[gap]
    return str(rng.choice([lower, upper])), rng.uniform(begin, end)


def _fruit(item_class: str, ripeness: float, look: str) -> _Paint:
    if look == FRUIT:
        return lambda rng, length_px, light, _: draw_fruit(rng, draw_skin(rng, item_class, ripeness), length_px, light)
    return lambda rng, length_px, _, offset_px: carry(
        rng, look, print_peach(rng, look, item_class, ripeness, length_px), offset_px
    )


def _foreign(kind: str, look: str) -> _Paint:
    if look == FRUIT:
        return lambda rng, length_px, light, _: draw_foreign(rng, kind, length_px, light)

    def paint(rng: Generator, length_px: float, light: Light, offset_px: _Offset) -> tuple[Patch, Patch]:
        if rng.random() < _BARE_SHARE:
            return draw_foreign(rng, kind, length_px, light)
        return carry(rng, look, print_foreign(rng, look, kind, length_px), offset_px)

    return paint


def _place(rng: Generator, paint: _Paint, length_m: float, lateral_m: float, look: str) -> _Place:
    """Where an item is when the camera takes its picture: its centre under the lens, but for the shutter's jitter."""
    if not length_m > 0:
        raise ValueError(f"length_m must be above 0, got {length_m!r}")
    along_m = rng.normal(0, LOOKS[look].along_m)
    return _Place(paint=paint, length_m=min(length_m, _LONGEST_M), along_m=along_m, lateral_m=lateral_m)


def _shoot(rng: Generator, places: list[_Place], look: str) -> bytes:
    """The JPEG file of belt and bodies with their light and shadows, as the camera takes it."""
    if look != FRUIT:
        return _shoot_printed(rng, places, look)
    picture = draw_belt(rng, WIDTH_PX, HEIGHT_PX)
    light, optics, depth = draw_light(rng), draw_optics(rng), rng.uniform(0.15, 0.6)
    picture *= np.float32(light.ambient + (1.25 - light.ambient) * light.direction[2])
    _lay_all(rng, picture, places, light, depth, look)
    return encode(develop(rng, picture, optics), optics.quality)


def _shoot_printed(rng: Generator, places: list[_Place], look: str) -> bytes:
    """The JPEG file of a railed belt and what bears prints, in even light, as a small or a poor camera takes it."""
    picture = draw_railed_belt(rng, look)
    optics, depth = draw_wide_optics(rng, finer=LOOKS[look].finer), rng.uniform(0.0, 0.6)
    _lay_all(rng, picture, places, draw_light(rng), depth, look)
    expose(rng, picture)
    size = (LOOKS[look].width_px, LOOKS[look].height_px)
    reduced = picture if LOOKS[look].finer == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return encode(develop(rng, np.asarray(reduced, np.float32), optics), optics.quality)


def _lay_all(
    rng: Generator, picture: Patch, places: list[_Place], light: Light, depth: float, look: str
) -> None:  # fmt: skip
    height, width = picture.shape[:2]
    scale = LOOKS[look].px_per_m
    for place in places:
        offset_px = (place.along_m * scale, place.lateral_m * scale)
        patch, cover = place.paint(rng, place.length_m * scale, light, offset_px)
        centre = (width / 2 + offset_px[0], height / 2 + offset_px[1])
        cast_shadow(picture, cover, centre, light, depth)
        lay(picture, patch, cover, centre)
