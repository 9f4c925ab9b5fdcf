"""The suite's options: what cannot be meant is refused in one line, before anything runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import PYTHON

ROOT = Path(__file__).parents[2]
ALL_WELL, BAD_USAGE = 0, 4


def collected(*options):
    command = [sys.executable, "-m", "pytest", "scenarios/test_sorting.py", "--collect-only", "-q", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--speed", "0", "allowed is 0.01 to 1000"),
        ("--speed", "nan", "allowed is 0.01 to 1000"),
        ("--speed", "-1", "allowed is 0.01 to 1000"),
        ("--speed", "inf", "allowed is 0.01 to 1000"),
        ("--minutes", "-1", "allowed is 0 to 100000"),
        ("--minutes", "nan", "allowed is 0 to 100000"),
        ("--broker", "nowhere", "allowed is HOST:PORT"),
        ("--broker", "127.0.0.1:1883", "allowed is with --link lockstep or realtime"),
        ("--speed", "2", "allowed is with --link realtime"),
        ("--controller", "", "{host} and {port} in it"),
        ("--controller", " ", "{host} and {port} in it"),
        ("--controller", "python x.py {hots}", "{host} and {port} in it"),
        ("--controller", "python x.py {host.name}", "{host} and {port} in it"),
        ("--controller", "python x.py '{host}", "{host} and {port} in it"),
        ("--controller", "no-such-program {host} {port}", "no-such-program is not found"),
    ],
)
def test_an_option_that_cannot_be_meant_is_one_line(option, value, words):
    result = collected(f"{option}={value}")
    assert result.returncode == BAD_USAGE, result.stdout + result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith(f"ERROR: {option} = ")
    assert words in lines[0]


def test_options_that_can_be_meant_are_taken():
    controller = f"{PYTHON} tests/programs/reference_flow.py {{host}} {{port}}"
    result = collected("--speed=0.01", "--minutes=0", "--broker=[::1]:1883", f"--controller={controller}")
    assert result.returncode == ALL_WELL, result.stdout + result.stderr


def test_what_several_processes_ran_is_told_as_one():
    options = ["scenarios/test_regressions.py", "scenarios/test_sorting.py", "-q", "-n", "2", "--dist", "loadfile"]
    told = [runs(options), runs(options[:3])]
    assert told[0] == told[1] > 100


def runs(options):
    """How many scenarios a run of the suite says that it ran."""
    command = [sys.executable, "-m", "pytest", "--hypothesis-seed=0", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert result.returncode == ALL_WELL, result.stdout
    return int(re.search(r"(\d+) scenarios run on the memory link", result.stdout)[1])
