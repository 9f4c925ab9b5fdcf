"""Labelled pictures: read in the layouts that users have, or refused with a line that says what to do."""

from pathlib import Path
from zlib import crc32

import pytest
from support import image_files

from classifier.errors import DatasetError
from classifier.training.dataset import read_tree
from classifier.training.layouts import labelled_pictures, parse_classes
from classifier.training.splitting import split_flat

NAMES = ("raw", "half_ripe", "ripe")


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shade = crc32(f"{path.parent.name}/{path.name}".encode())  # No two are the same.
    path.write_bytes(image_files.plain((shade % 250, shade // 250 % 250, 90)))
    return path


def counts(root: Path, names: tuple[str, ...] = ()) -> dict[str, int]:
    return {name: len(paths) for name, paths in labelled_pictures(root, names).items()}


def with_label(root: Path, name: str, text: str, *, labels: str = "", images: str = "") -> None:
    picture(root / images / f"{name}.jpg")
    (root / labels).mkdir(exist_ok=True)
    (root / labels / f"{name}.txt").write_text(text)


def test_classes_are_spelt_as_ours_are() -> None:
    assert parse_classes("raw, Half-Ripe,ripe") == NAMES
    assert parse_classes(None) == ()
    with pytest.raises(DatasetError, match="--classes must be different names"):
        parse_classes("raw,raw")


@pytest.mark.parametrize("folders", [("0", "1", "2"), ("raw", "half-ripe", "ripe"), ("Raw", "Half Ripe", "ripe")])
def test_folders_are_read_by_number_or_by_name_where_the_classes_are_given(
    tmp_path: Path, folders: tuple[str, ...]
) -> None:
    for number, folder in enumerate(folders):
        for at in range(number + 1):
            picture(tmp_path / folder / f"{at}.jpg")
    assert counts(tmp_path, NAMES) == {"raw": 1, "half_ripe": 2, "ripe": 3}


def test_classes_in_the_other_order_turn_the_numbers_round(tmp_path: Path) -> None:
    picture(tmp_path / "0" / "a.jpg")
    picture(tmp_path / "2" / "a.jpg")
    assert set(labelled_pictures(tmp_path, NAMES[::-1])) == {"ripe", "raw"}


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("half-ripe", r"must be spelt 'half_ripe', or be read so by --classes raw,half-ripe,ripe"),
        ("1", r"must be named after its class, got a number: --classes raw,half-ripe,ripe"),
    ],
)
def test_a_folder_that_needs_the_classes_is_refused_before_anything_is_copied(
    tmp_path: Path, folder: str, says: str
) -> None:
    for name in ("raw", folder, "ripe"):
        for number in range(4):
            picture(tmp_path / "flat" / name / f"{number}.jpg")
    with pytest.raises(DatasetError, match=says):
        split_flat(tmp_path / "flat", tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="none")
    assert not (tmp_path / "tree").exists()
    split_flat(tmp_path / "flat", tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="none", names=NAMES)
    assert read_tree(tmp_path / "tree", "train").classes == ("half_ripe", "raw", "ripe", "unknown")


def test_a_folder_that_is_none_of_the_given_classes_is_named(tmp_path: Path) -> None:
    for name in ("raw", "plum"):
        picture(tmp_path / name / "0.jpg")
    with pytest.raises(DatasetError, match=r"plum must be one of --classes, raw, half_ripe, ripe, or unknown"):
        labelled_pictures(tmp_path, NAMES)


def test_two_folders_of_one_class_are_refused(tmp_path: Path) -> None:
    for name in ("half-ripe", "half_ripe"):
        picture(tmp_path / name / "0.jpg")
    with pytest.raises(DatasetError, match=r"must hold one folder for half_ripe, got another: 'half_ripe'"):
        labelled_pictures(tmp_path, NAMES)


@pytest.mark.parametrize("places", [{}, {"images": "images", "labels": "labels"}])
def test_label_files_are_read_as_they_are(tmp_path: Path, places: dict[str, str]) -> None:
    for name, text in {"1": "0 0.5 0.5 0.2 0.2\n", "2": "1 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.1 0.1\n", "3": ""}.items():
        with_label(tmp_path, name, text, **places)
    assert counts(tmp_path, NAMES) == {"raw": 1, "half_ripe": 1, "unknown": 1}


def test_label_files_get_their_names_from_classes_txt(tmp_path: Path) -> None:
    with_label(tmp_path, "7", "1 0.5 0.5 0.2 0.2\n")
    (tmp_path / "classes.txt").write_text("ripe\nhalf-ripe\nraw\n")
    assert counts(tmp_path) == {"half_ripe": 1}


@pytest.mark.parametrize(
    ("text", "names", "says"),
    [
        ("1 0.5 0.5 0.2 0.2", (), "its label files hold numbers of classes: --classes raw,half-ripe,ripe"),
        ("3 0.5 0.5 0.2 0.2", NAMES, r"1\.txt must begin with a class's number, 0 to 2 .*, got '3'"),
        ("ripe 0.5 0.5 0.2 0.2", NAMES, r"1\.txt must begin with a class's number.*, got 'ripe'"),
        ("0 0 0 1 1\n2 0 0 1 1", NAMES, r"1\.txt must name one class, got 0, 2"),
    ],
)
def test_a_label_file_that_says_no_class_is_named(tmp_path: Path, text: str, names: tuple[str, ...], says: str) -> None:
    with_label(tmp_path, "1", text)
    with pytest.raises(DatasetError, match=says):
        labelled_pictures(tmp_path, names)


def test_a_picture_without_its_label_file_is_named(tmp_path: Path) -> None:
    with_label(tmp_path, "1", "0 0.5 0.5 0.2 0.2")
    picture(tmp_path / "2.jpg")
    with pytest.raises(DatasetError, match=r"2\.txt must be the label file of the picture of its name"):
        labelled_pictures(tmp_path, NAMES)


def test_a_file_s_name_may_begin_with_its_class(tmp_path: Path) -> None:
    for name in ("raw-1", "half-ripe-1", "half_ripe (2)", "ripe3"):
        picture(tmp_path / f"{name}.jpg")
    assert counts(tmp_path) == {"raw": 1, "half_ripe": 2, "ripe": 1}


def test_pictures_that_nothing_labels_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "IMG_001.jpg")
    with pytest.raises(
        DatasetError, match=r"must lie in a folder named after its class, have a label file IMG_001\.txt"
    ):
        labelled_pictures(tmp_path)


