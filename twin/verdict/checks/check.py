"""The base of all checks: a check reads a run's records in order and reports violations of one rule."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from twin import trace
from twin.verdict.excuses import Excuses
from twin.verdict.fact import Fact


class Violation(msgspec.Struct, frozen=True):
    """One break of a rule: which check found it, when, for which item (None: for no single item), and a description."""

    check: str
    t_s: float
    item: int | None
    detail: str


class Excused(msgspec.Struct, frozen=True):
    """A break of a rule that a recorded fact excuses: the violation it would have been, and the fact."""

    violation: Violation
    fact: Fact


class Check:
    """One rule of the line. A subclass gives the rule's name and the record types that it reads.

    A check sees the trace's records and the `excuses` that follow from earlier records. It never sees the controller.
    """

    name: ClassVar[str]

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        self.excuses = excuses
        self.facts = excuses.facts
        self._report = report

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The method to call for each record type."""
        raise NotImplementedError

    def violate(self, t_s: float, item: int | None, detail: str, excuse: Fact | None = None) -> None:
        """Report a violation, unless a fact excuses it."""
        self._report(Violation(check=self.name, t_s=t_s, item=item, detail=detail), excuse)
