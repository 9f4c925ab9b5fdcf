"""The share of bugs that the suite finds: `pytest scenarios/`, quick profile, against each broken controller.

    python benchmarks/bug_finding.py [NAME ...] [--json FILE] [--processes 2]

The suite runs as a user would run it, from one fixed seed, but without the old counterexamples in `regressions/`. For
each controller: found or not, by which property and check, after how many scenarios and seconds, and the size of the
scenario. Our own controller runs too. Exit 1 if a failure is found with ours, or none with a broken one.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from broken import BROKEN, RARE  # noqa: E402

from controller.core.controller import Controller  # noqa: E402
from scenarios.harness import Harness  # noqa: E402

OURS = "(ours)"
SEED = 0
MEDIANS = ("examples", "seconds", "items", "faults")
SUITE = (
    str(ROOT / "scenarios"), "-x", "-q", f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml"),
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # The harness is imported before pytest starts.
)  # fmt: skip


@dataclass
class Hunt:
    """The result for one broken controller. `examples`: scenarios run until one failed."""

    name: str
    found: bool = False
    property_name: str = ""
    check: str = ""
    examples: int = 0
    seconds: float = 0.0
    items: int = 0
    faults: int = 0


@dataclass
class Hunter(Harness):
    """The suite's harness, which keeps the last scenario and the first failure."""

    began_s: float = field(default_factory=time.perf_counter)
    found_s: float | None = None
    examples: int = 0
    check: str = ""
    last: object = None

    def run(self, scenario):
        self.last = scenario
        run = super().run(scenario)
        if run.violations:
            self.check = run.violations[0].check
        return run

    def holds(self, *arguments, **options):
        try:
            return super().holds(*arguments, **options)
        except AssertionError:
            self.note()
            raise

    def note(self):
        """Record a failure; only the first one counts."""
        if self.found_s is None:
            self.found_s, self.examples = time.perf_counter() - self.began_s, self.runs


class Substitute:
    """A plugin that gives the suite a broken controller, and records the property that fails."""

    def __init__(self, name):
        self.hunter = Hunter(controller=Controller if name == OURS else {**BROKEN, **RARE}[name])
        self.result = Hunt(name)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        from scenarios.conftest import HARNESS

        config.stash[HARNESS] = self.hunter
        settings.register_profile("hunt", settings.get_profile("suite"), database=None, report_multiple_bugs=False)
        settings.load_profile("hunt")

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.path.name != "test_regressions.py"]

    def pytest_runtest_logreport(self, report):
        if not report.failed:
            return
        self.hunter.note()
        scenario = self.hunter.last  # Hypothesis runs the smallest one last.
        self.result.found, self.result.property_name = True, report.nodeid.partition("::")[2].removeprefix("test_")
        self.result.check = self.hunter.check or "property"
        self.result.seconds, self.result.examples = self.hunter.found_s, self.hunter.examples
        self.result.items, self.result.faults = scenario.item_count, len(scenario.faults)


def hunt(name, seed=SEED):
    """Run the suite from a seed until a property fails; to be called in its own process."""
    plugin = Substitute(name)
    os.chdir(tempfile.mkdtemp())  # The suite writes its failures to the current folder.
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main([*SUITE, f"--hypothesis-seed={seed}"], plugins=[plugin])
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), f"{name}: pytest ended with {code!r}"
    return plugin.result


def main():
    """Test all controllers, or those named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *BROKEN], default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    print(f"{'controller':26} found  {'property_name':72}  {'check':17}  examples  seconds  items  faults")
    pool = partial(ProcessPoolExecutor, arguments.processes, get_context("spawn"), max_tasks_per_child=1)
    hunts = []
    with pool() as workers:
        for one in workers.map(hunt, [OURS, *(arguments.names or BROKEN)]):
            show(one)
            hunts.append(one)
    ours, *broken = hunts
    found = [one for one in broken if one.found]
    print(f"{len(found)} of {len(broken)} found")
    if found:
        medians = {column: statistics.median(getattr(one, column) for one in found) for column in MEDIANS}
        print("medians: " + ", ".join(f"{value:.3g} {column}" for column, value in medians.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in broken], indent=1))
    sys.exit(ours.found or len(found) < len(broken))


def show(one):
    """A row of the table."""
    print(
        f"{one.name:26} {'yes' if one.found else 'NO':5}  {one.property_name:72}  {one.check:17}  {one.examples:8}"
        f"  {one.seconds:7.1f}  {one.items:5}  {one.faults:6}", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
