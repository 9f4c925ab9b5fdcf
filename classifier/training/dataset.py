"""Sets of labelled images: read from a folder tree or rendered; written as a tree."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.decoding import decode
from classifier.errors import DatasetError, ImageError
from classifier.metadata import BETWEEN
from classifier.recognition import UNKNOWN
from classifier.rendering.synthesis import CLASSES, SPLITS, Sample
from classifier.training.groups import group_by
from classifier.training.layouts import IMAGE_SUFFIXES, Labelled, labelled_pictures

INDEX_FILE: Final = "class_indices.json"
GROUPS_FILE: Final = "groups.json"
"""In a tree: the group of each image, by its path in the tree."""

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
    other images it equals the label. `groups` says which images show the same item; it is empty where nobody knows.
    `ripeness` [n] runs from 0 to 1; it is NaN where nobody knows.
    """

    entries: tuple[bytes | Path, ...]
    labels: NDArray[np.int64]
    seconds: NDArray[np.int64]
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    ripeness: NDArray[np.float32]
    groups: tuple[str, ...] = ()

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

    @property
    def repeated_items(self) -> int:
        """How many items are shown by two images or more; 0 where nobody knows."""
        return sum(count > 1 for count in Counter(self.groups).values())

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
    ripeness = [sample.ripeness for sample in drawn]
    return _build([s.image for s in drawn], [s.label for s in drawn], CLASSES, [s.kind for s in drawn], ripeness)


def read_tree(
    folder: Path, split: str, classes: tuple[str, ...] | None = None, *, names: tuple[str, ...] = (),
    group: str | None = None,
) -> ImageSet:  # fmt: skip
    """The images of one split of a tree, which must have these `classes` (None: any).

    `unknown` is always the last class, also where the tree has no folder for it, or an empty one. A folder named after
    two classes, as `raw+half_ripe`, holds images that lie between them. `names` are the classes in the order of their
    numbers. The groups are those that `split` found, or (`group`) are found anew. Raises `DatasetError` for a missing
    folder, an empty class folder, a layout that is none, or other classes.
    """
    root = folder / split
    found = labelled_pictures(root, names)
    plain = plain_classes(tuple(found))
    if classes is not None and set(plain) != {*classes, UNKNOWN}:
        raise DatasetError(f"{root}: classes must be {', '.join(classes)}, got {', '.join(found)}")
    entries: list[Path] = []
    labels: list[str] = []
    for name, images in sorted(found.items()):
        if not images and name != UNKNOWN:
            raise DatasetError(f"{root / name} must hold one {'/'.join(IMAGE_SUFFIXES)} or more, got no image")
        entries += images
        labels += [name] * len(images)
    groups = _known_groups(folder, entries) if group is None else name_groups(found, group)
    return _build(entries, labels, classes or plain, labels, np.full(len(entries), np.nan), groups)


def joined(first: ImageSet, second: ImageSet) -> ImageSet:
    """The images of two sets of the same classes. Each image of a set without groups is a group of its own."""
    assert set(first.classes) == set(second.classes)
    numbers = np.array([first.classes.index(name) for name in second.classes])
    pairs = np.sort(np.stack([numbers[second.labels], numbers[second.seconds]]), axis=0)
    own = (
        images.groups or tuple(f"{which} {number}" for number in range(len(images)))
        for which, images in (("first", first), ("second", second))
    )
    return ImageSet(
        entries=first.entries + second.entries,
        labels=np.concatenate([first.labels, pairs[0]]),
        seconds=np.concatenate([first.seconds, pairs[1]]),
        classes=first.classes,
        kinds=first.kinds + second.kinds,
        groups=tuple(group for groups in own for group in groups),
        ripeness=np.concatenate([first.ripeness, second.ripeness]),
    )


def name_groups(found: Labelled, grouping: str) -> tuple[str, ...]:
    """The group of each picture, class by class in their order: `ripe 2` is the second of ripe ones."""
    number = group_by(grouping)
    return tuple(f"{name} {at + 1}" for name, images in sorted(found.items()) for at in number(images))


def _known_groups(folder: Path, entries: Sequence[Path]) -> tuple[str, ...]:
    """The groups that a tree's own file says; none without it."""
    try:
        # The json of Python reads the names back that are no UTF-8, as it wrote them.
        known = msgspec.convert(json.loads((folder / GROUPS_FILE).read_bytes()), dict[str, str])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{folder / GROUPS_FILE} must be what `classifier split` wrote there, got: {error}"
        ) from error
    names = [path.relative_to(folder).as_posix() for path in entries]
    return tuple(known.get(name, name) for name in names)


def _build(
    entries: Sequence[bytes | Path], labels: Sequence[str], classes: tuple[str, ...], kinds: Sequence[str],
    ripeness: Sequence[float] | NDArray[np.float64], groups: tuple[str, ...] = (),
) -> ImageSet:  # fmt: skip
    """The set of images whose labels are a class's name, or two names joined."""
    pairs = [sorted(classes.index(name) for name in label.split(BETWEEN)) for label in labels]
    return ImageSet(
        entries=tuple(entries),
        labels=np.array([pair[0] for pair in pairs], np.int64),
        seconds=np.array([pair[-1] for pair in pairs], np.int64),
        classes=classes,
        kinds=tuple(kinds),
        ripeness=np.asarray(ripeness, np.float32),
        groups=groups,
    )


def plain_classes(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The classes of class folders: sorted, `unknown` always the last."""
    return (*sorted(name for name in folders if BETWEEN not in name and name != UNKNOWN), UNKNOWN)


def write_tree(out: Path, sets: dict[str, Iterable[Sample]]) -> int:
    """Write sets of samples as `out/split/class/number.jpg` with `class_indices.json`; returns the count of files.

    The tree appears in `out` only once it is whole. Raises `DatasetError` where the folder cannot be written, or holds
    a tree already.
    """
    written = 0
    with whole_tree(out) as tree:
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


@contextmanager
def whole_tree(out: Path) -> Iterator[Path]:
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
