"""A report: one HTML file that opens from disk, with the runs' data in it and nothing loaded from anywhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from twin.errors import FileError
from twin.report.drawing import Drawing
from twin.report.page_script import filled_page

REPORT_FORMAT: Final = 1


class ReportedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a report: what came of it in a sentence, facts about it, how to play it again, its drawing.

    `scenario` is the file that plays it again, as text: a seed has more digits than a browser's numbers.
    """

    ok: bool
    sentence: str
    facts: Sequence[str]
    replay: str
    scenario: str
    drawing: Drawing


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Where two runs of a report first differ: which (counted from 1), when, and what happened in each."""

    t_s: float
    one: str
    other: str
    runs: tuple[int, int] = (1, 2)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a report."""

    format: int = REPORT_FORMAT
    sentence: str
    runs: Sequence[ReportedRun]
    difference: Difference | None = None


def report_html(report: Report) -> str:
    """The report as the text of an HTML file."""
    data = msgspec.json.encode(report).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")
    start = (
        'modules.report.openReport(document.getElementById("report"), '
        'JSON.parse(document.getElementById("data").textContent));'
    )
    return filled_page(report.sentence, data, "report", start)


def write_report(path: Path, report: Report) -> None:
    """Write a report. Raises `FileError`."""
    try:
        path.write_text(report_html(report), encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None
