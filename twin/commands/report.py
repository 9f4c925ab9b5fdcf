"""The command `twin report`: saved runs as one HTML file that opens from disk."""

from pathlib import Path
from typing import Annotated

import typer

from twin.commands.exit_codes import REFUSED
from twin.commands.one_line_errors import one_line_errors


def write_runs(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Saved runs: folders of --save, or trace files.")
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="HTML file to write.")] = None,
    perfetto: Annotated[
        Path | None, typer.Option(help="JSON file to write, for ui.perfetto.dev or chrome://tracing.")
    ] = None,
) -> None:
    """Draw a run as an HTML file, or several beside each other with their first difference marked.

    The file opens from disk and loads nothing. Of files that are not whole it shows what is there, with exit
    code 2.
    """
    from twin.errors import FileError
    from twin.report.html import write_report
    from twin.report.perfetto import write_perfetto
    from twin.report.reported import report_of
    from twin.saved.run_files import check_writable
    from twin.saved.saved_run import load_run

    with one_line_errors():
        if output is None and perfetto is None:
            raise FileError("--output must be the HTML file to write, or --perfetto a JSON file, got neither")
        check_writable("--output", output)
        check_writable("--perfetto", perfetto)
        saved = [load_run(path) for path in runs]
        reported = [run.reported for run in saved]
        if output is not None:
            records = (run.sketch.records for run in saved)
            write_report(output, report_of(list(zip(reported, records, strict=True))))
        if perfetto is not None:
            write_perfetto(perfetto, [run.drawing for run in reported])
    cautions = [words for run in saved for words in run.cautions]
    for caution in cautions:
        words = f"{caution}; {output or perfetto} shows what is there"
        typer.echo(f"twin: {' '.join(words.split())}", err=True)
    raise typer.Exit(REFUSED if cautions else 0)
