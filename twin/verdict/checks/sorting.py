"""Checks of where items end: in the right bin, needlessly rejected, left on the belt, or not moving any more."""

from collections.abc import Callable, Mapping
from typing import Any

from twin import trace
from twin.scenario.item import item_text
from twin.scenario.layout import REJECT, bin_text
from twin.verdict.answers import Answers
from twin.verdict.checks.check import Check, Violation
from twin.verdict.excuses import Excuses
from twin.verdict.fact import Fact


class _Sorted(Check):
    """A check of the bin into which each item falls, given the recognizer's answer for it."""

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self.answers = Answers()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Loaded items, answers, and items that fall into a bin."""
        return {
            trace.Began: self.answers.began,
            trace.Loaded: self.answers.loaded,
            trace.Answered: self.answers.answered,
            trace.Binned: self._binned,
        }

    def _binned(self, record: trace.Binned) -> None:
        if record.item > 0:
            self.judge(record)
            self.answers.forget(record.item)

    def judge(self, record: trace.Binned) -> None:
        """Report a violation if the item does not belong in this bin."""
        raise NotImplementedError


class WrongBin(_Sorted):
    """An item fell into a bin, other than the reject bin, where it does not belong.

    No fault excuses this, with one exception: an item that another one carries or holds back goes where that one goes,
    and no sensor can see it.
    """

    name = "wrong_bin"

    def judge(self, record: trace.Binned) -> None:
        """A reject is never a wrong bin; `needless_reject` judges it."""
        belongs = self.answers.bin_of(record.item)
        if record.bin not in (REJECT, belongs):
            detail = self.answers.describe(record.item, record.bin)
            excuse = self.excuses.carried(record.item, record.bin, self.answers.bin_of)
            self.violate(record.t_s, record.item, detail, excuse)
        self.facts.leads_to(record.item, belongs)


class NeedlessReject(_Sorted):
    """An item fell into the reject bin although it was surely recognised and no fault touched it."""

    name = "needless_reject"

    def judge(self, record: trace.Binned) -> None:
        """An item may be rejected if no bin is known for it, or its picture is unclear."""
        if record.bin == REJECT and not self.answers.may_be_rejected(record.item):
            detail = self.answers.describe(record.item, REJECT)
            excuse = self.excuses.reject(record.item)
            if excuse is not None:
                self.facts.pass_on(excuse, record.item)
            self.violate(record.t_s, record.item, detail, excuse)


class Lost(Check):
    """An item was still on the belt when the run ended."""

    name = "lost"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The end of the run."""
        return {trace.Ended: self._ended}

    def _ended(self, record: trace.Ended) -> None:
        if record.interrupted:
            return
        for item in sorted(item for item in record.on_belt if item > 0):
            detail = f"{item_text(item)} was still on the belt when the run ended ({record.reason})"
            stalled = record.reason == "stalled"
            left = self.excuses.left_on_belt if stalled else self.excuses.left_at_rest
            self.violate(record.t_s, item, detail, left(item, record.t_s))


class Stalled(Check):
    """No item made progress any more although items were left and no fault was acting."""

    name = "stalled"

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self._last: trace.Binned | trace.Loaded | trace.Commanded | None = None
        self._exited: trace.Exited | None = None
        self._connection: trace.Connection | None = None

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The last event, the controller's state, and the end of the run."""
        note = self._note
        return {
            trace.Ended: self._ended, trace.Binned: note, trace.Loaded: note, trace.Commanded: note,
            trace.Exited: self._exits, trace.Connection: self._connects,
        }  # fmt: skip

    def _note(self, record: trace.Binned | trace.Loaded | trace.Commanded) -> None:
        self._last = record

    def _exits(self, record: trace.Exited) -> None:
        self._exited = record

    def _connects(self, record: trace.Connection) -> None:
        if record.event != "refused":
            self._connection = record

    def _state(self) -> str:
        """The last known state of the controller, with a leading semicolon; empty if nothing is known."""
        if self._exited is not None:
            return f"; {self._exited.reason} at {self._exited.t_s:.3f} s"
        if self._connection is None:
            return ""
        return f"; client {self._connection.client} {self._connection.text} at {self._connection.t_s:.3f} s"

    def _last_event(self) -> str:
        match self._last:
            case trace.Binned(t_s, item, number):
                return f"{item_text(item)} fell into {bin_text(number)} at {t_s:.3f} s"
            case trace.Loaded(t_s, item):
                return f"item {item} was loaded at {t_s:.3f} s"
            case trace.Commanded(t_s, payload):
                return f"the controller published {payload} at {t_s:.3f} s"
        return "none"

    def _ended(self, record: trace.Ended) -> None:
        if record.reason != "stalled":
            return
        on_belt = [item for item in record.on_belt if item > 0]
        within = f"within {self.facts.bounds.stall_s:.0f} s" if self._exited is None else "any more"
        if on_belt:
            problem = f"items {on_belt} on the belt passed no sensor and reached no bin {within}"
        else:
            problem = f"no item was loaded {within}, although the stack is not empty"
        detail = f"no progress: {problem}; last event: {self._last_event()}{self._state()}"
        self.violate(record.t_s, None, detail, self.excuses.stall(on_belt, record.t_s, in_stack=record.in_stack))
