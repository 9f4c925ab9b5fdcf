"""Labelling: pictures of a line that no model knows yet are grouped by looks, and one label serves a whole group."""

import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.decoding import decode
from classifier.errors import DatasetError, ImageError
from classifier.training.groups import nearly_the_same, read_pictures
from classifier.training.layouts import UNLABELLED, image_files, is_picture, spelt

SHEET_FILE: Final = "groups.png"
_TILE_PX: Final = 160
_TITLE_PX: Final = 24
_COLUMNS: Final = 6

Groups = list[list[Path]]


def groups_to_label(folder: Path) -> Groups:
    """The pictures in a folder by looks, the largest group first. Raises `DatasetError` for a folder without any."""
    paths = [path for path in image_files(folder) if path.name != SHEET_FILE]
    if not paths:
        raise DatasetError(f"{folder} must hold pictures to label, got none")
    groups: dict[int, list[Path]] = {}
    for path, number in zip(paths, nearly_the_same(read_pictures(paths)), strict=True):
        groups.setdefault(number, []).append(path)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0].name))


def numbered_sheet(groups: Groups, path: Path) -> None:
    """Draw one picture of each group with its number from 1, and how many there are. Raises `DatasetError`."""
    tiles = [_tile(group, number) for number, group in enumerate(groups, 1)]
    while len(tiles) % _COLUMNS:
        tiles.append(np.full_like(tiles[0], 255))
    rows = [np.hstack(tiles[at : at + _COLUMNS]) for at in range(0, len(tiles), _COLUMNS)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())
    except OSError as error:
        raise DatasetError(f"{path}: not writable ({error.strerror})") from error


def _tile(group: Sequence[Path], number: int) -> NDArray[np.uint8]:
    """The group's middle picture under its number."""
    path = group[len(group) // 2]
    try:
        picture = decode(path.read_bytes(), _TILE_PX)
    except (OSError, ImageError) as error:
        raise DatasetError(f"{path}: {error}") from error
    title = np.full((_TITLE_PX, _TILE_PX, 3), 255, np.uint8)
    cv2.putText(title, f"{number} ({len(group)})", (4, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([title, picture])


def parse_labels(text: str, groups: int) -> dict[int, str]:
    """The label of each group's number in `1=ripe,2-4=raw`. Raises `DatasetError`."""
    labels: dict[int, str] = {}
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*=\s*(.+?)\s*", part)
        if found is None:
            raise DatasetError(f"--labels must be like 1=ripe,2-4=raw, got {part.strip()!r}")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= groups:
            raise DatasetError(f"--labels must number groups from 1 to {groups}, got {part.strip()!r}")
        labels |= dict.fromkeys(range(first, last + 1), spelt(found[3]))
    return labels


def write_labelled(groups: Groups, labels: Mapping[int, str], out: Path) -> int:
    """Copy the pictures of the labelled groups to `out/LABEL/`; returns how many.

    The names say which group a file was in (`ripe-2-001.jpg`), by a number that no group of the label has yet. What an
    earlier labelling made of the same pictures is taken away, so that each has one label. Raises `DatasetError` where
    they cannot be read or written.
    """
    for label in labels.values():
        if (out / label).name != label or label in ("", "..", UNLABELLED):
            raise DatasetError(f"label must be a plain folder name other than {UNLABELLED}, got {label!r}")
    sources = [path for number in labels for path in groups[number - 1]]
    written: set[Path] = set()
    try:
        earlier = _earlier_copies(out, sources)
        for number, label in sorted(labels.items()):
            folder = out / label
            folder.mkdir(parents=True, exist_ok=True)
            free = _free_number(folder, label, number, earlier)
            for at, path in enumerate(groups[number - 1], 1):
                written.add(copy := folder / f"{label}-{free}-{at:03d}{path.suffix.lower()}")
                shutil.copy2(path, copy)
        for path in earlier - written:
            path.unlink()
    except OSError as error:
        raise DatasetError(f"{error.filename or out} must be readable and writable, got: {error.strerror}") from error
    return len(sources)


def _earlier_copies(out: Path, sources: list[Path]) -> set[Path]:
    """The copies that an earlier labelling made of these pictures; none of them is a source, whatever its path."""
    digests, own = {_digest(path) for path in sources}, {path.resolve() for path in sources}
    return {
        path
        for path in out.glob("*/*")
        if re.fullmatch(rf"{re.escape(path.parent.name)}-\d+-\d{{3,}}", path.stem) and is_picture(path)
        and path.resolve() not in own and _digest(path) in digests
    }  # fmt: skip


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _free_number(folder: Path, label: str, wanted: int, going: set[Path]) -> int:
    """A group's number of which no file that stays has the name yet: the wanted one, or the next after all."""
    staying = (path for path in folder.iterdir() if path not in going)
    names = (re.fullmatch(rf"{re.escape(label)}-(\d+)-\d{{3,}}", path.stem) for path in staying)
    taken = {int(found[1]) for found in names if found}
    return max(taken) + 1 if wanted in taken else wanted
