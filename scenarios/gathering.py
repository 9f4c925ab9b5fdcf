"""Gathering what properties find in several processes: each property's finds go to the process that controls them.

They go with the property's last report, and not when its process ends, so that those of an interrupted suite are kept.
"""

from collections.abc import Generator
from typing import Any, Final

import msgspec
import pytest

from scenarios.failures import Failure
from scenarios.harness import Harness

_FOUND: Final = "found"
"""The field of a report that has what its property found, as builtin types."""


class Sender:
    """In a process that runs properties: sends what each of them found."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: "pytest.CallInfo[None]") -> Generator[None, Any, Any]:
        """Put it into the report of the property's end."""
        report: Any = yield
        if call.when == "teardown":
            setattr(report, _FOUND, found_by(self._harness))
        return report


class Receiver:
    """In the process that controls them: takes it into account."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A report has come."""
        take_over(self._harness, getattr(report, _FOUND, {}))


def found_by(harness: Harness) -> dict[str, Any]:
    """What a process has found since it was last asked, as builtin types."""
    found = {
        "runs": harness.runs, "reached": sorted(harness.reached), "writes": harness.writes,
        "card": harness.card.taken(), "failures": msgspec.to_builtins(harness.failures),
    }  # fmt: skip
    harness.runs = 0
    harness.failures = {}
    return found


def take_over(harness: Harness, found: dict[str, Any]) -> None:
    """Add what another process has found."""
    harness.runs += found.get("runs", 0)
    harness.reached |= set(found.get("reached", ()))
    harness.writes = harness.writes or found.get("writes", "")
    harness.card.merge(found.get("card", {}))
    harness.failures |= msgspec.convert(found.get("failures", {}), dict[str, Failure])
