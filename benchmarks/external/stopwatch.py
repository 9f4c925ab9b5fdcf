"""A plugin of pytest that notes each scenario of the suite: when it ended, its size, and what it broke."""

import json
import os
import time
from pathlib import Path

import pytest

from scenarios.conftest import HARNESS
from twin import trace

FOLDER = "STOPWATCH_FOLDER"


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """Note what the report card gets."""
    card, path = config.stash[HARNESS].card, Path(os.environ[FOLDER]) / f"{os.getpid()}.jsonl"
    add = card.add

    def note(name, run, allowed=()):
        add(name, run, allowed)
        broken = [found.check for found in run.violations if found.check not in allowed]
        row = {
            "ended_s": time.time(), "property": name, "items": run.scenario.item_count,
            "faults": len(run.scenario.faults), "broken": broken,
            "acted": any(isinstance(record, trace.Disturbed) for record in run.trace),
        }  # fmt: skip
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    card.add = note
