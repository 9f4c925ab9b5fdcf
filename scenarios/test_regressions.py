"""Every counterexample found so far, shrunk: one file each in `regressions/`."""

from pathlib import Path

import pytest

from scenarios.harness import Harness
from twin import load_scenario

FILES = sorted((Path(__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_earlier_counterexamples_stay_fixed(line: Harness, path: Path) -> None:
    line.holds(load_scenario(path), path.stem)
