"""What a check is: it reads a run's records, one after another, and says what was wrong."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec

from twin import trace
from twin.scenario.layout import REJECT, bin_name
from twin.scenario.scenario import Scenario
from twin.verdict.excuses import Excuses
from twin.verdict.facts import Fact

MOST_VIOLATIONS: Final = 1000
"""A run keeps this many violations of each check; a controller that breaks everything would fill the memory."""


class Violation(msgspec.Struct, frozen=True):
    """What a check found: when, on which item (None: on none), and in words."""

    check: str
    t_s: float
    item: int | None
    detail: str


class Excused(msgspec.Struct, frozen=True):
    """A break of a rule that a recorded fact excuses: what a check would have found, and by which fact."""

    violation: Violation
    fact: Fact


class Check:
    """One rule of the line. Subclasses give its name and, by record type, what they look at.

    A check reads records only, and what `excuses` have made of those before: never the controller.
    """

    name: ClassVar[str]

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        self.excuses = excuses
        self.facts = excuses.facts
        self._report = report

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """What to call for which type of record."""
        raise NotImplementedError

    def violate(self, t_s: float, item: int | None, detail: str, excuse: Fact | None = None) -> None:
        """Report a violation, unless a fact excuses it."""
        self._report(Violation(check=self.name, t_s=t_s, item=item, detail=detail), excuse)


class Answers:
    """What the recognizer said of each item on the belt, and so where the item belongs.

    An item without a sure answer belongs into the reject bin. Where the controller's own answers are not known to the
    twin, the item's class stands for them; but a picture that the twin's recognizer does not surely take for that
    class may be rejected.
    """

    def __init__(self) -> None:
        self.scenario = Scenario()
        self.classes: dict[int, str] = {}
        self.answers: dict[int, trace.Answered] = {}

    def began(self, record: trace.Began) -> None:
        """The scenario names threshold and bins."""
        self.scenario = record.scenario

    def loaded(self, record: trace.Loaded) -> None:
        """An item is on the belt."""
        self.classes[record.item] = record.item_class

    def answered(self, record: trace.Answered) -> None:
        """A recognizer has spoken on an item."""
        self.answers[record.item] = record

    def forget(self, item: int) -> None:
        """The item is off the belt."""
        self.classes.pop(item, None)
        self.answers.pop(item, None)

    def bin_of(self, item: int) -> int:
        """Where the item belongs: by the controller's own sure answer, or else by its class."""
        answer = self.answers.get(item)
        if answer is None or not answer.own:
            return self.scenario.bin_of(self.classes.get(item))
        return self.scenario.bin_of(answer.label) if self._sure(answer) else REJECT

    def may_be_rejected(self, item: int) -> bool:
        """Whether the item belongs to the reject bin, or its picture is one that can not surely be recognised.

        That the controller got no answer at all is no reason, unless a fault was.
        """
        answer, item_class = self.answers.get(item), self.classes.get(item)
        if answer is not None and answer.own and answer.label is None:
            return self.scenario.bin_of(item_class) == REJECT
        unclear = answer is not None and not answer.own and not (self._sure(answer) and answer.label == item_class)
        return unclear or self.bin_of(item) == REJECT

    def reject_reason(self, item: int) -> str:
        """Why an item that rode to the reject bin did so, as far as answers tell."""
        answer, item_class = self.answers.get(item), self.classes.get(item)
        if answer is not None and answer.own:
            if answer.label is None:
                return "no answer"
            if not self._sure(answer):
                return "not sure"
            if self.scenario.bin_of(answer.label) == REJECT:
                return f"no bin for {answer.label}"
            return "not tracked, or answered too late"
        if self.scenario.bin_of(item_class) == REJECT:
            return f"no bin for {item_class}"
        return "hard to recognise" if self.may_be_rejected(item) else "not sorted"

    def words(self, item: int) -> str:
        """An item with its class and its answer, for a violation's detail."""
        answer = self.answers.get(item)
        answers = "answer unknown to the twin"
        if answer is not None:
            whose = "answer" if answer.own else "the twin's own answer"
            answers = f"{whose} none" if answer.label is None else f"{whose} {answer.label} {answer.confidence:.2f}"
        belongs = bin_name(self.bin_of(item))
        return f"item {item} ({self.classes.get(item, 'unseen')}, {answers}, belongs to {belongs})"

    def misread(self, item: int, number: int) -> bool:
        """Whether a bin is that of another class which the picture surely looks like, to the twin's own recognizer."""
        answer = self.answers.get(item)
        looks_like = answer is not None and not answer.own and self._sure(answer)
        return looks_like and answer is not None and self.scenario.bin_of(answer.label) == number

    def _sure(self, answer: trace.Answered) -> bool:
        return answer.confidence >= self.scenario.controller.confidence_threshold


class Checks:
    """A set of checks over one run; `violations` has what they found, `excused` what facts excused, in order.

    `unlisted` counts what is not among the violations, each check having found `MOST_VIOLATIONS` before.
    """

    def __init__(self, kinds: tuple[type[Check], ...]) -> None:
        self.violations: list[Violation] = []
        self.excused: list[Excused] = []
        self.unlisted = 0
        self._listed: Counter[str] = Counter()
        self._excuses = Excuses()
        self._watches: dict[type[trace.Record], list[Callable[[Any], None]]] = {}
        for kind in kinds:
            for record, look in kind(self._excuses, self._take).watches().items():
                self._watches.setdefault(record, []).append(look)

    def see(self, record: trace.AnyRecord) -> None:
        """Show the next record to the checks that look at its kind."""
        self._excuses.see(record)
        for look in self._watches.get(type(record), ()):
            look(record)
        self._excuses.facts.forget(record)

    def withdraw_excuses(self, healthy: "Checks") -> None:
        """What also happens in a `healthy` run, of the same scenario without any fault, no fault excuses."""
        anyway = {_kind(found) for found in (*healthy.violations, *(each.violation for each in healthy.excused))}
        excused, self.excused = self.excused, []
        for each in excused:
            happens_anyway = _kind(each.violation) in anyway
            self._take(each.violation, None if happens_anyway else each.fact)
        self.violations.sort(key=lambda violation: violation.t_s)

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
    """What is the same break in another run of the same stack: the same rule, on the same item."""
    return violation.check, violation.item
