"""Labelled pictures in the layouts that users have them in.

A folder a class (`ripe/1.jpg`); a label file in YOLO's format for each picture (`1.jpg` and `1.txt`, side by side or in
`images/` and `labels/`); or the class at the beginning of each file's name (`ripe-1.jpg`).
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from classifier.errors import DatasetError
from classifier.metadata import BETWEEN
from classifier.recognition import UNKNOWN
from classifier.rendering.ripeness import FRUIT_CLASSES

IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png")
NAMES_FILE: Final = "classes.txt"
"""The file in which labelling tools keep the classes' names, one a line, in the order of their numbers."""

_OTHER_SUFFIXES: Final = (".avif", ".bmp", ".gif", ".heic", ".jfif", ".tif", ".tiff", ".webp")
"""Pictures that are not read. A few of them among others would be missed without a word."""

_SIDES: Final = {"train", "val", "valid", "validation", "test"}
"""Folders of a split's sides. They are no classes if one of them is `train`."""

UNLABELLED: Final = "unlabelled"
"""The folder of pictures that nobody has labelled yet. It is no class."""

HOW: Final = "--classes raw,half-ripe,ripe (in the order of their numbers) says what they are"

Labelled = dict[str, list[Path]]
"""The picture files of each class."""


def parse_classes(text: str | None) -> tuple[str, ...]:
    """The classes in `raw,half-ripe,ripe`, in our spelling. Raises `DatasetError` for empty or repeated ones."""
    if text is None:
        return ()
    names = tuple(spelt(name) for name in text.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise DatasetError(f"--classes must be different names with commas between them, got {text!r}")
    return names


def spelt(name: str) -> str:
    """A class's name in our spelling: small letters, words joined by an underline."""
    return re.sub(r"[\s_-]+", "_", name.strip()).lower()


def labelled_pictures(root: Path, names: tuple[str, ...] = ()) -> Labelled:
    """The pictures under a folder by class; `names` are the classes in the order of their numbers.

    Raises `DatasetError` where the layout is none of those above, or a folder or a number stands for no known class.
    """
    listed = _listed(root)
    beside = any(path.suffix == ".txt" and path.name != NAMES_FILE for path in listed)
    pictures = _pictures_among(listed)
    if pictures and beside:
        return _by_label_file(root, pictures, root, names)
    if {"images", "labels"} <= {path.name for path in listed if path.is_dir()}:
        return _by_label_file(root, _pictures_in(root / "images"), root / "labels", names)
    if pictures and not any(_is_class_folder(path) for path in listed):
        return _by_file_name(root, pictures, names)
    folders = class_folders(root)
    return _by_folder(root, folders, names)


def _listed(root: Path) -> list[Path]:
    try:
        return sorted(root.iterdir())
    except OSError as error:
        raise DatasetError(f"{root} must be a data folder that can be read, got: {error.strerror}") from error


def is_picture(path: Path) -> bool:
    """Whether a path is a picture file by its name. Hidden files are none: macOS puts `._1.jpg` beside `1.jpg`."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def image_files(folder: Path) -> list[Path]:
    """The image files in a folder, sorted. Raises `DatasetError` where it cannot be read, or has other pictures."""
    return _pictures_among(_listed(folder))


def _pictures_among(listed: list[Path]) -> list[Path]:
    others = [path for path in listed if path.suffix.lower() in _OTHER_SUFFIXES and not path.name.startswith(".")]
    if others:
        more = f" (and {len(others) - 1} more like it)" if len(others) > 1 else ""
        raise DatasetError(f"{others[0]} must be one of {', '.join(IMAGE_SUFFIXES)}{more}: convert it, or take it out")
    return [path for path in listed if is_picture(path)]


def _pictures_in(folder: Path) -> list[Path]:
    """The image files of a folder that holds nothing but pictures. Raises `DatasetError` for a folder in it."""
    for path in _listed(folder):
        if path.is_dir() and not path.name.startswith("."):
            raise DatasetError(f"{folder} must hold its pictures itself, got a folder in it: {path.name!r}")
    return image_files(folder)


def _is_class_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and path.name != UNLABELLED


def class_folders(root: Path) -> tuple[str, ...]:
    """The class folders under a root, sorted, without hidden ones.

    Raises `DatasetError` where there are fewer than two, or one is named after classes without folders of their own.
    """
    found = tuple(path.name for path in _listed(root) if _is_class_folder(path))
    sides = [name for name in found if name.lower() in _SIDES]
    if len(sides) > 1 and "train" in map(str.lower, sides):
        raise DatasetError(
            f"{root} must hold a folder for each class, got a split's sides, {', '.join(sides)}: `classifier train "
            f"--data` takes one with class folders in train/, val/ and test/; to split a side anew, name it: "
            f"{root / sides[0]}"
        )
    if len(found) < 2:
        raise DatasetError(
            f"{root} must hold 2 class folders or more, or a label file (1.txt) for each picture (1.jpg), "
            f"got {len(found)} folders"
        )
    return found


def _by_folder(root: Path, folders: tuple[str, ...], names: tuple[str, ...]) -> Labelled:
    """A folder a class, named by the class or its number."""
    found: Labelled = {}
    for folder in folders:
        label = _label_of_folder(root, folder, names)
        if label in found:
            raise DatasetError(f"{root} must hold one folder for {label}, got another: {folder!r}")
        found[label] = _pictures_in(root / folder)
    for label in found:
        if BETWEEN in label and not _is_between(label, found):
            raise DatasetError(
                f"{root / label} must be named after two classes beside it, joined by {BETWEEN!r}, got {label!r}"
            )
    return found


def _label_of_folder(root: Path, folder: str, names: tuple[str, ...]) -> str:
    """The class of a folder. Raises `DatasetError` with the option that tells what it is."""
    if folder.isdecimal():
        if int(folder) < len(names):
            return names[int(folder)]
        raise DatasetError(f"{root / folder} must be named after its class, got a number: {HOW}")
    known = names or FRUIT_CLASSES
    parts = [spelt(part) for part in folder.split(BETWEEN)]
    if names and set(parts) <= {*known, UNKNOWN}:
        return BETWEEN.join(parts)
    if names:
        raise DatasetError(f"{root / folder} must be one of --classes, {', '.join(names)}, or {UNKNOWN}")
    if folder not in (*known, UNKNOWN) and BETWEEN not in folder and spelt(folder) in (*known, UNKNOWN):
        raise DatasetError(
            f"{root / folder} must be spelt {spelt(folder)!r}, or be read so by --classes raw,half-ripe,ripe"
        )
    return folder


def _is_between(name: str, found: Iterable[str]) -> bool:
    """Whether a folder is named after two classes that have folders of their own."""
    pair = set(name.split(BETWEEN))
    return len(pair) == name.count(BETWEEN) + 1 == 2 and pair <= {*found} - {UNKNOWN}


def _by_file_name(root: Path, pictures: list[Path], names: tuple[str, ...]) -> Labelled:
    """Each picture under the class that its file's name begins with."""
    known = sorted((*(names or FRUIT_CLASSES), UNKNOWN), key=len, reverse=True)
    found: Labelled = {}
    for path in pictures:
        label = next((name for name in known if re.match(rf"{re.escape(name)}(?![a-z])", spelt(path.stem))), None)
        if label is None:
            raise DatasetError(
                f"{path} must lie in a folder named after its class, have a label file {path.stem}.txt, or a name that "
                f"begins with its class: {', '.join(sorted(known))}"
            )
        found.setdefault(label, []).append(path)
    return found


def _by_label_file(root: Path, pictures: list[Path], labels: Path, names: tuple[str, ...]) -> Labelled:
    """Each picture under the class of the boxes in its label file; without any box it shows no item: `unknown`."""
    names = names or _names_in(root) or _names_in(labels)
    if not names:
        raise DatasetError(f"{root}: its label files hold numbers of classes: {HOW}")
    found: Labelled = {}
    for path in pictures:
        found.setdefault(_label_in(labels / f"{path.stem}.txt", names), []).append(path)
    return found


def _names_in(folder: Path) -> tuple[str, ...]:
    """The classes in a folder's `classes.txt`; none without it. Raises `DatasetError` where it cannot be read."""
    path = folder / NAMES_FILE
    try:
        names = tuple(spelt(line) for line in _text(path).rstrip().splitlines())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} must hold the classes' names as UTF-8 text, got: {error}") from error
    if not all(names) or len(set(names)) < len(names):
        raise DatasetError(f"{path} must hold a different name in each line, got {', '.join(map(repr, names))}")
    return names


def _text(path: Path) -> str:
    """A text file's text, without the mark that Windows' editor puts at its beginning."""
    return path.read_text(encoding="utf-8-sig")


def _label_in(path: Path, names: tuple[str, ...]) -> str:
    """The class that a label file names: a box a line, its class's number first. Raises `DatasetError`."""
    try:
        lines = _text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} must be the label file of the picture of its name, got: {error}") from error
    numbers = {line.split()[0] for line in lines if line.strip()}
    if not numbers:
        return UNKNOWN
    if len(numbers) > 1:
        raise DatasetError(f"{path} must name one class, got {', '.join(sorted(numbers))}: take such a picture out")
    (number,) = numbers
    if not number.isdecimal() or int(number) >= len(names):
        raise DatasetError(
            f"{path} must begin with a class's number, 0 to {len(names) - 1} ({', '.join(names)}), got {number!r}"
        )
    return names[int(number)]
