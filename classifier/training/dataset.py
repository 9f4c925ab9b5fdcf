"""Sets of labelled images: from a folder tree, from the renderer; written as a tree; split from a flat folder."""

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import decode
from classifier.errors import DatasetError, ImageError
from classifier.metadata import BETWEEN
from classifier.recognition import UNKNOWN
from classifier.rendering.synthesis import CLASSES, SPLITS, Sample

INDEX_FILE: Final = "class_indices.json"
IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_CHECKED_PX: Final = 32

Progress = Callable[[Iterable[int], str], Iterable[int]]
"""Shows how far a long loop is: takes the loop's numbers and what it does, gives the numbers back."""


def silent(numbers: Iterable[int], _what: str) -> Iterable[int]:
    """No progress bar."""
    return numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSet:
    """Images as files or as files' bytes, with their labels [n], the numbers of `classes`, and what kind each is.

    `seconds` [n] is the other class of an image that lies between two, the one that comes later in `classes`; for all
    others it is the label once more.
    """

    entries: tuple[bytes | Path, ...]
    labels: NDArray[np.int64]
    seconds: NDArray[np.int64]
    classes: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Which images [n] show one class, and do not lie between two."""
        return np.asarray(self.labels == self.seconds)

    @property
    def names(self) -> tuple[str, ...]:
        """What each image shows: its class, or the two that it lies between, joined."""
        pairs = [(self.classes[one], self.classes[other]) for one, other in zip(self.labels, self.seconds, strict=True)]
        return tuple(one if one == other else BETWEEN.join((one, other)) for one, other in pairs)

    @property
    def between(self) -> tuple[str, ...]:
        """The pairs of classes that images lie between, joined, sorted."""
        return tuple(sorted({name for name in self.names if BETWEEN in name}))

    def targets(self, outputs: tuple[str, ...]) -> NDArray[np.int64]:
        """The number [n] of the output that each image should get, of a model with these; -1 where it has none."""
        number = {name: at for at, name in enumerate(outputs)}
        return np.array([number.get(name, -1) for name in self.names], np.int64)

    def file_bytes(self, number: int) -> bytes:
        """One image's file. Raises `DatasetError` where it cannot be read."""
        entry = self.entries[number]
        if isinstance(entry, bytes):
            return entry
        try:
            return entry.read_bytes()
        except OSError as error:
            raise DatasetError(f"{entry}: unreadable ({error.strerror})") from error

    def image(self, number: int, edge_px: int) -> NDArray[np.uint8]:
        """One image, decoded: uint8 [edge_px, edge_px, 3] in BGR. Raises `DatasetError` naming the file."""
        try:
            return decode(self.file_bytes(number), edge_px)
        except ImageError as error:
            raise DatasetError(f"{self._name(number)}: {error}") from error

    def batch(self, numbers: Iterable[int], edge_px: int) -> NDArray[np.uint8]:
        """Several images: uint8 [n, edge_px, edge_px, 3]."""
        return np.stack([self.image(number, edge_px) for number in numbers])

    def check(self, progress: Progress = silent) -> None:
        """Raises `DatasetError` naming the first file that is no whole image, and how many more there are."""
        errors = []
        for number in progress(range(len(self)), "checking images"):
            try:
                self.image(number, _CHECKED_PX)
            except DatasetError as error:
                errors.append(error)
        if errors:
            more = f" (and {len(errors) - 1} more like it)" if len(errors) > 1 else ""
            raise DatasetError(f"{errors[0]}{more}")

    def _name(self, number: int) -> str:
        entry = self.entries[number]
        return str(entry) if isinstance(entry, Path) else f"image {number}"


def from_samples(samples: Iterable[Sample]) -> ImageSet:
    """The set of rendered samples, held in memory."""
    drawn = list(samples)
    return _build([sample.image for sample in drawn], [s.label for s in drawn], CLASSES, [s.kind for s in drawn])


def read_tree(folder: Path, split: str, classes: tuple[str, ...] | None = None) -> ImageSet:
    """The images of one split of an `ImageFolder` tree; `classes` None: the tree's own.

    `unknown` is always the last class, also where the tree has no folder for it, or nothing in it. A folder named after
    two classes, as `raw+half_ripe`, holds images that lie between them. Raises `DatasetError`: no such folder, an empty
    class folder, classes other than those asked for.
    """
    root = folder / split
    found = class_folders(root)
    plain = plain_classes(found)
    if classes is not None and set(plain) != {*classes, UNKNOWN}:
        raise DatasetError(f"{root}: classes {', '.join(found)}, allowed: {', '.join(classes)}")
    entries: list[Path] = []
    labels: list[str] = []
    for name in found:
        images = image_files(root / name)
        if not images and name != UNKNOWN:
            raise DatasetError(f"{root / name}: no image in it, allowed: one {'/'.join(IMAGE_SUFFIXES)} or more")
        entries += images
        labels += [name] * len(images)
    return _build(entries, labels, classes or plain, labels)


