"""The contact sheet: every kind of picture that the renderer draws, a row a kind, as one PNG file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.errors import DatasetError
from classifier.rendering.blank import BLANK_KINDS, render_blank
from classifier.rendering.foreign_objects import FOREIGN_KINDS, STRANGE_KINDS
from classifier.rendering.looks import BOX, CARD
from classifier.rendering.optics import spoil
from classifier.rendering.renderer import render, render_between, render_empty, render_foreign, render_two
from classifier.rendering.ripeness import FRUIT_CLASSES, GAPS

_TILE: Final = (96, 72)
_TITLE_PX: Final = 110
_GREY: Final = 128
_CLASSES: Final = ("raw", "half_ripe", "ripe")


def contact_sheet(path: Path, *, seed: int, columns: int = 6) -> None:
    """Draw every kind of picture that the renderer knows, a row a kind. Raises `DatasetError` where it cannot write."""
    fruit = [FRUIT_CLASSES[i % len(FRUIT_CLASSES)] for i in range(columns)]
    seeds = [seed + i for i in range(columns)]
    rows = {name: [render(name, seed=s) for s in seeds] for name in _CLASSES}
    for look in (CARD, BOX):
        rows |= {f"{look}, {name}": [render(name, seed=s, look=look) for s in seeds] for name in _CLASSES}
        rows[f"{look}, between"] = [render_between(seed=s, gap=s % len(GAPS), look=look) for s in seeds]
        kinds = [FOREIGN_KINDS[s % len(FOREIGN_KINDS)] for s in seeds]
        rows[f"{look}, foreign"] = [render_foreign(k, seed=s, look=look) for k, s in zip(kinds, seeds, strict=True)]
        rows[f"{look}, empty"] = [render_empty(seed=s, look=look) for s in seeds]
    for number, (lower, upper, *_) in enumerate(GAPS):
        rows[f"{lower} | {upper}"] = [render_between(seed=s, gap=number) for s in seeds]
    rows |= {name: [render_foreign(name, seed=s) for s in seeds] for name in (*FOREIGN_KINDS, *STRANGE_KINDS)}
    rows["two items"] = [render_two(fruit[i], fruit[-i], seed=s) for i, s in enumerate(seeds)]
    rows["empty"] = [render_empty(seed=s) for s in seeds]
    rows |= {name: [render_blank(name, seed=s) for s in seeds] for name in BLANK_KINDS}
    for fault in ("blurred", "dark"):
        rows[fault] = [render(fruit[i], seed=s, fault=fault) for i, s in enumerate(seeds)]
    tiles = {name: [_tile(image) for image in images] for name, images in rows.items()}
    tiles["torn"] = [_torn_tile(render(fruit[i], seed=s), seed=s) for i, s in enumerate(seeds)]
    sheet = np.vstack([_row(name, row) for name, row in tiles.items()])
    try:
        path.write_bytes(cv2.imencode(".png", sheet)[1].tobytes())
    except OSError as error:
        raise DatasetError(f"{path}: not writable ({error.strerror})") from error


def _row(name: str, tiles: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A row of the sheet: its title and its pictures."""
    title = np.full((_TILE[1], _TITLE_PX, 3), 255, np.uint8)
    cv2.putText(title, name, (4, _TILE[1] // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.34, (0, 0, 0), 1, cv2.LINE_AA)
    return np.hstack([title, *tiles])


def _tile(image: bytes) -> NDArray[np.uint8]:
    """A picture as small as the sheet has it, with white beside one that is narrower."""
    picture = np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    width = min(_TILE[0], round(picture.shape[1] * _TILE[1] / picture.shape[0]))
    small = cv2.resize(picture, (width, _TILE[1]), interpolation=cv2.INTER_AREA)
    room = _TILE[0] - width
    white = (255, 255, 255)
    return np.asarray(
        cv2.copyMakeBorder(small, 0, 0, room // 2, room - room // 2, cv2.BORDER_CONSTANT, value=white), np.uint8
    )


def _torn_tile(image: bytes, *, seed: int) -> NDArray[np.uint8]:
    """A picture as far as it came before it was torn; the rest grey."""
    tile = _tile(image)
    tile[int(_TILE[1] * len(spoil(image, "torn", seed=seed)) / len(image)) :] = _GREY
    return tile