def test_a_split_of_label_files_is_a_tree(tmp_path: Path) -> None:
    for number in range(12):
        with_label(tmp_path / "data", str(number), f"{number % 3} 0.5 0.5 0.2 0.2")
    split_flat(tmp_path / "data", tmp_path / "tree", shares=(0.6, 0.2, 0.2), seed=1, group="none", names=NAMES)
    assert [len(read_tree(tmp_path / "tree", split)) for split in ("train", "val", "test")] == [6, 3, 3]


def test_pictures_that_nobody_has_labelled_yet_are_no_class(tmp_path: Path) -> None:
    for name in ("raw", "ripe", "unlabelled"):
        picture(tmp_path / name / "0.jpg")
    picture(tmp_path / "groups.png")
    assert set(labelled_pictures(tmp_path)) == {"raw", "ripe"}


def test_the_sides_of_a_split_are_no_classes(tmp_path: Path) -> None:
    for name in ("test", "train", "valid"):
        picture(tmp_path / "split" / name / "0.jpg")
    with pytest.raises(
        DatasetError, match=r"must hold a folder for each class, got a split's sides, test, train, valid"
    ):
        labelled_pictures(tmp_path / "split")
    for name in ("valid", "invalid"):  # Of a quality control.
        picture(tmp_path / "own" / name / "0.jpg")
    assert counts(tmp_path / "own") == {"valid": 1, "invalid": 1}


def test_pictures_that_lie_deeper_are_not_left_out_without_a_word(tmp_path: Path) -> None:
    for name in ("raw", "ripe"):
        picture(tmp_path / "classes" / name / "0.jpg")
    picture(tmp_path / "classes" / "raw" / "day2" / "1.jpg")
    with pytest.raises(DatasetError, match=r"raw must hold its pictures itself, got a folder in it: 'day2'"):
        labelled_pictures(tmp_path / "classes")
    with_label(tmp_path / "yolo", "1", "0 0.5 0.5 0.2 0.2", images="images/train", labels="labels")
    with pytest.raises(DatasetError, match=r"images must hold its pictures itself, got a folder in it: 'train'"):
        labelled_pictures(tmp_path / "yolo", NAMES)


def test_pictures_of_another_kind_are_named_and_counted(tmp_path: Path) -> None:
    for name in ("raw", "ripe"):
        picture(tmp_path / name / "0.jpg")
    for name in ("1.bmp", "2.WEBP"):
        (tmp_path / "ripe" / name).write_bytes(b"BM")
    with pytest.raises(DatasetError, match=r"1\.bmp must be one of \.jpg, \.jpeg, \.png \(and 1 more like it\)"):
        labelled_pictures(tmp_path)


def test_hidden_files_are_no_pictures(tmp_path: Path) -> None:
    for name in ("raw/0.jpg", "ripe/0.jpg", "ripe/._0.jpg"):
        picture(tmp_path / name)
    assert counts(tmp_path) == {"raw": 1, "ripe": 1}


def test_unknown_spelt_otherwise_is_no_class_of_its_own(tmp_path: Path) -> None:
    for name in ("raw", "ripe", "Unknown"):
        picture(tmp_path / name / "0.jpg")
    with pytest.raises(DatasetError, match=r"Unknown must be spelt 'unknown'"):
        labelled_pictures(tmp_path)


def test_the_mark_that_windows_puts_before_a_text_belongs_to_no_name(tmp_path: Path) -> None:
    with_label(tmp_path, "7", "")
    (tmp_path / "7.txt").write_text("0 0.5 0.5 0.2 0.2\n", encoding="utf-8-sig")
    (tmp_path / "classes.txt").write_text("ripe\nraw\n", encoding="utf-8-sig")
    assert counts(tmp_path) == {"ripe": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"ripe\n\nraw\n", "classes.txt must hold a different name in each line, got 'ripe', '', 'raw'"),
        (b"r\xe4\n", "classes.txt must hold the classes' names as UTF-8 text"),
    ],
)
def test_names_that_would_count_wrongly_are_refused(tmp_path: Path, text: bytes, says: str) -> None:
    with_label(tmp_path, "7", "1 0.5 0.5 0.2 0.2\n")
    (tmp_path / "classes.txt").write_bytes(text)
    with pytest.raises(DatasetError, match=says):
        labelled_pictures(tmp_path)