def _build(
    entries: Sequence[bytes | Path], labels: Sequence[str], classes: tuple[str, ...], kinds: Sequence[str]
) -> ImageSet:
    """The set of images whose labels are a class's name, or two names joined."""
    pairs = [sorted(classes.index(name) for name in label.split(BETWEEN)) for label in labels]
    return ImageSet(
        entries=tuple(entries),
        labels=np.array([pair[0] for pair in pairs], np.int64),
        seconds=np.array([pair[-1] for pair in pairs], np.int64),
        classes=classes,
        kinds=tuple(kinds),
    )


def class_folders(root: Path) -> tuple[str, ...]:
    """The class folders under a root, sorted; hidden ones are none.

    Raises `DatasetError` where there are fewer than two, or one is named after what has no folder of its own.
    """
    try:
        found = tuple(sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))
    except OSError as error:
        raise DatasetError(f"{root}: unreadable data folder ({error.strerror})") from error
    if len(found) < 2:
        raise DatasetError(f"{root}: {len(found)} class folders, allowed: 2 or more, one a class")
    for name in found:
        if BETWEEN in name and not _between(name, found):
            raise DatasetError(f"{root / name}: allowed are two different classes beside it, joined by {BETWEEN!r}")
    return found


def _between(name: str, found: tuple[str, ...]) -> bool:
    """Whether a folder is named after two classes that have folders of their own."""
    pair = set(name.split(BETWEEN))
    return len(pair) == name.count(BETWEEN) + 1 == 2 and pair <= {*found} - {UNKNOWN}


def plain_classes(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The classes of class folders: sorted, `unknown` always the last."""
    return (*sorted(name for name in folders if BETWEEN not in name and name != UNKNOWN), UNKNOWN)


def image_files(folder: Path) -> list[Path]:
    """The image files in a folder, sorted. Raises `DatasetError` where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file())
    except OSError as error:
        raise DatasetError(f"{folder}: unreadable data folder ({error.strerror})") from error


def write_tree(out: Path, sets: dict[str, Iterable[Sample]]) -> int:
    """Write sets of samples as `out/split/class/number.jpg` with `class_indices.json`; returns how many files.

    Raises `DatasetError` where the folder cannot be written, or holds a tree already.
    """
    written = 0
    try:
        _refuse_tree(out)
        for split in sets:
            for name in CLASSES:
                (out / split / name).mkdir(parents=True, exist_ok=True)
        write_index(out, CLASSES)
        for split, samples in sets.items():
            for number, sample in enumerate(samples):
                folder = out / split / sample.label
                folder.mkdir(exist_ok=True)
                (folder / f"{number:06d}-{sample.kind}.jpg").write_bytes(sample.image)
                written += 1
    except OSError as error:
        raise DatasetError(f"{out}: not writable ({error.strerror})") from error
    return written


def write_index(out: Path, classes: tuple[str, ...]) -> None:
    """Write which number is which class."""
    (out / INDEX_FILE).write_text(json.dumps(dict(enumerate(classes)), indent=2) + "\n", encoding="utf-8")


def split_flat(source: Path, out: Path, *, shares: tuple[float, float, float], seed: int) -> dict[str, int]:
    """Copy a flat folder (a folder a class) into `train/ val/ test/` at random; returns how many files went where.

    Every split gets at least one image of every class. Raises `DatasetError`, also where `out` holds a tree already:
    images to test on would come to lie among those to train on.
    """
    folders = class_folders(source)
    rng = np.random.default_rng(seed)
    parts: dict[tuple[str, str], list[Path]] = {}
    for name in folders:
        images = image_files(source / name)
        if len(images) < len(SPLITS):
            raise DatasetError(f"{source / name}: {len(images)} images, allowed: {len(SPLITS)} or more, one a split")
        for split, part in zip(SPLITS, _cut([images[i] for i in rng.permutation(len(images))], shares), strict=True):
            parts[split, name] = part
    try:
        _refuse_tree(out)
        for (split, name), part in parts.items():
            (out / split / name).mkdir(parents=True, exist_ok=True)
            for path in part:
                shutil.copy2(path, out / split / name / path.name)
        write_index(out, _outputs(folders))
    except OSError as error:
        raise DatasetError(f"{error.filename or out}: not to be copied ({error.strerror})") from error
    return {split: sum(len(part) for (of, _), part in parts.items() if of == split) for split in SPLITS}


def _outputs(folders: tuple[str, ...]) -> tuple[str, ...]:
    """What the outputs of a model that is trained on class folders stand for, in their order."""
    pairs = (BETWEEN.join(sorted(name.split(BETWEEN))) for name in folders if BETWEEN in name)
    return (*plain_classes(folders), *sorted(pairs))


def _refuse_tree(out: Path) -> None:
    """Raise `DatasetError` where a folder holds images of a split already."""
    for split in SPLITS:
        if any(path.is_file() for path in (out / split).rglob("*")):
            raise DatasetError(f"{out}: holds {split}/ already, allowed: a folder without train/, val/ and test/")


def _cut(images: list[Path], shares: tuple[float, float, float]) -> tuple[list[Path], list[Path], list[Path]]:
    """Cut a list of three or more into three by shares, none of them empty as long as no share is half of all."""
    total = sum(shares)
    test = max(1, round(len(images) * shares[2] / total))
    val = max(1, round(len(images) * shares[1] / total))
    train = max(1, len(images) - val - test)
    return images[:train], images[train : train + val], images[train + val :]
