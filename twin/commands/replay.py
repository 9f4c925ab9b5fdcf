"""The command `twin replay`: a scenario, run again in memory, or a saved run, as it was; step by step."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from twin.commands.ending import terminable
from twin.commands.exit_codes import REFUSED, exit_code
from twin.commands.one_line_errors import one_line_errors

if TYPE_CHECKING:
    from twin.links.output_log import OutputLine
    from twin.report.drawing import Sketch
    from twin.report.reported import Verdict


def replay(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="Scenario file (JSON), or the folder of a saved run.")],
) -> None:
    """Show a run step by step, and its diagram: a scenario, run in memory, or a saved run as it was.

    The exit code is 1 if it violates a rule. Of a saved run that is not whole it shows what is there, with exit code 2.
    """
    from twin.report.console import show_narration, show_verdict
    from twin.report.screen import Screen
    from twin.report.text_diagram import show_diagram

    console = Screen()
    with one_line_errors(), terminable():
        sketch, verdict, output_lines, caution = _replayed(path)
        show_narration(console, sketch.records, verdict.violations, output_lines)
        if sketch.records_left_out:
            console.print(f"{sketch.records_left_out} more records are not shown", style="yellow")
        show_diagram(console, sketch.drawing(verdict.violations, verdict.excused))
        if verdict.violations or caution is None:
            show_verdict(console, verdict)
    if caution is not None:
        typer.echo(f"twin: {' '.join(caution.split())}; above is what is there", err=True)
        raise typer.Exit(REFUSED)
    raise typer.Exit(exit_code(verdict))


class _Replayed(NamedTuple):
    """A run's records, what was found in it, and what an external program wrote.

    `caution` says what is wrong with a saved run's trace, if that is not whole; then there is no verdict.
    """

    sketch: "Sketch"
    verdict: "Verdict"
    output_lines: "Sequence[OutputLine]" = ()
    caution: str | None = None


def _replayed(path: Path) -> _Replayed:
    """The run of `path`: of a scenario file, or of a folder with a saved run. Raises `FileError`."""
    from twin.report.drawing import Sketch
    from twin.report.reported import verdict_of
    from twin.run import simulate
    from twin.saved.file_kinds import read_as
    from twin.saved.saved_run import load_run
    from twin.scenario.scenario import load_scenario

    if path.is_dir():
        saved = load_run(path)
        return _Replayed(saved.sketch, saved.verdict, saved.output_lines, saved.caution)
    with read_as("scenario", path):
        scenario = load_scenario(path)
    sketch = Sketch()
    run = simulate(scenario, link="memory", keep_trace=False, watchers=(sketch.see,))
    return _Replayed(sketch, verdict_of(run))
