"""Checks of where items end: in the bin that their own sure answer names, and somewhere at all."""

from collections.abc import Callable, Mapping
from typing import Any

from twin import trace
from twin.scenario.layout import REJECT, bin_name
from twin.verdict.checks.check import Answers, Check, Violation
from twin.verdict.excuses import Excuses
from twin.verdict.facts import Fact


class _Sorted(Check):
    """A check of each item's end against its answer."""

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self.answers = Answers()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Answers as they come, and every item's end."""
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
        """Whether this is where the item belongs."""
        raise NotImplementedError


class WrongBin(_Sorted):
    """An item fell into a bin that its own sure answer did not name.

    No fault excuses this, but for what no sensor can tell: an item goes where another one carries or holds it.
    """

    name = "wrong_bin"

    def judge(self, record: trace.Binned) -> None:
        """The reject bin is never wrong in this sense."""
        if record.bin not in (REJECT, self.answers.bin_of(record.item)):
            why = ": misread, since its picture looks so" if self.answers.misread(record.item, record.bin) else ""
            detail = f"{self.answers.words(record.item)} fell into bin {record.bin}{why}"
            self.violate(record.t_s, record.item, detail, self.excuses.carried(record.item))


class NeedlessReject(_Sorted):
    """An item that was well recognised, and that no fault touched, rode to the end."""

    name = "needless_reject"

    def judge(self, record: trace.Binned) -> None:
        """Only an item that a bin was named for is missed there."""
        if record.bin == REJECT and not self.answers.may_be_rejected(record.item):
            detail = f"{self.answers.words(record.item)} rode to the reject bin"
            excuse = self.excuses.reject(record.item)
            if excuse is not None:
                self.facts.pass_on(excuse, record.item)
            self.violate(record.t_s, record.item, detail, excuse)


class Lost(Check):
    """An item was still on the belt when the run was over."""

    name = "lost"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The end of the run."""
        return {trace.Ended: self._ended}

    def _ended(self, record: trace.Ended) -> None:
        if record.reason == "interrupted":
            return
        for item in sorted(item for item in record.on_belt if item > 0):
            detail = f"item {item} was on the belt when the run ended ({record.reason})"
            stalled = record.reason == "stalled"
            excuse = self.excuses.left_on_belt(item) if stalled else self.excuses.left_at_rest(item)
            self.violate(record.t_s, item, detail, excuse)


class Stalled(Check):
    """Nothing moved on any more while items were left and no fault acted."""

    name = "stalled"

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self._last: trace.Binned | trace.Loaded | trace.Commanded | None = None
        self._exited: trace.Exited | None = None
        self._connections: dict[str, trace.Connection] = {}

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The last thing that was done, and the end of the run."""
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
        self._connections[record.client] = record

    def _state(self) -> str:
        """What is known of the controller in the end."""
        if self._exited is not None:
            return f"; {self._exited.reason} at {self._exited.t_s:.3f} s"
        known = [
            f"; {one.client} {one.event}{' to ' + one.detail if one.event == 'subscribed' else ''} at {one.t_s:.3f} s"
            for one in self._connections.values() if one.event != "refused"
        ]  # fmt: skip
        return "".join(known[-1:])

    def _words(self) -> str:
        match self._last:
            case trace.Binned(t_s, item, number):
                return f"item {item} fell into {bin_name(number)} at {t_s:.3f} s"
            case trace.Loaded(t_s, item):
                return f"item {item} was loaded at {t_s:.3f} s"
            case trace.Commanded(t_s, payload):
                return f"the controller said {payload} at {t_s:.3f} s"
        return "nothing ever happened"

    def _ended(self, record: trace.Ended) -> None:
        if record.reason != "stalled":
            return
        on_belt = [item for item in record.on_belt if item > 0]
        left = f"items {on_belt} on the belt" if on_belt else "items left in the stack"
        expected = "one of them was to pass something" if on_belt else "the next was to be loaded"
        within_s = self.facts.bounds.stall_s
        detail = f"no progress with {left}: {expected} within {within_s:.0f} s; last: {self._words()}{self._state()}"
        self.violate(record.t_s, None, detail, self.excuses.stall(on_belt, in_stack=record.in_stack))
