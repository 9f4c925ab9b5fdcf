"""The report card of a controller: which families of faults it stands, and which rules it breaks."""

from collections.abc import Iterator
from typing import Any

from scenarios.confirmation import Confirmation
from twin import Run, trace
from twin.report.headline import headline


class ReportCard:
    """For each property, by name: how many scenarios were run, in how many a fault acted, and what they broke.

    Of the scenarios that break a rule the smallest is kept, in items and faults, and the number of the first one.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def add(self, name: str, run: Run) -> None:
        """Take a run into account."""
        row = self._row(name)
        row["runs"] += 1
        row["disturbed"] += any(isinstance(record, trace.Disturbed) for record in run.trace)
        if not run.violations:
            return
        row["found_by"] = row["found_by"] or row["runs"]
        row["broken"] = sorted({*row["broken"], *(found.check for found in run.violations)})
        size = [run.scenario.item_count, len(run.scenario.faults)]
        if row["smallest"] is None or size <= row["smallest"]:
            first = min(run.violations, key=lambda found: found.t_s)
            row["smallest"], row["first"] = size, headline(run.scenario, run.trace, first)

    def merge(self, rows: dict[str, dict[str, Any]]) -> None:
        """Take the rows of another process into account."""
        for name, other in rows.items():
            row = self._row(name)
            row["runs"] += other["runs"]
            row["disturbed"] += other["disturbed"]
            row["broken"] = sorted({*row["broken"], *other["broken"]})
            row["found_by"] = row["found_by"] or other["found_by"]
            if other["smallest"] is not None and (row["smallest"] is None or other["smallest"] <= row["smallest"]):
                row["smallest"], row["first"] = other["smallest"], other["first"]

    def confirm(self, name: str, confirmation: Confirmation, path: str) -> None:
        """Take into account what came of a property's failure in real time, and the failure's file."""
        row = self._row(name)
        row["wire"], row["run"], row["why"] = confirmation.state, confirmation.run, confirmation.text
        row["file"] = path

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """All rows, as plain data."""
        return self._rows

    @property
    def broken(self) -> bool:
        """Whether any rule was broken."""
        return any(row["broken"] for row in self._rows.values())

    def lines(self, families: dict[str, str]) -> Iterator[str]:
        """The card as text. `families` has the name of each family by the name of its property."""
        width = max(len(family) for family in families.values())
        yield f"{'family':{width}}  scenarios  with effect  rules"
        for name, family in families.items():
            row = self._rows.get(name)
            if row is None:
                yield f"{family:{width}}  {'-':>9}  {'-':>11}  not asked"
                continue
            rules = ", ".join(row["broken"])
            verdict = f"BROKEN: {rules}" if rules else "kept"
            yield f"{family:{width}}  {row['runs']:9}  {row['disturbed']:11}  {verdict}"
            if row["smallest"] is not None:
                items, faults = (
                    _counted(count, of) for count, of in zip(row["smallest"], ("item", "fault"), strict=True)
                )
                yield f"{'':{width}}  {items}, {faults}: {row['first']}"
            if row["why"]:
                yield f"{'':{width}}  {row['why']}"
            if row["file"]:
                yield f"{'':{width}}  {row['file']}"

    def _row(self, name: str) -> dict[str, Any]:
        empty = {
            "runs": 0, "disturbed": 0, "broken": [], "found_by": None, "smallest": None, "first": "", "file": "",
            "wire": None, "run": 0, "why": "",
        }  # fmt: skip
        return self._rows.setdefault(name, empty)


def _counted(count: int, of: str) -> str:
    return f"{count} {of}" if count == 1 else f"{count} {of}s"
