"""Labelling: groups by looks, a numbered sheet, and one label for a whole group."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from classifier.cli import app
from classifier.errors import DatasetError
from classifier.training.labelling import groups_to_label, numbered_sheet, parse_labels, write_labelled

COLOURS = {"green": (40, 140, 60), "red": (40, 40, 200), "yellow": (60, 200, 220)}


def pictures(folder: Path, counts: dict[str, int]) -> Path:
    """Discs of a few colours on grey cards, somewhere on a dark belt."""
    folder.mkdir(parents=True)
    for name, count in counts.items():
        for number in range(count):
            image = np.full((120, 160, 3), 60, np.uint8)
            at = (50 + 8 * number, 55 + 3 * number)
            cv2.circle(image, at, 32, (235, 235, 235), -1)
            cv2.circle(image, at, 24, COLOURS[name], -1)
            cv2.imwrite(str(folder / f"{name}{number}.png"), image)
    return folder


def test_pictures_are_grouped_by_looks_the_largest_group_first(tmp_path: Path) -> None:
    groups = groups_to_label(pictures(tmp_path / "in", {"green": 3, "red": 6, "yellow": 4}))
    assert [{path.stem[:-1] for path in group} for group in groups] == [{"red"}, {"yellow"}, {"green"}]
    numbered_sheet(groups, tmp_path / "out" / "sheet.png")
    assert cv2.imread(str(tmp_path / "out" / "sheet.png")).shape == (184, 960, 3)


def test_a_label_serves_a_whole_group_and_its_files_names_say_which(tmp_path: Path) -> None:
    groups = groups_to_label(pictures(tmp_path / "in", {"green": 3, "red": 6}))
    assert write_labelled(groups, {1: "ripe"}, tmp_path / "out") == 6
    assert [path.name for path in sorted((tmp_path / "out" / "ripe").iterdir())][:2] == [
        "ripe-1-001.png", "ripe-1-002.png",
    ]  # fmt: skip


def test_labels_are_given_by_number_and_range() -> None:
    assert parse_labels("1=ripe, 2-4=Half-Ripe", 4) == {1: "ripe", 2: "half_ripe", 3: "half_ripe", 4: "half_ripe"}
    with pytest.raises(DatasetError, match="must be like 1=ripe,2-4=raw, got 'ripe'"):
        parse_labels("ripe", 4)
    with pytest.raises(DatasetError, match="must number groups from 1 to 2, got '3=raw'"):
        parse_labels("3=raw", 2)


@pytest.mark.parametrize("label", ["../up", "a/b", ".."])
def test_a_label_that_is_no_folder_name_is_refused(tmp_path: Path, label: str) -> None:
    groups = groups_to_label(pictures(tmp_path / "in", {"green": 2}))
    with pytest.raises(DatasetError, match="label must be a plain folder name"):
        write_labelled(groups, {1: label}, tmp_path / "out")


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="must hold pictures to label, got none"):
        groups_to_label(tmp_path)


def test_the_command_asks_for_a_label_a_group_and_leaves_out_what_gets_none(tmp_path: Path) -> None:
    folder, out = pictures(tmp_path / "in", {"green": 3, "red": 6, "yellow": 4}), tmp_path / "out"
    result = CliRunner().invoke(app, ["label", str(folder), "--out", str(out)], input="ripe\n\nraw\n")
    assert result.exit_code == 0, result.output
    assert "9 images labelled" in result.output
    assert {path.name: len(list(path.iterdir())) for path in out.iterdir() if path.is_dir()} == {"ripe": 6, "raw": 3}
    again = CliRunner().invoke(app, ["label", str(folder), "--out", str(tmp_path / "two"), "--labels", "1-3=ripe"])
    assert "13 images labelled" in again.output


def test_labelled_again_each_picture_has_one_label_and_each_group_a_number_of_its_own(tmp_path: Path) -> None:
    folder, out = pictures(tmp_path / "in", {"green": 3, "red": 6}), tmp_path / "out"
    write_labelled(groups_to_label(folder), {1: "raw", 2: "raw"}, out)
    pictures(tmp_path / "more", {"yellow": 8})
    for path in (tmp_path / "more").iterdir():
        path.rename(folder / path.name)
    groups = groups_to_label(folder)
    assert [len(group) for group in groups] == [8, 6, 3]
    assert write_labelled(groups, {1: "half_ripe", 2: "ripe"}, out) == 14
    kept = {path.read_bytes(): path.relative_to(out).as_posix() for path in out.rglob("*.png")}
    assert len(kept) == len(list(out.rglob("*.png"))) == 17
    labels = {path.stem.rstrip("0123456789"): kept[path.read_bytes()].partition("-")[0] for path in folder.iterdir()}
    assert labels == {"green": "raw/raw", "red": "ripe/ripe", "yellow": "half_ripe/half_ripe"}
    write_labelled(groups_to_label(pictures(tmp_path / "third", {"red": 2})), {1: "raw"}, tmp_path / "other")
    write_labelled([[next((tmp_path / "third").iterdir())]], {1: "raw"}, out)
    assert {path.stem.rpartition("-")[0] for path in (out / "raw").iterdir()} == {"raw-2", "raw-1"}


def test_pictures_that_are_labelled_where_they_lie_are_never_lost(tmp_path: Path) -> None:
    folder, out = pictures(tmp_path / "in", {"green": 3}), tmp_path / "out"

    def label(source: Path) -> None:
        groups = groups_to_label(source)
        write_labelled(groups, dict.fromkeys(range(1, len(groups) + 1), "ripe"), out)

    label(folder)
    (tmp_path / "link").symlink_to(out, target_is_directory=True)
    for source in (tmp_path / "in" / ".." / "out" / "ripe", tmp_path / "link" / "ripe"):
        label(source)
    assert len({path.read_bytes() for path in (out / "ripe").iterdir()}) == 3


def test_the_sheet_of_a_folder_s_own_groups_is_none_of_its_pictures(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", {"green": 3})
    assert CliRunner().invoke(app, ["label", str(folder), "--out", str(folder), "--labels", "1=raw"]).exit_code == 0
    assert (folder / "groups.png").is_file()
    assert sum(map(len, groups_to_label(folder))) == 3
