"""The examples, each as a user runs it: in a process and a folder of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
TESTED = {"controller_under_test", "fault_sweep", "own_layout", "own_property", "own_recognizer"}


def output_of(*words, folder):
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def printed(request, tmp_path):
    """What the example in the test's name prints."""
    name = request.node.name.removeprefix("test_").split("__")[0]
    return output_of(str(ROOT / "examples" / f"{name}.py"), folder=tmp_path)


def test_every_example_is_tested_and_short():
    assert {path.stem for path in EXAMPLES} == TESTED
    for path in EXAMPLES:
        assert 20 <= len(path.read_text(encoding="utf-8").splitlines()) <= 60, path.name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_how_it_is_run(path):
    assert f"examples/{path.name}" in path.read_text(encoding="utf-8").split('"""')[1]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_uses_public_names_only(path):
    found = re.findall(r"^from ((?:twin|controller|classifier|scenarios)\S*) import", path.read_text(), re.MULTILINE)
    assert found
    assert set(found) <= {"twin", "controller", "classifier", "scenarios"}


def test_fault_sweep__the_later_the_pictures_the_more_items_are_rejected(printed):
    rows = [
        (float(delay), *map(int, rest.split())) for delay, rest in re.findall(r"^(\d\.\d+) s +(.*)$", printed, re.M)
    ]
    assert rows[0] == (0.0, 20, 0, 0)
    assert rows[-1] == (3.0, 0, 20, 0)
    assert [right for _, right, _, _ in rows] == sorted((right for _, right, _, _ in rows), reverse=True)
    assert all(right + rejected == 20 and violations == 0 for _, right, rejected, violations in rows)


def test_controller_under_test__it_stalls_once_a_picture_is_lost(printed):
    healthy, faulty = printed.splitlines()
    assert healthy == "no fault: 6 of 6 right, broken: none"
    assert re.fullmatch(r"a picture is lost: [0-5] of 6 right, broken: .*stalled.*", faulty)


def test_own_layout__every_item_is_in_a_bin_and_no_rule_broken(printed):
    bins = dict(re.findall(r"^bin (\w+): (\d+)$", printed, re.MULTILINE))
    assert set(bins) == {"2", "3", "reject"}
    assert sum(map(int, bins.values())) == 30
    assert printed.splitlines()[-1] == "violations: 0"


def test_own_recognizer__both_sort_and_the_simpler_one_is_wrong_more_often(printed):
    counts = {
        name: tuple(map(int, re.findall(r"\d+", rest))) for name, rest in re.findall(r"^(.+): (.+)$", printed, re.M)
    }
    colour, shipped = counts["by colour"], counts["shipped model"]
    assert sum(colour) == sum(shipped) == 30
    assert colour[0] >= 20
    assert shipped[0] >= 20
    assert shipped[1] <= colour[1]


def test_own_property__it_holds(tmp_path):
    example = str(ROOT / "examples" / "own_property.py")
    options = ("-q", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}")
    assert "1 passed" in output_of("-m", "pytest", *options, example, folder=tmp_path)
