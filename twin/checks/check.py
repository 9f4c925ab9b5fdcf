"""What a check is: it reads a run's records, one after another, and says what was wrong."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, get_args

import msgspec

from twin import faults, trace
from twin.bin import bin_name
from twin.scenario import Scenario

MOST_VIOLATIONS: Final = 1000
"""A run keeps this many violations of each check; a controller that breaks everything would fill the memory."""


class Violation(msgspec.Struct, frozen=True):
    """What a check found: when, on which item (None: on none), and in words."""

    check: str
    t_s: float
    item: int | None
    detail: str


class Check:
    """One rule of the line. Subclasses give its name and, by record type, what they look at.

    A check reads records only, and the scenario that the first of them carries: never the controller.
    """

    name: ClassVar[str]

    def __init__(self, report: Callable[[Violation], None]) -> None:
        self._report = report

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """What to call for which type of record."""
        raise NotImplementedError

    def violate(self, t_s: float, item: int | None, detail: str) -> None:
        """Report a violation."""
        self._report(Violation(check=self.name, t_s=t_s, item=item, detail=detail))


class Excuses:
    """What faults excuse: on the items that they touched, and for as long as they last.

    A fault of the plant or of the wire can make a rod strike, miss, or stay out whatever the controller does. A
    fault of what the controller is told, by a gate, the camera or the recognizer, can not: what it is not sure of
    must ride to reject. Either may cost an item its bin.
    """

    def __init__(self) -> None:
        self._over_s: dict[str, float] = {}
        self._touched: dict[int, set[str]] = {}

    def watches(self) -> dict[type[trace.Record], Callable[[Any], None]]:
        """What faults do, and whom they touch."""
        return {trace.Mishap: self._mishap, trace.Touched: self._touch}

    def touched(self, item: int, faults: frozenset[str] | None = None) -> bool:
        """Whether any fault, or one of `faults`, touched the item."""
        names = self._touched.get(item, set())
        return bool(names if faults is None else names & faults)

    def lasting(self, t_s: float, faults: frozenset[str]) -> bool:
        """Whether one of `faults` was doing something not long ago."""
        return any(t_s <= over_s for name, over_s in self._over_s.items() if name in faults)

    def forget(self, item: int) -> None:
        """The item is off the belt."""
        self._touched.pop(item, None)

    def _mishap(self, record: trace.Mishap) -> None:
        self._over_s[record.fault] = max(record.over_s, self._over_s.get(record.fault, 0.0))

    def _touch(self, record: trace.Touched) -> None:
        self._touched.setdefault(record.item, set()).add(record.fault)


def _names(*groups: Any) -> frozenset[str]:
    return frozenset(kind.__name__.lower() for group in groups for kind in get_args(group))


BODILY: Final = _names(faults.PlantFault, faults.LinkFault)
"""Faults after which a rod may do what no controller wanted."""

SILENCING: Final = BODILY | _names(faults.BrokerFault)
"""Faults after which a rod may stay as it is, since nobody can tell it otherwise."""


class Answers:
    """What the recognizer said of each item on the belt, and so where the item belongs.

    An item without a sure answer belongs into the reject bin. Where the recognizer's answers are not known to the
    twin (a foreign controller with a recognizer of its own), the item's class stands for them.
    """

    def __init__(self) -> None:
        self.scenario = Scenario()
        self.classes: dict[int, str] = {}
        self.said: dict[int, trace.Answered] = {}

    def began(self, record: trace.Began) -> None:
        """The scenario names threshold and bins."""
        self.scenario = record.scenario

    def loaded(self, record: trace.Loaded) -> None:
        """An item is on the belt."""
        self.classes[record.item] = record.item_class

    def answered(self, record: trace.Answered) -> None:
        """The recognizer has spoken on an item."""
        self.said[record.item] = record

    def forget(self, item: int) -> None:
        """The item is off the belt."""
        self.classes.pop(item, None)
        self.said.pop(item, None)

    def known(self, item: int) -> bool:
        """Whether the recognizer's answer on the item is known to the twin."""
        return item in self.said

    def bin_of(self, item: int) -> int:
        """Where the item belongs by its own sure answer."""
        answer = self.said.get(item)
        if answer is None:
            return self.scenario.bin_of(self.classes.get(item))
        sure = answer.confidence >= self.scenario.controller.confidence_threshold
        return self.scenario.bin_of(answer.label) if sure else 0

    def words(self, item: int) -> str:
        """An item with its class and its answer, for a violation's detail."""
        answer = self.said.get(item)
        said = "unknown to the twin"
        if answer is not None:
            said = "none" if answer.label is None else f"{answer.label} {answer.confidence:.2f}"
        belongs = bin_name(self.bin_of(item))
        return f"item {item} ({self.classes.get(item, 'unseen')}, answer {said}, belongs to {belongs})"


class Checks:
    """A set of checks over one run; `violations` has what they found, in order.

    `unlisted` counts what is not among them, each check having found `MOST_VIOLATIONS` before.
    """

    def __init__(self, kinds: tuple[type[Check], ...]) -> None:
        self.violations: list[Violation] = []
        self.unlisted = 0
        self._listed: Counter[str] = Counter()
        self._watches: dict[type[trace.Record], list[Callable[[Any], None]]] = {}
        for kind in kinds:
            for record, look in kind(self._take).watches().items():
                self._watches.setdefault(record, []).append(look)

    def see(self, record: trace.AnyRecord) -> None:
        """Show the next record to the checks that look at its kind."""
        for look in self._watches.get(type(record), ()):
            look(record)

    def _take(self, violation: Violation) -> None:
        if self._listed[violation.check] < MOST_VIOLATIONS:
            self._listed[violation.check] += 1
            self.violations.append(violation)
        else:
            self.unlisted += 1
