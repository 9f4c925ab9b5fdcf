"""Data folders: written, split and read; and the errors about those that cannot be used."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import image_files

from classifier.errors import DatasetError
from classifier.rendering.synthesis import CLASSES, Sample, synthesize
from classifier.training.dataset import from_samples, joined, read_tree, write_tree
from classifier.training.splitting import split_flat


def flat_folder(root: Path, count: int = 10, names: tuple[str, ...] = ("raw", "ripe")) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        for number in range(count):
            (root / name / f"{number}.jpg").write_bytes(image_files.plain((number, 25 * len(name), 100)))
    return root


def test_a_written_tree_reads_back_as_the_samples_it_was_written_from(tmp_path: Path) -> None:
    samples = list(synthesize(40, seed=2, split="val"))
    assert write_tree(tmp_path, {"train": samples}) == 40
    read = read_tree(tmp_path, "train")
    assert read.classes == CLASSES
    assert json.loads((tmp_path / "class_indices.json").read_text()) == {str(i): c for i, c in enumerate(CLASSES)}
    drawn = from_samples(samples)
    assert read.between == drawn.between
    outputs = read.classes + read.between
    files = {read.file_bytes(number): target for number, target in enumerate(read.targets(outputs))}
    assert files == {drawn.file_bytes(number): target for number, target in enumerate(drawn.targets(outputs))}


def test_nobody_knows_how_ripe_the_users_own_fruit_is(tmp_path: Path) -> None:
    rendered = from_samples(synthesize(6, seed=2, split="val"))
    write_tree(tmp_path, {"val": synthesize(40, seed=2, split="val")})
    own = read_tree(tmp_path, "val")
    both = joined(own, rendered)
    assert np.isnan(both.ripeness[: len(own)]).all()
    np.testing.assert_array_equal(both.ripeness[len(own) :], rendered.ripeness)
    assert (~np.isnan(rendered.ripeness)).any()


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_tree(tmp_path / name, {"val": synthesize(12, seed=5, split="val")})
    first, second = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in ("a", "b")
    )
    assert first == second


def test_a_flat_folder_is_split_without_losing_or_repeating_an_image(tmp_path: Path) -> None:
    counts = split_flat(flat_folder(tmp_path / "flat"), tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="none")
    assert {name: side.images for name, side in counts.items()} == {"train": 12, "val": 4, "test": 4}
    names = [f"{p.parent.name}/{p.name}" for p in (tmp_path / "tree").rglob("*.jpg")]
    assert len(names) == len(set(names)) == 20


def test_a_tree_without_unknown_still_has_it_as_its_last_class(tmp_path: Path) -> None:
    flat_folder(tmp_path / "train", names=("zucchini", "apple"))
    read = read_tree(tmp_path, "train")
    assert read.classes == ("apple", "zucchini", "unknown")
    assert set(read.labels) == {0, 1}


def test_a_folder_named_after_two_classes_holds_images_between_them(tmp_path: Path) -> None:
    flat_folder(tmp_path / "train", count=2, names=("raw", "raw+ripe", "ripe"))
    read = read_tree(tmp_path, "train")
    assert read.classes == ("raw", "ripe", "unknown")
    assert list(zip(read.labels, read.seconds, strict=True)) == [(0, 0)] * 2 + [(0, 1)] * 2 + [(1, 1)] * 2
    assert read.clear.tolist() == [True] * 2 + [False] * 2 + [True] * 2
    assert read.between == ("raw+ripe",)


def test_a_pair_of_classes_is_the_same_target_in_either_order(tmp_path: Path) -> None:
    flat_folder(tmp_path / "val", count=1, names=("raw", "ripe", "ripe+raw"))
    read = read_tree(tmp_path, "val")
    assert read.targets(("raw", "ripe", "unknown", "raw+ripe")).tolist() == [0, 1, 3]
    assert read.targets(read.classes).tolist() == [0, 1, -1]


def test_images_come_decoded_and_batched(tmp_path: Path) -> None:
    batch = from_samples(synthesize(5, seed=0, split="val")).batch(range(5), 48)
    assert (batch.shape, batch.dtype) == ((5, 48, 48, 3), np.uint8)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nowhere.* must be a data folder that can be read"):
        read_tree(tmp_path / "nowhere", "train")


def test_an_empty_class_folder_is_named(tmp_path: Path) -> None:
    flat_folder(tmp_path / "train")
    (tmp_path / "train" / "half_ripe").mkdir()
    with pytest.raises(DatasetError, match=r"half_ripe must hold one .* got no image"):
        read_tree(tmp_path, "train")


def test_classes_that_do_not_match_are_named(tmp_path: Path) -> None:
    flat_folder(tmp_path / "test")
    with pytest.raises(DatasetError, match="classes must be half_ripe, raw, ripe, unknown, got raw, ripe"):
        read_tree(tmp_path, "test", CLASSES)


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    flat_folder(tmp_path / "train")
    (tmp_path / "train" / "raw" / "0.jpg").write_bytes(b"text")
    read = read_tree(tmp_path, "train")
    with pytest.raises(DatasetError, match=r"raw[/\\]0\.jpg: image must be a JPEG or PNG file"):
        read.image(0, 32)


def test_too_few_images_to_split_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="must hold 3 images or more, one a split, got 2"):
        split_flat(
            flat_folder(tmp_path / "flat", count=2), tmp_path / "tree", shares=(0.7, 0.15, 0.15), seed=0, group="none"
        )


def test_a_folder_that_holds_a_tree_gets_no_second_one_among_it(tmp_path: Path) -> None:
    flat, tree = flat_folder(tmp_path / "flat"), tmp_path / "tree"
    split_flat(flat, tree, shares=(0.6, 0.2, 0.2), seed=1, group="none")
    with pytest.raises(DatasetError, match="without train/, val/ and test/, got one with train/"):
        split_flat(flat, tree, shares=(0.6, 0.2, 0.2), seed=2, group="none")
    with pytest.raises(DatasetError, match="without train/, val/ and test/, got one with train/"):
        write_tree(tree, {"train": synthesize(12, seed=5, split="train")})
    assert len(list(tree.rglob("*.jpg"))) == 20


def interrupted() -> Iterator[Sample]:
    """A few samples, and then Ctrl-C."""
    yield from synthesize(5, seed=5, split="val")
    raise KeyboardInterrupt


def test_an_interrupted_tree_does_not_disturb_the_next(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_tree(tmp_path / "tree", {"train": synthesize(5, seed=5, split="train"), "val": interrupted()})
    assert list((tmp_path / "tree").iterdir()) == []
    assert write_tree(tmp_path / "tree", {"val": synthesize(5, seed=5, split="val")}) == 5


def test_a_tree_goes_beside_other_files_and_into_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "train" / "raw").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("mine")
    assert write_tree(tmp_path, {"train": synthesize(12, seed=5, split="train")}) == 12
    assert {path.name for path in tmp_path.iterdir()} == {"train", "class_indices.json", "notes.txt"}
    assert len(read_tree(tmp_path, "train")) == 12


def test_the_index_file_numbers_classes_as_a_trained_model_does(tmp_path: Path) -> None:
    flat = flat_folder(tmp_path / "flat", count=3, names=("raw", "raw+half_ripe", "half_ripe", "ripe"))
    split_flat(flat, tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="none")
    read = read_tree(tmp_path / "tree", "train")
    index = json.loads((tmp_path / "tree" / "class_indices.json").read_text())
    assert tuple(index.values()) == read.classes + read.between


@pytest.mark.parametrize("name", ["raw+", "raw+raw", "raw+ripe+half_ripe", "raw+green", "raw+unknown"])
def test_a_folder_between_classes_that_are_not_two_beside_it_is_named(tmp_path: Path, name: str) -> None:
    flat_folder(tmp_path / "train", names=("raw", "ripe", "half_ripe", "unknown", name))
    with pytest.raises(DatasetError, match=r"raw\+.* must be named after two classes beside it"):
        read_tree(tmp_path, "train")


def test_hidden_folders_and_links_to_nowhere_are_ignored(tmp_path: Path) -> None:
    flat_folder(tmp_path / "train", names=("raw", "ripe", ".thumbnails"))
    (tmp_path / "train" / "raw" / ".cache").mkdir()
    with contextlib.suppress(OSError):  # Windows does not let everybody make one.
        (tmp_path / "train" / "raw" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert len(read_tree(tmp_path, "train")) == 20


def test_a_small_rendered_tree_in_which_nothing_is_unknown_reads_back(tmp_path: Path) -> None:
    write_tree(tmp_path, {"val": (s for s in synthesize(60, seed=3, split="val") if s.label != "unknown")})
    assert "unknown" not in read_tree(tmp_path, "val").names


def test_all_unreadable_images_are_counted_in_one_error(tmp_path: Path) -> None:
    flat_folder(tmp_path / "train")
    (tmp_path / "train" / "raw" / "0.jpg").write_bytes(b"text")
    (tmp_path / "train" / "ripe" / "7.jpg").write_bytes(image_files.torn(image_files.plain(image_files.RED)))
    with pytest.raises(DatasetError, match=r"raw[/\\]0\.jpg: image must be .* \(and 1 more like it\)"):
        read_tree(tmp_path, "train").check()


def test_a_split_into_what_is_no_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(DatasetError, match=r"out.* must be readable and writable"):
        split_flat(flat_folder(tmp_path / "flat"), tmp_path / "out", shares=(0.6, 0.2, 0.2), seed=1, group="none")
