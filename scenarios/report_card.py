"""The report card of a controller: which families of faults it stands, and which rules it breaks."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from twin import Run, trace


class Smallest(msgspec.Struct, frozen=True):
    """The size of a scenario that breaks a rule, and its first violation in words."""

    items: int
    faults: int
    violation: str


class Outcome(msgspec.Struct, frozen=True):
    """The runs of one property: how many, in how many a fault acted, and the rules that they broke.

    `smallest` is the smallest scenario that broke a rule, in items and then in faults.
    """

    runs: int = 0
    disturbed: int = 0
    broken: tuple[str, ...] = ()
    smallest: Smallest | None = None

    def __add__(self, other: "Outcome") -> "Outcome":
        """The runs of both rows. Of two scenarios of one size the other row's stays: Hypothesis shrank it further."""
        found = [row.smallest for row in (other, self) if row.smallest is not None]
        return Outcome(
            runs=self.runs + other.runs,
            disturbed=self.disturbed + other.disturbed,
            broken=tuple(sorted({*self.broken, *other.broken})),
            smallest=min(found, key=lambda each: (each.items, each.faults), default=None),
        )


class ReportCard:
    """One row for each property, by name."""

    def __init__(self) -> None:
        self._rows: dict[str, Outcome] = {}

    def add(self, name: str, run: Run, allowed: Collection[str] = ()) -> None:
        """Take a run into account. The property does not ask the rules that are `allowed` to be broken."""
        violations, smallest = [found for found in run.violations if found.check not in allowed], None
        if violations:
            first = violations[0]
            words = f"{first.t_s:.1f} s {first.check}: {first.detail}"
            smallest = Smallest(run.scenario.item_count, len(run.scenario.faults), words)
        disturbed = any(isinstance(record, trace.Disturbed) for record in run.trace)
        self._add(name, Outcome(1, int(disturbed), tuple({found.check for found in violations}), smallest))

    def merge(self, rows: Mapping[str, Any]) -> None:
        """Take the `rows` of another process into account."""
        for name, row in msgspec.convert(rows, dict[str, Outcome]).items():
            self._add(name, row)

    @property
    def rows(self) -> dict[str, Any]:
        """All rows as builtin types, for another process."""
        rows: dict[str, Any] = msgspec.to_builtins(self._rows)
        return rows

    @property
    def broken(self) -> bool:
        """Whether any rule was broken."""
        return any(row.broken for row in self._rows.values())

    def lines(self, families: dict[str, str]) -> Iterator[str]:
        """The card as text. `families` has the name of each family by the name of its property."""
        width = max(len(family) for family in families.values())
        yield f"{'family':{width}}  scenarios  with effect  rules"
        for name, family in families.items():
            row = self._rows.get(name)
            if row is None:
                yield f"{family:{width}}  {'-':>9}  {'-':>11}  not asked"
                continue
            verdict = f"BROKEN: {', '.join(row.broken)}" if row.broken else "kept"
            yield f"{family:{width}}  {row.runs:9}  {row.disturbed:11}  {verdict}"
            if row.smallest is not None:
                size = f"{row.smallest.items} items, {row.smallest.faults} faults"
                yield f"{'':{width}}  {size}: {row.smallest.violation}"

    def _add(self, name: str, row: Outcome) -> None:
        self._rows[name] = self._rows.get(name, Outcome()) + row
