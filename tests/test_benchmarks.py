"""The benchmarks follow the code that they measure.

Their controllers with a deliberate bug change our core's insides: those have to be there still.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.scenario.faults import ClientCutOff

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCENARIO = Scenario(
    seed=3, items=ItemDraw(count=8), faults=(ClientCutOff(from_s=25.0, until_s=27.0),),
    controller=settings_for(Layout(), items=8),
)  # fmt: skip
FOR_WANT_OF_SOMETHING = ("AttributeError", "TypeError", "NameError")


def broken_controllers():
    """What makes each of them, by its name."""
    from breaking import BREAKING
    from broken import BROKEN, RARE
    from verdict import Forgetful, SwapsBins

    kinds = [kind for kinds in BREAKING.values() for kind in kinds] + [Forgetful, SwapsBins]
    return BROKEN | RARE | {kind.__name__: kind for kind in kinds}


def test_no_broken_controller_fails_for_want_of_what_it_changes(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    controllers = broken_controllers()
    assert len(controllers) > 50
    for name, make in controllers.items():
        run = simulate(SCENARIO, controller=make)
        crashes = [found.detail for found in run.violations if found.check == "crash"]
        assert not [words for words in crashes if any(error in words for error in FOR_WANT_OF_SOMETHING)], name


@pytest.mark.parametrize("path", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_finds_what_it_imports(path):
    code = f"import runpy, sys; sys.path.insert(0, {str(BENCHMARKS)!r}); runpy.run_path({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.strip().rpartition("\n")[2]
    if last == "ModuleNotFoundError: No module named 'torch'":
        pytest.skip("torch is not installed (the extra train)")
    assert done.returncode == 0, done.stderr
