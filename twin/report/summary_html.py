"""A run's summary and violations as plain HTML tables, which a notebook shows."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from twin.report.finished_run import FinishedRun

MOST_SHOWN: Final = 20
"""Violations in the table; the run itself has them all."""


def run_html(run: FinishedRun) -> str:
    """The tables. Whatever comes from outside is escaped."""
    summary = run.summary
    head = ("class", "items", "right", "rejected", "wrong bin")
    classes = [
        (name, count.items, count.right, count.rejected, count.wrong)
        for name, count in sorted(run.tally.classes.items())
    ]
    parts = [
        _table(f"{summary.items} items, seed {summary.seed}", head, classes),
        _paragraph(_verdict(run)),
    ]
    if run.violations:
        found = [
            (f"{one.t_s:.3f}", one.check, "" if one.item is None else one.item, one.detail)
            for one in run.violations[:MOST_SHOWN]
        ]
        parts.append(_table("violations", ("time in s", "check", "item", "what happened"), found))
    more = len(run.violations) + run.unlisted - MOST_SHOWN
    if more > 0:
        parts.append(_paragraph(f"... and {more} more"))
    return "".join(parts)


def _verdict(run: FinishedRun) -> str:
    if run.interrupted and not run.violations:
        return "interrupted: no verdict"
    total = len(run.violations) + run.unlisted
    until = "interrupted: no verdict of the rest; " if run.interrupted else ""
    return f"{until}violations: {total or 'none'}; digest {run.summary.digest}"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    header = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )  # fmt: skip
    return f"<table><caption>{escape(caption)}</caption><tr>{header}</tr>{body}</table>"
