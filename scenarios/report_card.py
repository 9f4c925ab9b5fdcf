"""The report card of a controller: which families of faults it stands, and which rules it breaks."""

from collections.abc import Collection, Iterator
from typing import Any

from twin import Run, trace


class ReportCard:
    """For each property, by name: how many scenarios were run, in how many a fault acted, and what they broke.

    Of the scenarios that break a rule the smallest is kept, in items and faults.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def add(self, name: str, run: Run, allowed: Collection[str] = ()) -> None:
        """Take a run into account. The property does not ask the rules that are `allowed` to be broken."""
        violations = [found for found in run.violations if found.check not in allowed]
        row = self._row(name)
        row["runs"] += 1
        row["disturbed"] += any(isinstance(record, trace.Disturbed) for record in run.trace)
        if not violations:
            return
        row["broken"] = sorted({*row["broken"], *(found.check for found in violations)})
        size = [run.scenario.item_count, len(run.scenario.faults)]
        if row["smallest"] is None or size <= row["smallest"]:
            first = violations[0]
            row["smallest"], row["first"] = size, f"{first.t_s:.1f} s {first.check}: {first.detail}"

    def merge(self, rows: dict[str, dict[str, Any]]) -> None:
        """Take the rows of another process into account."""
        for name, other in rows.items():
            row = self._row(name)
            row["runs"] += other["runs"]
            row["disturbed"] += other["disturbed"]
            row["broken"] = sorted({*row["broken"], *other["broken"]})
            if other["smallest"] is not None and (row["smallest"] is None or other["smallest"] <= row["smallest"]):
                row["smallest"], row["first"] = other["smallest"], other["first"]

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
                items, faults = row["smallest"]
                yield f"{'':{width}}  {items} items, {faults} faults: {row['first']}"

    def _row(self, name: str) -> dict[str, Any]:
        empty = {"runs": 0, "disturbed": 0, "broken": [], "smallest": None, "first": ""}
        return self._rows.setdefault(name, empty)
