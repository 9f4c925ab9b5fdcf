"""When a run is over: every item accounted for and the line at rest, or nothing moving on for too long."""

from collections.abc import Callable
from typing import Any, Final

from twin import trace
from twin.plant.line import Line
from twin.scenario.faults import BrokerFault
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline, Timer
from twin.verdict.bounds import Bounds

HELD_S: Final = 1.0
"""A line that is to come to rest has done so if it rests so long after it was told, and after a loss was over."""

SILENCE_S: Final = 300.0
"""A controller that somebody else starts may be connected for so long before it says its first word, or be an onlooker
before the controller comes."""

LONGEST_HEALING_S: Final = 600.0
"""The end of a fault is waited for, before anything is found missing, if it is no further off than this."""

_Progress: Final = trace.Loaded | trace.Photographed | trace.Edge | trace.Binned | trace.Released


class RunEnd:
    """Watches a run's records; `reason` is set once it is over. `record` takes that the controller was told to end.

    Progress is an item that is loaded, passes something or falls into a bin. Without any for the layout's `stall_s`,
    while items are left and all faults have healed, the run has stalled. `expected`: whether a controller is known to
    be there, and not only an onlooker. `end_after`: it was told to end after so many items. It may also be told by a
    signal (`request_end`). Whoever was told has the layout's `rest_s`.
    """

    def __init__(
        self, timeline: Timeline, scenario: Scenario, line: Line, record: Callable[[trace.AnyRecord], None], *,
        end_after: int | None, expected: bool = True,
    ) -> None:  # fmt: skip
        self._bounds = Bounds(scenario.layout)
        self._faults = scenario.faults
        self._losses = [fault for fault in scenario.faults if isinstance(fault, BrokerFault)]
        self._timeline = timeline
        self._line = line
        self._record = record
        self._left = scenario.item_count
        self._stop_s = scenario.stop_s
        self._until_told = None if end_after is None else min(end_after, self._left)
        self._progress_s = timeline.now
        self._spoken = expected
        self._mistakable = 0
        self._end_requested_s = False
        self._gone = False
        self._rested_s = 0.0
        self._rest_by_s: float | None = None
        self._timer = Timer(timeline)
        self.reason: str | None = None
        timeline.call_at(timeline.now, self._expect)
        for loss in self._losses:
            timeline.call_at(loss.until_s + HELD_S, lambda: None)

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        kind = type(record)
        if isinstance(record, _Progress) and record.item > 0:
            self._progress_s = record.t_s
        if kind is trace.Commanded and not self._spoken:
            self._spoken, self._progress_s = True, record.t_s
            self._expect()
        if kind is trace.LaidDown or kind is trace.TakenByHand:
            self._mistakable += 1
        done = _ACCOUNTED.get(kind, _none)(record)
        if done:
            self._account(done)
        if kind is trace.Crashed:
            self.reason = "crashed"
        elif kind is trace.Exited:
            self._leave()

    def request_end(self, by: str) -> None:
        """The controller has been told to end: now, or as soon as it can hear it."""
        if not self._end_requested_s:
            self._end_requested_s = True
            self._record(trace.EndRequested(self._timeline.now, by))
            self._settle(self._bounds.rest_s)
            self._rested_s = self._timeline.now + HELD_S
            self._timeline.call_at(self._rested_s, lambda: None)

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        if self.reason is not None:
            return True
        if self._rest_by_s is None:
            return False
        if self._timeline.now >= self._rest_by_s or self._rests:
            self.reason = "sorted" if self._left == 0 else "told to end"
        return self.reason is not None

    @property
    def _rests(self) -> bool:
        """Whether the line has come to rest. That it rests while its controller is lost is the last will's doing."""
        now_s = self._timeline.now
        lost = any(fault.from_s <= now_s < fault.until_s + HELD_S for fault in self._losses)
        return self._line.at_rest and not lost and now_s >= self._rested_s

    def _account(self, items: int) -> None:
        """So many items more are accounted for."""
        self._left -= items
        if self._until_told is not None:
            self._until_told -= items
        self._look()

    def _look(self) -> None:
        """Whether all is done that was to be done."""
        if self._until_told is not None and (self._until_told <= 0 or self._left == 0):
            self.request_end("a count of items")
        elif self._left == 0 and not self._end_requested_s and self._stop_s is None:
            self._settle(self._bounds.settle_s)

    @property
    def _may_end(self) -> bool:
        """Whether a controller that counts items may have counted enough: no sensor tells an item from an object, or
        from one that was put back.
        """
        return self._until_told is not None and self._until_told <= self._mistakable

    def _leave(self) -> None:
        """The controller has ended by itself: what the line does without it is soon seen."""
        self._gone = True
        if self._rest_by_s is None:
            self._timer.start(self._timeline.now + self._bounds.settle_s, self._expect)
        else:
            self._settle(self._bounds.settle_s)

    def _settle(self, bound_s: float) -> None:
        """The line is to come to rest: within a bound that begins when all faults have healed."""
        self._rest_by_s = max(self._timeline.now, self._healed_s()) + bound_s
        self._timer.start(self._rest_by_s, lambda: None)

    def _healed_s(self) -> float:
        """When all faults that have begun will have ended; those that last too long are not waited for."""
        now_s = self._timeline.now
        ends_s = [fault.until_s for fault in self._faults if fault.from_s <= now_s]
        return max((end_s for end_s in ends_s if end_s <= now_s + LONGEST_HEALING_S), default=0.0)

    def _expect(self) -> None:
        """Look again when patience would be over; while the belt is empty it begins with the stack's next item."""
        if self._rest_by_s is None:
            self._look()
        if self._rest_by_s is not None or self._left == 0:
            return  # What is still to come is the end itself.
        available_s = self._line.loader.next_available_s
        if available_s is not None and not len(self._line.queue):
            self._progress_s = max(self._progress_s, available_s)
        patience_s = self._bounds.settle_s if self._gone else self._bounds.stall_s
        if not self._spoken:
            patience_s = max(patience_s, SILENCE_S)
        patience_ends_s = max(self._progress_s, self._healed_s()) + patience_s
        if patience_ends_s <= self._timeline.now:
            self.reason = "told to end" if self._may_end and self._line.at_rest else "stalled"
        else:
            self._timer.start(patience_ends_s, self._expect)


def _none(record: Any) -> int:
    return 0


_ACCOUNTED: Final[dict[type[trace.Record], Callable[[Any], int]]] = {
    trace.Binned: lambda record: record.item > 0,
    trace.TakenByHand: lambda record: not (record.returns or record.back),
}
"""How many items more are accounted for after a record."""
