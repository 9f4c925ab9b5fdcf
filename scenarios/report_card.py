"""The report card of a controller: which families of faults it stands, and which rules it breaks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from scenarios.confirmation import Confirmation
from scenarios.failures import GRAVEST, Failure, words_of
from twin import Run, trace
from twin.report.screen import counted
from twin.scenario.faults import Fault, kind_of
from twin.verdict.checks import Violation

MOST_VOID: Final = 0.1
"""If more than this share of the runs are void, the others prove too little."""


class Smallest(msgspec.Struct, frozen=True):
    """The size of a scenario that breaks `rules`, and what happened first, in words."""

    items: int
    faults: int
    words: str
    rules: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """The runs of one property: how many, and how many `asked` its question, because a fault had an effect.

    `faults` were drawn, of which `acted` had an effect. `void` runs count for nothing. `broken`: the rules that were
    broken, first in run `found_by`. `smallest` is the smallest scenario that broke one, in items and then in faults;
    but where one was run in real time it is that one, with its `file`, and `wire` is what came of it. `moot`: why the
    question cannot be put. `unfinished`: what ended it too soon.
    """

    runs: int = 0
    asked: int = 0
    faults: int = 0
    acted: int = 0
    void: int = 0
    broken: tuple[str, ...] = ()
    found_by: int | None = None
    smallest: Smallest | None = None
    file: str = ""
    wire: Confirmation | None = None
    moot: str = ""
    unfinished: str = ""

    def __add__(self, other: "Outcome") -> "Outcome":
        """The runs of both. Of two scenarios of one size the other's stays: it was made smaller further."""
        found = [row.smallest for row in (other, self) if row.smallest is not None]
        kept = other if other.wire else self
        later = None if other.found_by is None else self.runs + other.found_by
        return Outcome(
            runs=self.runs + other.runs, asked=self.asked + other.asked, faults=self.faults + other.faults,
            acted=self.acted + other.acted, void=self.void + other.void,
            broken=tuple(sorted({*self.broken, *other.broken})), found_by=self.found_by or later,
            smallest=kept.smallest if kept.wire else min(found, key=lambda one: (one.items, one.faults), default=None),
            file=kept.file, wire=kept.wire, moot=self.moot or other.moot,
            unfinished=self.unfinished or other.unfinished,
        )  # fmt: skip

    @property
    def kept(self) -> bool:
        """Whether it was asked, to the end, and no rule was broken."""
        return bool(self.asked) and not self.broken and not self.unfinished

    @property
    def verdict(self) -> str:
        """What became of the question, in words."""
        void = f" ({self.void} void)" if self.void else ""
        if self.broken:
            return f"BROKEN: {', '.join(self.broken)}{void}"
        if self.unfinished:
            return f"not finished: {self.unfinished}"
        if self.asked:
            return f"kept{void}"
        if self.moot:
            return f"not asked: {self.moot}"
        if not self.runs:
            return f"not asked: all {self.void} runs are void"
        return f"not asked: {'no fault had an effect' if self.faults else 'nothing was loaded'}{void}"


