"""The state of a campaign: which units can be run now, and what all finished units found together.

It does no input or output. Results may come in any order; they count in the order of their numbers, so the outcome
does not depend on who finished first.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from twin.campaign.plan import Plan
from twin.campaign.unit import Failure, Group, UnitResult, UnitTask


class Finding(msgspec.Struct, kw_only=True):
    """All failures of a group: how many, the earliest and the smallest, and in which unit it was first found."""

    group: Group
    count: int
    first: Failure
    smallest: Failure


class Ledger:
    """A campaign's state. `findings`, `coverage` and `scenarios` are those of the first `folded` units."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folded = 0
        self.scenarios = 0
        self.findings: dict[Group, Finding] = {}
        self.coverage: Counter[str] = Counter()
        self.growth: list[tuple[int, int]] = []
        self._early: dict[int, UnitResult] = {}
        self._given = 0
        self._closest: dict[str, tuple[float, str]] = {}
        self._archives: list[tuple[str, ...]] = [()]

    @property
    def done(self) -> bool:
        """Whether every unit is folded."""
        return self.folded == self.plan.units

    def next_task(self) -> UnitTask | None:
        """The next unit to run, or None while there is none: all are given out, or a generation is still open."""
        self._given = max(self._given, self.folded)
        while self._given in self._early:
            self._given += 1
        number = self._given
        if number >= self.plan.units or self.plan.generation(number) > self.plan.generation(self.folded):
            return None
        if self.plan.generation(number) == len(self._archives):
            self._archives.append(tuple(sorted({scenario for _, scenario in self._closest.values()})))
        self._given += 1
        return self.task(number)

    def task(self, number: int) -> UnitTask:
        """A unit that was given out before."""
        archive = self._archives[self.plan.generation(number)]
        return UnitTask(plan=self.plan, number=number, archive=archive)

    def take(self, result: UnitResult) -> Iterator[UnitResult]:
        """Take a result; gives those that count from now on, in order."""
        self._early[result.number] = result
        while (folded := self._early.pop(self.folded, None)) is not None:
            self._fold(folded)
            yield folded

    def resume(self, result: UnitResult) -> None:
        """Take the result of an earlier run of this campaign. Results must come in order, but some may be missing.

        Those behind a missing one wait for it.
        """
        if result.number == self.folded:
            self.next_task()  # Its generation begins.
            list(self.take(result))
        else:
            assert result.number > self.folded, f"unit {result.number} is done already"
            self._early[result.number] = result

    def close(self) -> list[UnitResult]:
        """The results that wait for others, which count from now on. No more may be taken then."""
        waiting = [self._early[number] for number in sorted(self._early)]
        self._early.clear()
        for result in waiting:
            self._fold(result)
        return waiting

    def _fold(self, result: UnitResult) -> None:
        self.folded += 1
        self.scenarios += result.scenarios
        self.coverage.update(result.coverage)
        for failure in result.failures:
            self._note(failure)
        for group, finding in self.findings.items():
            finding.count += result.counts.get(group.name, 0)
        self.growth.append((self.scenarios, len(self.findings)))
        for close in result.closest:
            for situation, left in close.situations.items():
                here = (left, close.scenario)
                self._closest[situation] = min(here, self._closest.get(situation, here))

    def _note(self, failure: Failure) -> None:
        finding = self.findings.get(failure.group)
        if finding is None:
            self.findings[failure.group] = Finding(group=failure.group, count=0, first=failure, smallest=failure)
        elif failure.size < finding.smallest.size:
            finding.smallest = failure
