"""How `twin test` runs the suite."""

import pytest

from twin.commands import suite
from twin.commands.suite import run_suite


@pytest.fixture
def started(monkeypatch):
    """The words and the environment of the suite's process, which is not started."""
    found = []
    monkeypatch.setattr(suite, "_ended", lambda words, environment: found.append((words, environment)) or 0)
    return found


def test_options_for_the_users_own_tests_leave_nothing_out(started, monkeypatch):
    """With --collect-only no scenario would run, and no rule be broken."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.setenv(name, "--collect-only")
    monkeypatch.setenv("OF_THE_PROGRAM", "kept")
    with pytest.raises(suite.typer.Exit):
        run_suite("python it.py {host} {port}")
    ((_, environment),) = started
    assert "--collect-only" not in environment.values()
    assert environment["OF_THE_PROGRAM"] == "kept"


@pytest.mark.parametrize(
    ("command", "several"), [("node it.js {host} {port}", False), ("node it.js {host} {port} {service}", True)]
)
def test_only_one_process_has_a_service_at_a_fixed_port(command, several, started):
    with pytest.raises(suite.typer.Exit):
        run_suite(command, truth_service=True)
    ((words, _),) = started
    assert ("-n" in words) is several
