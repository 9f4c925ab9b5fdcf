"""How `twin test` runs the suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import PYTHON

from twin.commands import suite
from twin.commands.suite import run_suite

ROOT = Path(__file__).parents[3]


@pytest.fixture
def started(monkeypatch):
    """The words and the environment of the suite's process, which is not started."""
    found = []
    monkeypatch.setattr(suite, "_ended", lambda words, environment: found.append((words, environment)) or 0)
    return found


def test_options_for_the_users_own_tests_make_no_empty_suite_green(tmp_path):
    """With --collect-only no scenario runs, so that no rule is broken."""
    (tmp_path / "it.py").write_text("")
    words = [sys.executable, "-P", "-m", "twin", "test", f"{PYTHON} it.py {{host}} {{port}}"]
    done = subprocess.run(
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "--collect-only"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "not asked: gates" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("command", "several"), [("node it.js {host} {port}", False), ("node it.js {host} {port} {service}", True)]
)
def test_only_one_process_has_a_service_at_a_fixed_port(command, several, started):
    with pytest.raises(suite.typer.Exit):
        run_suite(command, truth_service=True)
    ((words, _),) = started
    assert ("-n" in words) is several
