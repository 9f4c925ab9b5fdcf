"""The suite's files of results: one that can't be written is refused before the run, and never costs the result."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import PYTHON

ROOT = Path(__file__).parents[2]
CONTROLLER = f"--controller={PYTHON} examples/controllers/one_queue.py {{host}} {{port}}"
BAD_USAGE = 4


def suite(*options):
    words = [sys.executable, "-m", "pytest", "scenarios/test_known_line.py", "--collect-only", "-qq", CONTROLLER]
    return subprocess.run([*words, *options], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


@pytest.mark.parametrize(("option", "words"), [
    ("--card-file={}/missing/card.json", "the report card's file"), ("--card-file={}", "the report card's file"),
    ("--junitxml={}/file/junit.xml", "the JUnit file"),
])  # fmt: skip
def test_a_file_that_cannot_be_written_is_refused_in_one_line_before_the_run(option, words, tmp_path):
    (tmp_path / "file").touch()
    result = suite(option.format(tmp_path.as_posix()))
    assert result.returncode == BAD_USAGE, result.stdout + result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith(f"ERROR: {words} must be a file that can be written, got ")
    assert str(tmp_path) in line
    assert "test_" not in result.stdout


def test_twin_test_refuses_it_too(tmp_path):
    shutil.copy(ROOT / "examples" / "controllers" / "one_queue.py", tmp_path)
    command = f"{PYTHON} one_queue.py {{host}} {{port}}"
    words = [sys.executable, "-P", "-m", "twin", "test", command, "--card", "missing/card.json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        words, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment, check=False
    )
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert "the report card's file must be a file that can be written" in line


def test_the_folder_of_a_junit_file_may_be_missing_as_pytest_makes_it(tmp_path):
    assert suite(f"--junitxml={tmp_path}/new/junit.xml").returncode == 0
    assert (tmp_path / "new" / "junit.xml").is_file()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_the_card_is_printed_even_if_its_file_cannot_be_written():
    result = suite("--card", "--card-file=/dev/full")
    assert "no fault" in result.stdout
    assert result.stdout.strip().splitlines()[-1].startswith("/dev/full: No space left on device; ")
    assert "Traceback" not in result.stdout + result.stderr
    assert result.returncode == BAD_USAGE


def test_a_card_is_written(tmp_path):
    path = tmp_path / "card.json"
    assert suite(f"--card-file={path}").returncode == 0
    assert '"families"' in path.read_text()
