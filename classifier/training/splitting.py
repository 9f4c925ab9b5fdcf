"""Splitting: labelled pictures are copied into train/, val/ and test/, each group of alike ones into one of them."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.errors import DatasetError
from classifier.metadata import BETWEEN
from classifier.recognition import UNKNOWN
from classifier.rendering.synthesis import SPLITS
from classifier.training.dataset import GROUPS_FILE, plain_classes, whole_tree, write_index
from classifier.training.groups import LOOKS, NAME, NONE, group_by
from classifier.training.layouts import Labelled, labelled_pictures

Group = list[Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a split: how many images it got, and how many groups of each class folder."""

    images: int
    groups: dict[str, int]

    @property
    def item_count(self) -> int:
        """How many groups show an item of a class, and not something unknown, or an item between two classes."""
        return sum(count for name, count in self.groups.items() if name != UNKNOWN and BETWEEN not in name)


def split_flat(
    source: Path, out: Path, *, shares: tuple[float, float, float], seed: int, group: str = LOOKS,
    names: tuple[str, ...] = (),
) -> dict[str, Side]:  # fmt: skip
    """Copy labelled pictures into `train/ val/ test/` at random, no group into two of them; returns each side's counts.

    Every split gets at least one group of every class; `unknown` may be empty, and each of its pictures is a group
    where there are too few others. `names` are the classes in the order of their numbers. The tree appears in `out`
    only once it is whole, and `groups.json` in it says what belongs together. Raises `DatasetError`, also where `out`
    holds a tree already: images to test on would mix with those to train on.
    """
    found = labelled_pictures(source, names)
    _check_labels(found)
    rng = np.random.default_rng(seed)
    parts = {name: _parts(source / name, images, shares, group, rng) for name, images in sorted(found.items())}
    known: dict[str, str] = {}
    with whole_tree(out) as tree:
        for name, sides in parts.items():
            numbers = {id(group): at for at, group in enumerate(group for side in sides for group in side)}
            for split, side in zip(SPLITS, sides, strict=True):
                (tree / split / name).mkdir(parents=True)
                for group_of in side:
                    for path in group_of:
                        shutil.copy2(path, tree / split / name / path.name)
                        known[f"{split}/{name}/{path.name}"] = f"{name} {numbers[id(group_of)] + 1}"
        write_index(tree, _outputs(tuple(parts)))
        (tree / GROUPS_FILE).write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return {
        split: Side(
            images=sum(len(group) for sides in parts.values() for group in sides[at]),
            groups={name: len(sides[at]) for name, sides in parts.items()},
        )
        for at, split in enumerate(SPLITS)
    }


def _check_labels(found: Labelled) -> None:
    """Raise `DatasetError` where one picture is labelled twice, and differently."""
    labels: dict[bytes, tuple[str, Path]] = {}
    for name, images in found.items():
        for path in images:
            try:
                digest = hashlib.sha256(path.read_bytes()).digest()
            except OSError as error:
                raise DatasetError(f"{path} must be readable, got: {error.strerror}") from error
            other, first = labels.setdefault(digest, (name, path))
            if other != name:
                raise DatasetError(f"{path} must be labelled once, got the same picture under {other}, too: {first}")


def _parts(
    folder: Path, images: list[Path], shares: tuple[float, float, float], grouping: str, rng: np.random.Generator
) -> tuple[list[Group], list[Group], list[Group]]:
    """The groups of one class for train, val and test."""
    if folder.name == UNKNOWN and not images:
        return [], [], []
    if len(images) < len(SPLITS):
        raise DatasetError(f"{folder} must hold {len(SPLITS)} images or more, one a split, got {len(images)}")
    groups = _grouped(images, grouping)
    if folder.name == UNKNOWN and len(groups) < len(SPLITS):  # Many pictures of one empty belt, say.
        groups = _grouped(images, NONE)
    if grouping == NAME and folder.name != UNKNOWN and len(groups) == len(images):
        raise DatasetError(
            f"{folder} must hold files whose names are alike but for a number at their end, to be grouped by name, got "
            f"{len(images)} different names: --group looks goes by pictures, --group none takes each for another item"
        )
    if len(groups) < len(SPLITS):
        raise DatasetError(
            f"{folder} must show {len(SPLITS)} different items or more, one a split, got {len(groups)} by {grouping} "
            f"in {len(images)} pictures: --group name goes by the files' names, --group none takes each for another "
            "item"
        )
    return _cut([groups[at] for at in rng.permutation(len(groups))], shares)


def _grouped(images: list[Path], grouping: str) -> list[Group]:
    groups: dict[int, Group] = {}
    for path, number in zip(images, group_by(grouping)(images), strict=True):
        groups.setdefault(number, []).append(path)
    return list(groups.values())


def _cut(groups: list[Group], shares: tuple[float, float, float]) -> tuple[list[Group], list[Group], list[Group]]:
    """Cut three groups or more into three by shares of their images, none of them empty."""
    total = sum(len(group) for group in groups) / sum(shares)
    rest = list(groups)
    held_out: list[list[Group]] = []
    for share, left_over in ((shares[2], 2), (shares[1], 1)):
        side = [rest.pop(0)]
        while len(rest) > left_over and sum(map(len, side)) + len(rest[0]) / 2 <= share * total:
            side.append(rest.pop(0))
        held_out.append(side)
    return rest, held_out[1], held_out[0]


def _outputs(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The outputs of a model that is trained on class folders, in their order."""
    pairs = (BETWEEN.join(sorted(name.split(BETWEEN))) for name in folders if BETWEEN in name)
    return (*plain_classes(folders), *sorted(pairs))
