"""The base of all checks: a check reads a run's records in order and reports violations of one rule."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec

from twin import trace
from twin.scenario.item import item_text
from twin.scenario.layout import REJECT, bin_text
from twin.verdict.excuses import Excuses
from twin.verdict.fact import Fact
from twin.verdict.facts import DEFAULT

MOST_VIOLATIONS: Final = 1000
"""A run keeps at most this many violations of each check, so that a very bad controller does not fill the memory."""


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


class Answers:
    """The recognizer's answer for each item on the belt, and the bin where the item therefore belongs.

    An answer is sure if its confidence reaches the scenario's threshold. An item without a sure answer belongs in the
    reject bin. If the twin does not know the answers of the controller's own recognizer, the item's true class decides.
    Such an item may be rejected as well if the twin's recognizer does not surely see that class in the picture.
    """

    def __init__(self) -> None:
        self.scenario = DEFAULT
        self.classes: dict[int, str] = {}
        self.answers: dict[int, trace.Answered] = {}

    def began(self, record: trace.Began) -> None:
        """Take the threshold and the bins from the scenario."""
        self.scenario = record.scenario

    def loaded(self, record: trace.Loaded) -> None:
        """Note the class of an item that was loaded."""
        self.classes[record.item] = record.item_class

    def answered(self, record: trace.Answered) -> None:
        """Note a recognizer's answer for an item."""
        self.answers[record.item] = record

    def forget(self, item: int) -> None:
        """Forget an item that has left the belt."""
        self.classes.pop(item, None)
        self.answers.pop(item, None)

    def bin_of(self, item: int) -> int:
        """The bin where the item belongs: by the sure answer of the controller's recognizer, or else by its class."""
        answer = self.answers.get(item)
        if answer is None or not answer.own:
            return self.scenario.bin_of(self.classes.get(item))
        return self.scenario.bin_of(answer.label) if self._sure(answer) else REJECT

    def may_be_rejected(self, item: int) -> bool:
        """Whether the item belongs in the reject bin, or its picture cannot surely be recognised.

        A missing answer does not justify a reject; only a fault that caused it does, and that is for the excuses.
        """
        answer, item_class = self.answers.get(item), self.classes.get(item)
        if answer is not None and answer.own and answer.label is None:
            return self.scenario.bin_of(item_class) == REJECT
        unclear = answer is not None and not answer.own and not (self._sure(answer) and answer.label == item_class)
        return unclear or self.bin_of(item) == REJECT

    def reject_reason(self, item: int) -> str:
        """Why an item ended in the reject bin, as far as the answers show."""
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

    def describe(self, item: int, number: int) -> str:
        """A sentence for a violation: the bin into which the item fell, where it belongs, and the answer for it."""
        name = item_text(item, self.classes.get(item, "class unknown"))
        due = self.bin_of(item)  # An item that was needlessly rejected without an answer belongs in its class's bin.
        belongs = bin_text(self.scenario.bin_of(self.classes.get(item)) if due == number else due)
        return f"{name} fell into {bin_text(number)}; it belongs in {belongs} ({self._evidence(item, number)})"

    def _evidence(self, item: int, number: int) -> str:
        answer = self.answers.get(item)
        if answer is None:
            return "the recognizer's answer is unknown"
        recognizer = "recognizer" if answer.own else "the twin's recognizer"
        if answer.label is None:
            return f"{recognizer}: no answer"
        seen = f"{recognizer}: {answer.label} {answer.confidence:.2f}"
        if not self._sure(answer):
            return f"{seen}, below the threshold of {self.scenario.controller.sure_at:g}"
        misread = number != REJECT and self.scenario.bin_of(answer.label) == number
        return f"{seen}, so the picture was probably misread" if misread else seen

    def _sure(self, answer: trace.Answered) -> bool:
        return answer.confidence >= self.scenario.controller.sure_at


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
