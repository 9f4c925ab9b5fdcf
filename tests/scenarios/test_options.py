"""The suite's options: an invalid one is refused in one line before any test runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import PYTHON

ROOT = Path(__file__).parents[2]
ALL_WELL, BAD_USAGE = 0, 4


def collected(*options, file="scenarios/test_sorting.py"):
    command = [sys.executable, "-m", "pytest", file, "--collect-only", "-q", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--speed", "0", "--speed must be 0.01 to 1000"),
        ("--speed", "nan", "--speed must be 0.01 to 1000"),
        ("--speed", "-1", "--speed must be 0.01 to 1000"),
        ("--speed", "inf", "--speed must be 0.01 to 1000"),
        ("--minutes", "-1", "--minutes must be 0 to 100000"),
        ("--minutes", "nan", "--minutes must be 0 to 100000"),
        ("--broker", "nowhere", "--broker must be HOST:PORT"),
        ("--broker", "127.0.0.1:1883", "--broker must be left out with --link memory"),
        ("--speed", "2", "--speed must be left out without --link realtime"),
        ("--layout", "layouts/fast.toml", "--layout must be left out without --controller"),
        ("--controller", "", "{host} and {port} in it"),
        ("--controller", " ", "{host} and {port} in it"),
        ("--controller", "python x.py {hots}", "{host} and {port} in it"),
        ("--controller", "python x.py {host.name}", "{host} and {port} in it"),
        ("--controller", "python x.py '{host}", "{host} and {port} in it"),
        ("--controller", "no-such-program {host} {port}", "a program that can be found, got 'no-such-program"),
    ],
)
def test_an_invalid_option_is_one_line(option, value, words):
    result = collected(f"{option}={value}")
    assert result.returncode == BAD_USAGE, result.stdout + result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith(f"ERROR: {option} must ")
    assert words in lines[0]


def test_valid_options_are_accepted():
    controller = f"{PYTHON} examples/controllers/one_queue.py {{host}} {{port}}"
    options = (
        "--layout=layouts/fast.toml",
        "--speed=0.01",
        "--minutes=0",
        "--broker=[::1]:1883",
        f"--controller={controller}",
    )
    result = collected(*options, file="scenarios/test_known_line.py")
    assert result.returncode == ALL_WELL, result.stdout + result.stderr


@pytest.mark.slow
def test_the_runs_of_several_processes_are_reported_together():
    options = ["scenarios/test_regressions.py", "scenarios/test_sorting.py", "-q", "-n", "2", "--dist", "loadfile"]
    counts = [runs(options), runs(options[:3])]
    assert counts[0] == counts[1] > 100


def runs(options):
    """The number of scenarios that a run of the suite reports."""
    command = [sys.executable, "-m", "pytest", "--hypothesis-seed=0", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert result.returncode == ALL_WELL, result.stdout
    return int(re.search(r"(\d+) scenarios run on the memory link", result.stdout)[1])
