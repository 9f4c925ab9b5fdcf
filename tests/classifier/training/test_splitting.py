"""Splitting: pictures of one item are never on two sides, and the sides say how many items they have."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from classifier.errors import DatasetError
from classifier.rendering.peach import draw_peach
from classifier.rendering.printed import carry, print_peach
from classifier.rendering.rails import draw_railed_belt
from classifier.training.dataset import read_tree
from classifier.training.groups import by_name, excluded_error, group_pictures
from classifier.training.splitting import Side, split_flat

RIPENESS = {"raw": 0.1, "half_ripe": 0.55, "ripe": 0.95}


def pictures_of(item_class: str, peach: int, count: int) -> list[np.ndarray]:
    """One printed peach, seen on one line, turned and moved each time, in a little other light."""
    belt = draw_railed_belt(np.random.default_rng(1), "box")
    card = print_peach(np.random.default_rng(peach), "box", item_class, RIPENESS[item_class], 190.0)
    found = []
    for number in range(count):
        rng = np.random.default_rng([peach, number])
        patch, cover = carry(rng, "box", card, (0.0, 0.0))
        scene = belt.copy()
        at = (int(rng.integers(0, 480 - patch.shape[1])), 200 - patch.shape[0] // 2)
        part = scene[at[1] : at[1] + patch.shape[0], at[0] : at[0] + patch.shape[1]]
        part += (patch - part) * cover[..., None]
        scene *= rng.uniform(0.92, 1.05, 3).astype(np.float32)
        found.append(np.clip(scene * 255, 0, 255).astype(np.uint8))
    return found


def small(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(image, (96, 96), interpolation=cv2.INTER_AREA), np.uint8)


def set_of_peaches(root: Path, peaches: int = 3, pictures: int = 5) -> Path:
    """Two classes, each of peaches that look quite different."""
    for folder in ("raw", "ripe"):
        (root / folder).mkdir(parents=True)
        for peach, looks in enumerate(list(RIPENESS)[:peaches]):
            for number, image in enumerate(pictures_of(looks, 10 * peach, pictures)):
                finely = [cv2.IMWRITE_JPEG_QUALITY, 90 + len(folder)]  # No picture may be under two labels.
                cv2.imwrite(str(root / folder / f"{folder}-{peach}-{number:03d}.jpg"), image, finely)
    return root


def sides_of(tree: Path) -> dict[str, set[str]]:
    """On which sides each item is; the files' names say which item it is."""
    found: dict[str, set[str]] = {}
    for path in tree.rglob("*.jpg"):
        found.setdefault(path.stem.rsplit("-", 1)[0], set()).add(path.relative_to(tree).parts[0])
    return found


def test_one_item_turned_moved_and_in_other_light_is_one_group() -> None:
    pictures = [small(image) for peach in (0, 10, 20) for image in pictures_of("half_ripe", peach, 6)]
    numbers = group_pictures(np.stack(pictures))
    assert all(len(set(numbers[at : at + 6])) == 1 for at in (0, 6, 12))


def test_items_of_quite_different_colours_are_different_groups() -> None:
    pictures = [small(image) for item_class in RIPENESS for image in pictures_of(item_class, 0, 4)]
    assert len(set(group_pictures(np.stack(pictures)))) == 3


@pytest.mark.parametrize("grouping", ["looks", "name"])
def test_no_item_is_on_two_sides(tmp_path: Path, grouping: str) -> None:
    tree = tmp_path / "tree"
    sides = split_flat(set_of_peaches(tmp_path / "flat"), tree, shares=(0.6, 0.2, 0.2), seed=1, group=grouping)
    found = sides_of(tree)
    assert len(found) == 6
    assert {len(at) for at in found.values()} == {1}
    assert all(min(side.groups.values()) >= 1 for side in sides.values())
    assert sum(side.images for side in sides.values()) == 30
    assert set(json.loads((tree / "groups.json").read_text())) == {
        path.relative_to(tree).as_posix() for path in tree.rglob("*.jpg")
    }


def test_a_tree_knows_its_groups_again(tmp_path: Path) -> None:
    split_flat(set_of_peaches(tmp_path / "flat"), tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="name")
    test = read_tree(tmp_path / "tree", "test")
    items = {path.stem.rsplit("-", 1)[0] for path in test.entries if isinstance(path, Path)}
    assert len(set(test.groups)) == len(items) == 2


