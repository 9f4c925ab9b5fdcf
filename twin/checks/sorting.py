"""Checks of where items end: in the bin that their own sure answer names, and somewhere at all."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from twin import trace
from twin.bin import REJECT, bin_name
from twin.checks.check import Answers, Check, Excuses, Violation
from twin.item import FOREIGN

LAID_ON: Final = frozenset({"foreignobject", "takenoff"})


class _Sorted(Check):
    """A check of each item's end against its answer."""

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self.answers = Answers()
        self.excuses = Excuses()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Answers as they come, and every item's end."""
        return {
            **self.excuses.watches(),
            trace.Began: self.answers.began,
            trace.Loaded: self.answers.loaded,
            trace.Answered: self.answers.answered,
            trace.Binned: self._binned,
        }

    def _binned(self, record: trace.Binned) -> None:
        self.judge(record)
        self.answers.forget(record.item)
        self.excuses.forget(record.item)

    def judge(self, record: trace.Binned) -> None:
        """Whether this is where the item belongs."""
        raise NotImplementedError


class WrongBin(_Sorted):
    """An item fell into a bin that its own sure answer did not name.

    No fault excuses this, but for what no sensor can tell: something laid onto an item by hand goes where that goes.
    """

    name = "wrong_bin"

    def judge(self, record: trace.Binned) -> None:
        """The reject bin is never wrong in this sense."""
        if self.excuses.touched(record.item, LAID_ON):
            return
        if record.bin not in (REJECT, self.answers.bin_of(record.item)):
            self.violate(record.t_s, record.item, f"{self.answers.words(record.item)} fell into bin {record.bin}")


class NeedlessReject(_Sorted):
    """An item that was well recognised, and that no fault touched, rode to the end."""

    name = "needless_reject"

    def judge(self, record: trace.Binned) -> None:
        """Only an item that a bin was named for is missed there: of an answer that is not known, who can say?"""
        if record.bin != REJECT or not self.answers.known(record.item):
            return
        if self.answers.bin_of(record.item) != REJECT and not self.excuses.touched(record.item):
            self.violate(record.t_s, record.item, f"{self.answers.words(record.item)} rode to the reject bin")


class Lost(Check):
    """An item was still on the belt when the run was over; what was thrown on is nobody's."""

    name = "lost"

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self._foreign: set[int] = set()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """What was thrown on the belt, and the end of the run."""
        return {trace.Loaded: self._loaded, trace.Ended: self._ended}

    def _loaded(self, record: trace.Loaded) -> None:
        if record.item_class == FOREIGN:
            self._foreign.add(record.item)

    def _ended(self, record: trace.Ended) -> None:
        for item in sorted(set(record.on_belt) - self._foreign):
            self.violate(record.t_s, item, f"item {item} was on the belt when the run ended ({record.reason})")


class Stalled(Check):
    """Nothing moved on any more while items were left."""

    name = "stalled"

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self._last: trace.Binned | trace.Loaded | trace.Commanded | None = None

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The last thing that was done, and the end of the run."""
        note = self._note
        return {trace.Ended: self._ended, trace.Binned: note, trace.Loaded: note, trace.Commanded: note}

    def _note(self, record: trace.Binned | trace.Loaded | trace.Commanded) -> None:
        self._last = record

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
        if record.reason == "stalled":
            left = "items left in the stack" if record.in_stack else f"items {list(record.on_belt)} on the belt"
            self.violate(record.t_s, None, f"no progress with {left}; last: {self._words()}")
