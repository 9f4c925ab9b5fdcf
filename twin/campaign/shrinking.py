"""Makes a failing scenario small: fewer items, fewer faults, plainer values, as long as it still fails the same way."""

from contextlib import suppress

import msgspec
from hypothesis import Phase

from twin.campaign.program_files import ProgramFiles
from twin.campaign.unit import Failure, Group, UnitTask, controller_of, explore, failures_of
from twin.links.external_controller import ExternalController
from twin.links.memory import ControllerOf
from twin.report.drawing import Sketch
from twin.report.html import report_html
from twin.report.reported import Origin, Verdict, report_of, reported_run
from twin.run import Run


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest failure of a group that Hypothesis found, and how many scenarios it tried for that.

    `report` is the run of it, drawn: the text of an HTML file.
    """

    failure: Failure
    tried: int
    report: str


class _StillFailsError(Exception):
    """The scenario fails in the way that is looked for."""


def shrink(
    task: UnitTask, group: Group, origin: Origin, controller: ControllerOf | ExternalController | None = None
) -> Shrunk:
    """Draw a unit's scenarios again until one fails as its group says, and let Hypothesis shrink that one.

    `origin` says how the smallest one is played again, for its report.
    """
    smallest: list[tuple[Failure, Run]] = []
    tried = 0

    def visit(run: Run) -> None:
        nonlocal tried
        tried += 1
        for failure in failures_of(run, unit=task.number, place=tried - 1):
            if failure.group == group:
                smallest[:] = [(failure, run)]  # Hypothesis ends with the smallest one.
                raise _StillFailsError

    with suppress(_StillFailsError):
        explore(task, visit, phases=(Phase.generate, Phase.shrink), controller=controller)
    assert smallest, f"unit {task.number} does not fail again: {group.name}"
    ((failure, run),) = smallest
    return Shrunk(failure=failure, tried=tried, report=_report(run, origin._replace(core=run.core)))


def _report(run: Run, origin: Origin) -> str:
    sketch = Sketch()
    for record in run.trace:
        sketch.see(record)
    verdict = Verdict(run.violations, run.excused, unlisted=run.unlisted)
    return report_html(report_of([(reported_run(sketch, verdict, origin), sketch.records)]))


def shrink_of(task: UnitTask, group: Group, origin: Origin, program: ProgramFiles | None) -> Shrunk:
    """As `shrink`, for the program whose files these are; None: our controller."""
    return shrink(task, group, origin, controller_of(program))