def test_too_few_items_to_split_are_refused_with_what_to_do(tmp_path: Path) -> None:
    flat = set_of_peaches(tmp_path / "flat", peaches=2)
    with pytest.raises(DatasetError, match=r"must show 3 different items or more.* got 2 by name .*--group none"):
        split_flat(flat, tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="name")


def test_names_are_compared_without_the_number_at_their_end() -> None:
    names = ["raw-A-001.jpg", "raw-A-002.jpg", "raw-B-001.jpg", "raw-B (2).jpg"]
    assert by_name([Path(name) for name in names]) == [0, 0, 1, 1]
    with pytest.raises(DatasetError, match=r"001\.jpg must be named after what it shows"):
        by_name([Path("001.jpg")])


def test_five_groups_exclude_no_error_below_45_percent() -> None:
    assert excluded_error(5) == pytest.approx(0.45, abs=0.005)
    assert excluded_error(0) == 1


def test_a_peach_is_drawn_the_same_twice() -> None:
    first, second = (draw_peach(np.random.default_rng(4), "ripe", 0.9, 80.0) for _ in range(2))
    assert np.array_equal(first[0], second[0])


def different(root: Path, counts: dict[str, int]) -> Path:
    """Folders of pictures in plain colours, each in another."""
    shade = 0
    for folder, count in counts.items():
        (root / folder).mkdir(parents=True)
        for number in range(count):
            shade += 7
            image = np.full((40, 40, 3), (shade % 250, 3 * shade % 250, 90), np.uint8)
            cv2.imwrite(str(root / folder / f"{folder}-{number}a.png"), image)
    return root


def split(flat: Path, tree: Path, group: str) -> Side:
    return split_flat(flat, tree, shares=(0.6, 0.2, 0.2), seed=1, group=group)["test"]


def test_files_named_by_their_content_tell_no_item(tmp_path: Path) -> None:
    flat = different(tmp_path / "flat", {"raw": 4, "ripe": 4})
    for path in list(flat.rglob("*.png")):
        path.rename(path.with_stem(hashlib.sha256(path.read_bytes()).hexdigest()[:16]))
    with pytest.raises(DatasetError, match="is named by its content, as `collect` does it: --group looks"):
        split(flat, tmp_path / "tree", "name")


def test_names_of_which_no_two_are_alike_tell_no_item(tmp_path: Path) -> None:
    flat = different(tmp_path / "flat", {"raw": 4, "ripe": 4})
    with pytest.raises(DatasetError, match="to be grouped by name, got 4 different names: --group looks"):
        split(flat, tmp_path / "tree", "name")
    assert not (tmp_path / "tree").exists()


def test_one_look_of_unknown_or_none_does_not_keep_the_others_from_being_grouped(tmp_path: Path) -> None:
    flat = set_of_peaches(tmp_path / "flat")
    (flat / "unknown").mkdir()
    none = split(flat, tmp_path / "none", "name")
    for number in range(6):
        shade = np.full((40, 40, 3), (40, 50, 60 + number), np.uint8)
        cv2.imwrite(str(flat / "unknown" / f"belt-{number}.png"), shade)
    one_look = split(flat, tmp_path / "tree", "name")
    assert (none.groups["unknown"], one_look.groups["unknown"]) == (0, 1)
    assert none.groups["raw"] == one_look.groups["raw"] == 1
    assert {len(at) for name, at in sides_of(tmp_path / "tree").items() if name != "belt"} == {1}


def test_what_is_unknown_or_between_two_classes_is_no_item_that_a_number_rests_on(tmp_path: Path) -> None:
    flat = different(tmp_path / "flat", {"raw": 3, "ripe": 3, "raw+ripe": 9, "unknown": 20})
    side = split(flat, tmp_path / "tree", "none")
    assert side.item_count == 2
    assert side.groups["unknown"] > 2


def test_a_picture_under_two_labels_is_refused(tmp_path: Path) -> None:
    flat = set_of_peaches(tmp_path / "flat")
    shutil.copy(flat / "raw" / "raw-1-000.jpg", flat / "ripe" / "again.jpg")
    with pytest.raises(DatasetError, match=r"again\.jpg must be labelled once, got the same picture under raw, too"):
        split(flat, tmp_path / "tree", "none")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file's name is text")
def test_names_that_are_no_text_are_found_again(tmp_path: Path) -> None:
    flat = set_of_peaches(tmp_path / "flat")
    for path in list(flat.rglob("*.jpg")):
        path.rename(path.with_name(os.fsdecode(b"\xcc\xd2") + path.name))
    split(flat, tmp_path / "tree", "name")
    assert len(set(read_tree(tmp_path / "tree", "test").groups)) == 2
