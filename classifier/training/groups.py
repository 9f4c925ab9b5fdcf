"""Groups: which pictures show the same item, so that none of them is tested on while another is trained on.

By looks, two pictures show the same item where the colours of what differs from the other pictures are nearly the same,
however it is turned and wherever it lies; by name, where the files' names are alike but for a number at their end. Or
each picture shows another item, and is a group of its own.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.decoding import decode
from classifier.errors import DatasetError, ImageError

LOOKS: Final = "looks"
NAME: Final = "name"
NONE: Final = "none"
GROUPINGS: Final = (LOOKS, NAME, NONE)
_EDGE_PX: Final = 96
_SCENE_PICTURES: Final = 200
"""The most pictures from which it is learned what the line looks like behind the items."""

_DIFFERENT: Final = 30.0
"""From this difference of a colour on (of 255) a point belongs to what is not the same in all pictures."""

_COLOURFUL: Final = 6.0
_FEWEST_POINTS: Final = 30
_COLOURS: Final = 28
_REACH: Final = 70.0
_ALIKE: Final = 0.30
"""The distance of two pictures' colours up to which they count as of one item. It is wide on purpose: two items that
are taken for one cost some test pictures, one item on both sides makes the test worthless."""

_NEARLY_THE_SAME: Final = 0.20
"""The same, where a group of two items would get a wrong label."""

_SMALL: Final = 0.2
"""A group smaller than this share of the largest joins the one most like it: pictures cut off by the border."""

Floats = NDArray[np.float32]


def group_by(grouping: str) -> Callable[[Sequence[Path]], list[int]]:
    """The function that numbers the groups of a class's pictures, from 0. Raises `DatasetError` for another."""
    if grouping not in GROUPINGS:
        raise DatasetError(f"group must be one of {', '.join(GROUPINGS)}, got {grouping!r}")
    return {LOOKS: by_looks, NAME: by_name, NONE: _each}[grouping]


def _each(paths: Sequence[Path]) -> list[int]:
    return list(range(len(paths)))


def by_name(paths: Sequence[Path]) -> list[int]:
    """The group of each picture: all whose names are the same but for a number at the end.

    Raises `DatasetError` for a name that says nothing about what is shown.
    """
    stems = [re.sub(r"[\s_.-]*\(?\d+\)?$", "", path.stem) for path in paths]
    for path, stem in zip(paths, stems, strict=True):
        if re.fullmatch(r"[0-9a-f]{16}", path.stem):
            raise DatasetError(f"{path} is named by its content, as `collect` does it: --group looks goes by pictures")
        if not stem:
            raise DatasetError(f"{path} must be named after what it shows, then a number, to be grouped by name")
    numbers = {stem: number for number, stem in enumerate(dict.fromkeys(stems))}
    return [numbers[stem] for stem in stems]


def by_looks(paths: Sequence[Path]) -> list[int]:
    """The group of each picture: near-duplicates, and their near-duplicates in turn.

    A file that is no picture raises `DatasetError`.
    """
    return group_pictures(read_pictures(paths)) if paths else []


def read_pictures(paths: Sequence[Path]) -> NDArray[np.uint8]:
    """The pictures [n, h, w, 3] in BGR, small. Raises `DatasetError` for a file that is none."""
    return np.stack([_picture(path) for path in paths])


def group_pictures(pictures: NDArray[np.uint8]) -> list[int]:
    """The group of each picture [n, h, w, 3] in BGR, from 0, in the order of their first pictures."""
    apart = _distances(pictures)
    return _numbered(_join_small(apart, _linked(apart <= _ALIKE)))


def nearly_the_same(pictures: NDArray[np.uint8]) -> list[int]:
    """The group of each picture where it matters more that no two items share one than that none has two."""
    return _numbered(_linked(_distances(pictures) <= _NEARLY_THE_SAME))


def _distances(pictures: NDArray[np.uint8]) -> Floats:
    """How far the colours of each two pictures [n, h, w, 3] are apart, [n, n] from 0 to the root of 2."""
    every = np.linspace(0, len(pictures) - 1, min(len(pictures), _SCENE_PICTURES)).astype(int)
    scene = np.median(pictures[every], axis=0).astype(np.float32)
    colours = np.stack([_colours(picture, scene) for picture in pictures])
    return np.asarray(np.sqrt(np.clip(2 - 2 * colours @ colours.T, 0, None)), np.float32)


def _numbered(labels: NDArray[np.int64]) -> list[int]:
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels.tolist()))}
    return [numbers[label] for label in labels.tolist()]


def _picture(path: Path) -> NDArray[np.uint8]:
    try:
        return decode(path.read_bytes(), _EDGE_PX)
    except OSError as error:
        raise DatasetError(f"{path} must be readable, got: {error.strerror}") from error
    except ImageError as error:
        raise DatasetError(f"{path}: {error}") from error


def _colours(picture: NDArray[np.uint8], scene: Floats) -> Floats:
    """How often each hue and saturation occurs in what is not the scene: the root of shares, a vector of length 1.

    White is what is brightest there, whatever the light; points without colour do not count.
    """
    image = picture.astype(np.float32)
    points = image[np.abs(image - scene).max(axis=2) > _DIFFERENT]
    points = points if len(points) >= _FEWEST_POINTS else image.reshape(-1, 3)
    white = np.maximum(np.percentile(points, 97, axis=0), 60)
    lab = cv2.cvtColor(np.asarray(np.clip(points / white, 0, 1), np.float32)[None], cv2.COLOR_BGR2LAB)[0]
    colourful = np.hypot(lab[:, 1], lab[:, 2]) > _COLOURFUL
    lab = lab[colourful] if colourful.sum() >= _FEWEST_POINTS else lab
    edges = np.linspace(-_REACH, _REACH, _COLOURS + 1)
    inside = np.clip(lab[:, 1:], -_REACH, _REACH)
    counts = np.histogram2d(inside[:, 0], inside[:, 1], bins=(edges, edges))[0].astype(np.float32)
    shares = np.sqrt(cv2.GaussianBlur(counts, (0, 0), 1.0)).ravel()
    return np.asarray(shares / max(float(np.linalg.norm(shares)), 1e-6), np.float32)


def _linked(alike: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The group of each picture where all that are alike, directly or over others, form one."""
    labels = np.full(len(alike), -1, np.int64)
    for first in range(len(alike)):
        if labels[first] >= 0:
            continue
        labels[first] = first
        rest = [first]
        while rest:
            fresh = np.flatnonzero(alike[rest.pop()] & (labels < 0))
            labels[fresh] = first
            rest += fresh.tolist()
    return labels


def _join_small(apart: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The groups with each small one joined to the group of the picture that it is most alike."""
    while True:
        groups, counts = np.unique(labels, return_counts=True)
        smallest = int(counts.argmin())
        if len(groups) < 2 or counts[smallest] >= _SMALL * counts.max():
            return labels
        inside = labels == groups[smallest]
        nearest = apart[np.ix_(inside, ~inside)].min(axis=0).argmin()
        labels = np.where(inside, labels[~inside][nearest], labels)


def excluded_error(groups: int) -> float:
    """The lowest error rate that so many groups can exclude, if all of them are right, with 95 % certainty.

    With a rate of `e`, all of `n` are right in (1 - e)**n of the cases. Pictures of one item are right or wrong
    together, so that their number counts for nothing.
    """
    return float(1 - 0.05 ** (1 / groups)) if groups else 1.0


def what_it_tells(groups: int) -> str:
    """What a test on so many groups can tell, as a sentence."""
    return f"{groups} groups: nothing below {excluded_error(groups):.0%} error is excluded, if all of them are right"
