"""All checks of one run, side by side, and what they found."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from twin import trace
from twin.verdict.checks.check import Check, Excused, Violation
from twin.verdict.excuses import Excuses
from twin.verdict.fact import Fact

MOST_VIOLATIONS: Final = 1000
"""A run keeps at most this many violations of each check, so that a very bad controller does not fill the memory."""


class Checks:
    """All checks of one run. `violations` and `excused` list what they found, in order.

    `unlisted` counts further violations, which are not listed because their check has already found `MOST_VIOLATIONS`.
    """

    def __init__(self, kinds: tuple[type[Check], ...]) -> None:
        self.violations: list[Violation] = []
        self.excused: list[Excused] = []
        self.unlisted = 0
        self._listed: Counter[str] = Counter()
        self._watches: dict[type[trace.Record], list[Callable[[Any], None]]] = {}
        excuses = Excuses()
        self._watch(excuses.facts.watches())
        self._watch(excuses.watches())
        for kind in kinds:
            self._watch(kind(excuses, self._take).watches())
        self._watch({trace.Binned: excuses.facts.forget})

    def see(self, record: trace.AnyRecord) -> None:
        """Pass the next record to the facts, the excuses and the checks that read its type, in this order."""
        for look in self._watches.get(type(record), ()):
            look(record)

    def withdraw_excuses(self, healthy: "Checks") -> None:
        """Turn excused breaks into violations if they also happen in `healthy`, the same scenario without faults."""
        without_faults = {
            _kind(found) for found in (*healthy.violations, *(each.violation for each in healthy.excused))
        }
        excused, self.excused = self.excused, []
        for each in excused:
            caused_by_fault = _kind(each.violation) not in without_faults
            self._take(each.violation, each.fact if caused_by_fault else None)
        self.violations.sort(key=lambda violation: violation.t_s)

    def _watch(self, watches: Mapping[type[trace.Record], Callable[[Any], None]]) -> None:
        for record, look in watches.items():
            self._watches.setdefault(record, []).append(look)

    def _take(self, violation: Violation, excuse: Fact | None) -> None:
        if excuse is not None:
            if len(self.excused) < MOST_VIOLATIONS:
                self.excused.append(Excused(violation, excuse))
        elif self._listed[violation.check] < MOST_VIOLATIONS:
            self._listed[violation.check] += 1
            self.violations.append(violation)
        else:
            self.unlisted += 1


def _kind(violation: Violation) -> tuple[str, int | None]:
    """What identifies the same break in another run of the same stack: rule and item."""
    return violation.check, violation.item
