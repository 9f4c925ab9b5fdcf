"""Makes a failing scenario small: fewer items, fewer faults, plainer values, as long as it still fails the same way."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec
from hypothesis import Phase
from hypothesis.errors import Flaky

from twin.campaign.program_files import ProgramFiles
from twin.campaign.unit import Failure, UnitTask, controller_of, explore, failures_of, refusal
from twin.errors import HostingError
from twin.links.base import ControllerOf
from twin.links.external_controller import ExternalController
from twin.report.drawing import Sketch
from twin.report.html import report_html
from twin.report.reported import Origin, report_of, reported_run, verdict_of
from twin.run import Run
from twin.scenario.scenario import Scenario


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest failure of a group that Hypothesis found, and how many scenarios it tried for that.

    `report` is the run of it, drawn: the text of an HTML file; None where there is no run to draw. `repeats`: whether
    the unit failed again in the same way; a program that is not repeatable may not.
    """

    failure: Failure
    tried: int
    report: str | None = None
    repeats: bool = True


class _StillFailsError(Exception):
    """The scenario fails in the way that is looked for."""


def shrink(
    task: UnitTask, known: Failure, origin: Origin, controller: ControllerOf | ExternalController | None = None
) -> Shrunk:
    """Draw a unit's scenarios again until one fails as `known` did, and let Hypothesis shrink that one.

    `origin` says how the smallest one is played again, for its report.
    """
    smallest: list[tuple[Failure, Run | None]] = []
    tried = 0

    def visit(run: Run) -> None:
        nonlocal tried
        tried += 1
        look(failures_of(run, unit=task.number, place=tried - 1), run)

    def refused(scenario: Scenario, error: HostingError) -> None:
        nonlocal tried
        tried += 1
        look([refusal(scenario, error, unit=task.number, place=tried - 1)], None)

    def look(failures: Sequence[Failure], run: Run | None) -> None:
        for failure in failures:
            if failure.group == known.group:
                smallest[:] = [(failure, run)]  # Hypothesis ends with the smallest one.
                raise _StillFailsError

    with suppress(_StillFailsError, Flaky):
        explore(task, visit, phases=(Phase.generate, Phase.shrink), controller=controller, refused=refused)
    if not smallest:
        return Shrunk(failure=known, tried=tried, repeats=False)
    ((failure, run),) = smallest
    report = None if run is None else _report(run, origin._replace(core=run.core))
    return Shrunk(failure=failure, tried=tried, report=report)


def _report(run: Run, origin: Origin) -> str:
    sketch = Sketch()
    for record in run.trace:
        sketch.see(record)
    return report_html(report_of([(reported_run(sketch, verdict_of(run), origin), sketch.records)]))


def shrink_of(task: UnitTask, known: Failure, origin: Origin, program: ProgramFiles | None) -> Shrunk:
    """As `shrink`, for the program whose files these are; None: our controller."""
    return shrink(task, known, origin, controller_of(program, task.plan))
