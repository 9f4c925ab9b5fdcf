"""The command `twin check`: a recorded trace, judged again."""

from pathlib import Path
from typing import Annotated

import typer

from twin.commands.exit_codes import exit_code
from twin.commands.one_line_errors import one_line_errors


def check(file: Annotated[Path, typer.Argument(help="Trace file (JSON Lines), written by twin run --trace.")]) -> None:
    """Judge a recorded trace again. The exit code is 1 if it violates a rule.

    In a saved run's folder it also counts what was found when the run was repeated without its faults.
    """
    from twin.report.console import show_verdict
    from twin.report.screen import Screen
    from twin.saved.saved_run import judged_again

    console = Screen()
    with one_line_errors():
        verdict = judged_again(file)
        show_verdict(console, verdict)
    raise typer.Exit(exit_code(verdict))