class ReportCard:
    """One row for each property, by name."""

    def __init__(self) -> None:
        self._rows: dict[str, Outcome] = {}

    def add(
        self, name: str, run: Run, violations: Sequence[Violation] | None = None, *, shown: bool = True
    ) -> None:  # fmt: skip
        """Take a run into account, with those of its violations that the property asks for (None: all).

        `shown`: whether it may be the one that is shown, as its scenario is in a file if it is the smallest.
        """
        violations = run.violations if violations is None else violations
        faults, smallest = run.scenario.faults, None
        if violations and shown:
            rules = tuple(dict.fromkeys(found.check for found in violations))
            smallest = Smallest(run.scenario.item_count, len(faults), words_of(run, violations), rules)
        self._add(name, Outcome(
            runs=1, asked=_asks(run), faults=len(faults), acted=sum(_acted(fault, run) for fault in faults),
            broken=tuple({found.check for found in violations}), found_by=1 if violations else None, smallest=smallest,
        ))  # fmt: skip

    def add_void(self, name: str) -> None:
        """Count a run that the machine held up, so that it shows nothing."""
        self._add(name, Outcome(void=1))

    def add_moot(self, name: str, why: str) -> None:
        """Note that a question cannot be put to this controller."""
        self._add(name, Outcome(moot=why))

    def add_unfinished(self, name: str, why: str) -> None:
        """Note that a property ended too soon, and not by a broken rule."""
        self._add(name, Outcome(unfinished=why))

    def merge(self, rows: Mapping[str, Any]) -> None:
        """Take the `rows` of another process into account."""
        for name, row in msgspec.convert(rows, dict[str, Outcome]).items():
            self._add(name, row)

    def confirm(self, name: str, confirmation: Confirmation, failure: Failure) -> None:
        """Take into account what came of a property's failure in real time: all that is shown of one is of that one."""
        known = self._row(name)
        if known.wire is not None and _weight(known.wire, known.smallest) >= _weight(confirmation, failure):
            return  # Of two that were found, one is enough.
        smallest = Smallest(failure.items, failure.faults, failure.words, failure.rules)
        self._add(name, Outcome(smallest=smallest, file=failure.path, wire=confirmation))

    def taken(self) -> dict[str, Any]:
        """All rows as builtin types, which are no longer here then."""
        rows, self._rows = self.rows, {}
        return rows

    @property
    def rows(self) -> dict[str, Any]:
        """All rows as builtin types, for another process or a file."""
        rows: dict[str, Any] = msgspec.to_builtins(self._rows)
        return rows

    @property
    def broken(self) -> bool:
        """Whether any rule was broken."""
        return any(row.broken for row in self._rows.values())

    def begun(self, families: Mapping[str, str]) -> int:
        """How many families have been asked up to now."""
        return sum(name in self._rows for name in families)

    def problems(self, families: Mapping[str, str]) -> list[str]:
        """Why the runs say less than they seem to: what was not asked, and too many runs that are void."""
        known = {family: self._row(name) for name, family in families.items()}
        runs, void = sum(row.runs for row in known.values()), sum(row.void for row in known.values())
        silent = [f"not asked: {family}" for family, row in known.items() if not (row.asked or row.broken or row.moot)]
        late = f"{void} of {runs + void} runs are void: this machine is too slow, or too busy, for real time"
        return [*silent, *([late] if void > MOST_VOID * (runs + void) else [])]

    def conclusion(self, families: Mapping[str, str]) -> str:
        """What all families together say, in a sentence."""
        rows = [self._row(name) for name in families]
        broken = sum(bool(row.broken) for row in rows)
        if broken:
            return f"Rules are broken in {broken} of {len(rows)} families."
        kept, unfinished = sum(row.kept for row in rows), sum(bool(row.unfinished) for row in rows)
        silent = len(rows) - kept - unfinished
        others = f", {unfinished} not finished" if unfinished else ""
        others += f", {silent} not asked" if silent else ""
        return f"No rule is broken: {kept} of {len(rows)} families kept{others}."

    def lines(self, families: Mapping[str, str]) -> Iterator[str]:
        """The card as text. `families` has the name of each family by the name of its property."""
        width = max(len(family) for family in families.values())
        yield f"{'family':{width}}  scenarios  asked  faults  with effect  rules"
        for name, family in families.items():
            row = self._rows.get(name)
            if row is None:
                yield f"{family:{width}}  {'-':>9}  {'-':>5}  {'-':>6}  {'-':>11}  not asked"
                continue
            yield f"{family:{width}}  {row.runs:9}  {row.asked:5}  {row.faults:6}  {row.acted:11}  {row.verdict}"
            indent = " " * (width + 2)
            if row.smallest is not None:
                size = f"{counted(row.smallest.items, 'item')}, {counted(row.smallest.faults, 'fault')}"
                yield f"{indent}{size}: {row.smallest.words}"
                if others := [rule for rule in row.broken if rule not in row.smallest.rules]:
                    yield f"{indent}broken in other scenarios: {', '.join(others)}"
            if row.wire is not None:
                yield from (f"{indent}{text}" for text in (row.wire.text, row.file))

    def _row(self, name: str) -> Outcome:
        return self._rows.get(name, Outcome())

    def _add(self, name: str, row: Outcome) -> None:
        self._rows[name] = self._row(name) + row


def _weight(wire: Confirmation, shown: Smallest | Failure | None) -> tuple[bool, bool]:
    """What is rather shown: what was confirmed, then what broke the gravest rule."""
    return wire.state == "confirmed", shown is not None and GRAVEST in shown.rules


def _asks(run: Run) -> bool:
    """Whether a run put the question of its property: a fault had an effect, or the controller was told to end."""
    if run.scenario.stop_s is None and not run.scenario.faults:
        return any(isinstance(record, trace.Loaded) for record in run.trace)
    return any(isinstance(record, trace.Disturbed | trace.EndRequested) for record in run.trace)


def _acted(fault: Fault, run: Run) -> bool:
    """Whether a fault had an effect."""
    kind = kind_of(fault)
    return any(
        isinstance(record, trace.Disturbed) and record.fault == kind and record.t_s >= fault.from_s
        for record in run.trace
    )
