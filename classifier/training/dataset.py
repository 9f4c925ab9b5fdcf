"""Sets of labelled images: read from a folder tree or rendered; written as a tree; split from a flat folder."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
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
"""Shows how far a long loop is: takes the loop's numbers and a description, and yields the numbers."""


def silent(numbers: Iterable[int], _what: str) -> Iterable[int]:
    """No progress bar."""
    return numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSet:
    """Images as files or as files' bytes, with their labels [n] (indices into `classes`) and kinds.

    `seconds` [n] is the second class of an image that lies between two, the one that comes later in `classes`; for all
    other images it equals the label.
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
        """The index [n] of the output that each image should get; -1 where the model has none for it."""
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
            raise DatasetError(f"{entry} must be readable, got: {error.strerror}") from error

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
        """Raise `DatasetError` naming the first file that is no whole image, and the count of the others."""
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
    """The images of one split of an `ImageFolder` tree, which must have these `classes` (None: any).

    `unknown` is always the last class, also where the tree has no folder for it, or an empty one. A folder named after
    two classes, as `raw+half_ripe`, holds images that lie between them. Raises `DatasetError` for a missing folder, an
    empty class folder, or other classes.
    """
    root = folder / split
    found = class_folders(root)
    plain = plain_classes(found)
    if classes is not None and set(plain) != {*classes, UNKNOWN}:
        raise DatasetError(f"{root}: classes must be {', '.join(classes)}, got {', '.join(found)}")
    entries: list[Path] = []
    labels: list[str] = []
    for name in found:
        images = image_files(root / name)
        if not images and name != UNKNOWN:
            raise DatasetError(f"{root / name} must hold one {'/'.join(IMAGE_SUFFIXES)} or more, got no image")
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
    """The class folders under a root, sorted, without hidden ones.

    Raises `DatasetError` where there are fewer than two, or one is named after classes without folders of their own.
    """
    try:
        found = tuple(sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))
    except OSError as error:
        raise DatasetError(f"{root} must be a data folder that can be read, got: {error.strerror}") from error
    if len(found) < 2:
        raise DatasetError(f"{root} must hold 2 class folders or more, got {len(found)}")
    for name in found:
        if BETWEEN in name and not _between(name, found):
            raise DatasetError(
                f"{root / name} must be named after two classes beside it, joined by {BETWEEN!r}, got {name!r}"
            )
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
        raise DatasetError(f"{folder} must be a data folder that can be read, got: {error.strerror}") from error


def write_tree(out: Path, sets: dict[str, Iterable[Sample]]) -> int:
    """Write sets of samples as `out/split/class/number.jpg` with `class_indices.json`; returns the count of files.

    The tree appears in `out` only once it is whole. Raises `DatasetError` where the folder cannot be written, or holds
    a tree already.
    """
    written = 0
    with _whole_tree(out) as tree:
        for split in sets:
            for name in CLASSES:
                (tree / split / name).mkdir(parents=True)
        write_index(tree, CLASSES)
        for split, samples in sets.items():
            for number, sample in enumerate(samples):
                folder = tree / split / sample.label
                folder.mkdir(exist_ok=True)
                (folder / f"{number:06d}-{sample.look}-{sample.kind}.jpg").write_bytes(sample.image)
                written += 1
    return written


def write_index(out: Path, classes: tuple[str, ...]) -> None:
    """Write the number of each class."""
    (out / INDEX_FILE).write_text(json.dumps(dict(enumerate(classes)), indent=2) + "\n", encoding="utf-8")


def split_flat(source: Path, out: Path, *, shares: tuple[float, float, float], seed: int) -> dict[str, int]:
    """Copy a flat folder (a folder a class) into `train/ val/ test/` at random; returns the count of files of each.

    Every split gets at least one image of every class. The tree appears in `out` only once it is whole. Raises
    `DatasetError`, also where `out` holds a tree already: images to test on would mix with those to train on.
    """
    folders = class_folders(source)
    rng = np.random.default_rng(seed)
    parts: dict[tuple[str, str], list[Path]] = {}
    for name in folders:
        images = image_files(source / name)
        if len(images) < len(SPLITS):
            raise DatasetError(
                f"{source / name} must hold {len(SPLITS)} images or more, one a split, got {len(images)}"
            )
        for split, part in zip(SPLITS, _cut([images[i] for i in rng.permutation(len(images))], shares), strict=True):
            parts[split, name] = part
    with _whole_tree(out) as tree:
        for (split, name), part in parts.items():
            (tree / split / name).mkdir(parents=True)
            for path in part:
                shutil.copy2(path, tree / split / name / path.name)
        write_index(tree, _outputs(folders))
    return {split: sum(len(part) for (of, _), part in parts.items() if of == split) for split in SPLITS}


def _outputs(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The outputs of a model that is trained on class folders, in their order."""
    pairs = (BETWEEN.join(sorted(name.split(BETWEEN))) for name in folders if BETWEEN in name)
    return (*plain_classes(folders), *sorted(pairs))


@contextmanager
def _whole_tree(out: Path) -> Iterator[Path]:
    """A hidden folder in `out` to write a tree to; at the end the tree moves to `out`.

    Whoever is interrupted leaves nothing behind. Raises `DatasetError` where `out` holds files of a split already, or
    a file cannot be read or written.
    """
    try:
        for split in SPLITS:
            if any(path.is_file() for path in (out / split).rglob("*")):
                raise DatasetError(f"{out} must be a folder without train/, val/ and test/, got one with {split}/")
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".unfinished-") as folder:
            yield Path(folder)
            for path in Path(folder).iterdir():
                _move(path, out / path.name)
    except OSError as error:
        raise DatasetError(f"{error.filename or out} must be readable and writable, got: {error.strerror}") from error


def _move(path: Path, target: Path) -> None:
    """Move a file or a folder; folders that exist already get its content."""
    if path.is_dir() and target.is_dir():
        for inner in path.iterdir():
            _move(inner, target / inner.name)
    else:
        path.replace(target)


def _cut(images: list[Path], shares: tuple[float, float, float]) -> tuple[list[Path], list[Path], list[Path]]:
    """Cut a list of three or more into three by shares, none of them empty as long as no share is half of all."""
    total = sum(shares)
    test = max(1, round(len(images) * shares[2] / total))
    val = max(1, round(len(images) * shares[1] / total))
    train = max(1, len(images) - val - test)
    return images[:train], images[train : train + val], images[train + val :]
