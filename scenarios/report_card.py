"""The report card of a controller: which families of faults it stands, and which rules it breaks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scenarios.confirmation import Confirmation
from twin import Run, trace
from twin.report.headline import headline
from twin.scenario.faults import Fault
from twin.verdict.checks import Violation

MOST_VOID: Final = 0.1
"""If more than this share of the runs are void, the others prove too little."""

_COUNTS: Final = ("runs", "disturbed", "faults", "acted", "void")


class ReportCard:
    """For each property, by name: how many scenarios were run, in how many a fault acted, and what they broke.

    It counts the faults that were drawn, and those that had an effect. Of the scenarios that break a rule the smallest
    is kept, in items and faults, and the number of the first one.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def add(self, name: str, run: Run, violations: Sequence[Violation] | None = None) -> None:
        """Take a run into account, with those of its violations that the property asks for (None: all)."""
        violations = run.violations if violations is None else violations
        row = self._row(name)
        row["runs"] += 1
        row["disturbed"] += asked(run)
        row["faults"] += len(run.scenario.faults)
        row["acted"] += sum(_acted(fault, run) for fault in run.scenario.faults)
        if not violations:
            return
        row["found_by"] = row["found_by"] or row["runs"]
        row["broken"] = sorted({*row["broken"], *(found.check for found in violations)})
        size = [run.scenario.item_count, len(run.scenario.faults)]
        if row["smallest"] is None or size <= row["smallest"]:
            first = min(violations, key=lambda found: found.t_s)
            row["smallest"], row["first"] = size, headline(run.scenario, run.trace, first)

    def add_void(self, name: str) -> None:
        """Count a run that the machine held up, so that it shows nothing."""
        self._row(name)["void"] += 1

    def merge(self, rows: dict[str, dict[str, Any]]) -> None:
        """Take the rows of another process into account."""
        for name, other in rows.items():
            row = self._row(name)
            for count in _COUNTS:
                row[count] += other[count]
            row["broken"] = sorted({*row["broken"], *other["broken"]})
            row["found_by"] = row["found_by"] or other["found_by"]
            if other["smallest"] is not None and (row["smallest"] is None or other["smallest"] <= row["smallest"]):
                row["smallest"], row["first"] = other["smallest"], other["first"]

    def confirm(self, name: str, confirmation: Confirmation, path: str) -> None:
        """Take into account what came of a property's failure in real time, and the failure's file."""
        row = self._row(name)
        if row["wire"] == "confirmed":
            return  # Of the two that were found, one is enough.
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

    def problems(self, families: Mapping[str, str]) -> list[str]:
        """Why the runs say less than they seem to: what was not asked, and too many runs that are void."""
        known = [self._row(name) for name in families]
        runs, void = sum(row["runs"] for row in known), sum(row["void"] for row in known)
        silent = [
            family for family, row in zip(families.values(), known, strict=True)
            if not row["disturbed"] and not row["broken"]
        ]  # fmt: skip
        late = [f"{void} of {runs + void} runs are void: this machine is too slow, or too busy, for real time"]
        return [f"not asked: {family}" for family in silent] + (late if void > MOST_VOID * (runs + void) else [])

    def lines(self, families: Mapping[str, str]) -> Iterator[str]:
        """The card as text. `families` has the name of each family by the name of its property."""
        width = max(len(family) for family in families.values())
        yield f"{'family':{width}}  scenarios  asked  faults  with effect  rules"
        for name, family in families.items():
            row = self._rows.get(name)
            if row is None:
                yield f"{family:{width}}  {'-':>9}  {'-':>5}  {'-':>6}  {'-':>11}  not asked"
                continue
            counts = f"{row['runs']:9}  {row['disturbed']:5}  {row['faults']:6}  {row['acted']:11}"
            yield f"{family:{width}}  {counts}  {_verdict(row)}"
            indent = " " * (width + 2)
            if row["smallest"] is not None:
                items, faults = map(_counted, row["smallest"], ("item", "fault"))
                yield f"{indent}{items}, {faults}: {row['first']}"
            yield from (f"{indent}{row[key]}" for key in ("why", "file") if row[key])

    def _row(self, name: str) -> dict[str, Any]:
        empty: dict[str, Any] = {
            **dict.fromkeys(_COUNTS, 0), "broken": [], "found_by": None, "smallest": None, "first": "", "file": "",
            "wire": None, "run": 0, "why": "",
        }  # fmt: skip
        return self._rows.setdefault(name, empty)


def asked(run: Run) -> bool:
    """Whether a run put the question of its property: a fault had an effect, or the controller was told to end."""
    if run.scenario.stop_s is None and not run.scenario.faults:
        return any(isinstance(record, trace.Loaded) for record in run.trace)
    return any(isinstance(record, trace.Disturbed | trace.EndRequested) for record in run.trace)


def _acted(fault: Fault, run: Run) -> bool:
    """Whether a fault had an effect."""
    kind = type(fault).__name__.lower()
    return any(
        isinstance(record, trace.Disturbed) and record.fault == kind and record.t_s >= fault.from_s
        for record in run.trace
    )


def _verdict(row: dict[str, Any]) -> str:
    void = f" ({row['void']} void)" if row["void"] else ""
    if row["broken"]:
        return f"BROKEN: {', '.join(row['broken'])}{void}"
    if not row["disturbed"]:
        if not row["runs"]:
            return f"not asked: all {row['void']} runs are void"
        return f"not asked: {'no fault had an effect' if row['faults'] else 'nothing was loaded'}{void}"
    return f"kept{void}"


def _counted(count: int, of: str) -> str:
    return f"{count} {of}" if count == 1 else f"{count} {of}s"
