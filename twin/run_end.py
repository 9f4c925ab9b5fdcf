"""The end of a run: every item is accounted for and the line at rest, or nothing has moved on for too long."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from twin import trace
from twin.plant.line import Line
from twin.scenario.faults import AnyFault, BrokerFault
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline, Timer
from twin.verdict.bounds import Bounds

HELD_S: Final = 1.0
"""A line at rest counts as such only this long after the request to end, and after a lost connection is back."""

COUNTED: Final = "a count of items"
"""Who asked a controller to end that ends by itself after that many items."""

SILENCE_S: Final = 300.0
"""How long the twin waits for the first command of a controller that connects by itself. The first client to connect
may be only an observer."""

LONGEST_HEALING_S: Final = 600.0
"""A run waits for the end of its faults before it stalls, unless the end is further off than this."""


class RunEnd:
    """Decides from a run's records when the run is over; `reason` is then the reason, until then None.

    An item makes progress when it is loaded, passes the camera or a gate, goes on after it was held, or falls into a
    bin. The run has stalled if items are left, all faults have ended, and no item has made progress for the layout's
    `stall_s`. `expected`: whether a controller is known to be there, and not only an observer. `end_after`: the number
    of items after which the controller ends (None: the controller does not count). A signal may also ask it to end
    (`request_end`). From the request on, the line has the layout's `rest_s` to come to rest. After a signal, a rest
    counts once the controller has exited, or if nothing moves for the layout's `leg_s`: one that ignores the signal may
    stop the belt for a moment, too. `record` takes the record of the request.
    """

    def __init__(
        self, timeline: Timeline, scenario: Scenario, line: Line, record: Callable[[trace.AnyRecord], None], *,
        end_after: int | None, expected: bool = True,
    ) -> None:  # fmt: skip
        self._bounds = Bounds(scenario.layout)
        self._faults: tuple[AnyFault, ...] = scenario.faults
        self._injected: dict[int, AnyFault] = {}
        self._losses = [fault for fault in scenario.faults if isinstance(fault, BrokerFault)]
        self._timeline = timeline
        self._line = line
        self._record = record
        self._left = scenario.item_count
        self._stop_s = scenario.stop_s
        self._items_to_end = None if end_after is None else min(end_after, self._left)
        self._progress_s = timeline.now
        self._commanded = expected
        self._unseen: set[int] = set()
        self._mistakable_count = 0
        self._stopped = False
        self._requested_s: float | None = None
        self._hold_s = HELD_S
        self._must_last = False
        self._controller_exited = False
        self._rested_s = 0.0
        self._rest_by_s: float | None = None
        self._rest_bound = (timeline.now, 0.0)
        self._timer = Timer(timeline)
        self.reason: trace.EndReason | None = None
        self._watches: Final[Mapping[type[trace.Record], Callable[[Any], None]]] = {
            trace.Loaded: self._progress, trace.Photographed: self._sensed, trace.Edge: self._sensed,
            trace.Released: self._progress, trace.Binned: self._binned, trace.LaidDown: self._laid_down,
            trace.TakenByHand: self._by_hand, trace.Commanded: self._first_command,
            trace.Crashed: self._controller_failed, trace.Exited: self._controller_ended,
            trace.Injected: self._inject, trace.BeltRuns: self._belt_runs, trace.RodMoves: self._moved,
        }  # fmt: skip
        timeline.call_at(timeline.now, self._check_progress)
        for loss in self._losses:
            timeline.call_at(loss.until_s + HELD_S, lambda: None)

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        look = self._watches.get(type(record))
        if look is not None:
            look(record)

    def _inject(self, record: trace.Injected) -> None:
        """A person makes a fault act, or ends it: a run does not stall meanwhile."""
        others = tuple(fault for fault in self._faults if fault != self._injected.get(record.number))
        self._injected[record.number] = record.fault
        self._faults = (*others, record.fault)
        self._losses = [fault for fault in self._faults if isinstance(fault, BrokerFault)]
        if isinstance(record.fault, BrokerFault) and not record.acts:
            self._timeline.call_at(record.t_s + HELD_S, lambda: None)
        self._check_progress()

    def request_end(self, by: str) -> None:
        """Record that the controller was asked to end, and from now on expect the line to come to rest."""
        if self._requested_s is None:
            self._requested_s = self._timeline.now
            self._record(trace.EndRequested(self._timeline.now, by))
            self._settle(self._bounds.rest_s)
            self._must_last = by != COUNTED
            self._hold_s = max(HELD_S, self._bounds.leg_s) if self._must_last else HELD_S
            self._hold()

    @property
    def over(self) -> bool:
        """Whether the run is over."""
        if self.reason is not None:
            return True
        if self._rest_by_s is None:
            return False
        if self._rests or self._is_late(self._rest_by_s):
            self.reason = "sorted" if self._left == 0 else "told to end"
        return self.reason is not None

    @property
    def _rests(self) -> bool:
        """Whether the controller has brought the line to rest. A rest that its last will has caused does not count."""
        now_s = self._timeline.now
        lost = any(fault.from_s <= now_s < fault.until_s + HELD_S for fault in self._losses)
        return self._line.at_rest and not lost and now_s >= self._rested_s

    def _is_late(self, rest_by_s: float) -> bool:
        """Whether the line has had its time to come to rest. A rest that does not count yet is waited for."""
        now_s = self._timeline.now
        if now_s >= rest_by_s and self._requested_s is not None:
            rest_by_s = self._rest_by(*self._rest_bound)  # A fault that has begun meanwhile gives more time.
        return now_s >= rest_by_s and not (self._line.at_rest and now_s < self._rested_s)

    def _hold(self) -> None:
        """Let a rest count only if it lasts from now on."""
        self._rested_s = self._timeline.now + self._hold_s
        self._timeline.call_at(self._rested_s, lambda: None)

    def _belt_runs(self, record: trace.BeltRuns) -> None:
        self._stopped = not record.running
        self._moved(record)

    def _moved(self, record: trace.BeltRuns | trace.RodMoves) -> None:
        if self._must_last and not self._controller_exited:
            self._hold()

    def _progress(self, record: trace.Loaded | trace.Photographed | trace.Edge | trace.Released | trace.Binned) -> None:
        if record.item > 0:
            self._progress_s = record.t_s

    def _sensed(self, record: trace.Photographed | trace.Edge) -> None:
        self._progress(record)
        if record.item in self._unseen:
            self._unseen.remove(record.item)
            self._mistakable_count += 1

    def _binned(self, record: trace.Binned) -> None:
        self._progress(record)
        if record.item > 0:
            self._account()

    def _laid_down(self, record: trace.LaidDown) -> None:
        self._unseen.add(record.item)

    def _by_hand(self, record: trace.TakenByHand) -> None:
        if record.back:
            self._unseen.add(record.item)
        elif not record.returns:
            self._account()

    def _first_command(self, record: trace.Commanded) -> None:
        if not self._commanded:
            self._commanded, self._progress_s = True, record.t_s
            self._check_progress()

    def _account(self) -> None:
        """Count an item that has reached its end."""
        self._left -= 1
        if self._items_to_end is not None:
            self._items_to_end -= 1
        self._check_done()

    def _check_done(self) -> None:
        """If all items are done, expect the line to come to rest."""
        if self._items_to_end is not None and (self._items_to_end <= 0 or self._left == 0):
            self.request_end(COUNTED)
        elif self._left == 0 and self._requested_s is None and self._stop_s is None:
            self._settle(self._bounds.settle_s)

    @property
    def _may_end(self) -> bool:
        """Whether a controller that counts items may have counted enough, and has brought the line to rest for that: to
        its sensors, a foreign object and an item that a person has put back look like another item.
        """
        counted = self._items_to_end is not None and self._items_to_end <= self._mistakable_count
        return counted and self._stopped and self._line.at_rest

    def _controller_failed(self, record: trace.Crashed) -> None:
        self.reason = "crashed"

    def _controller_ended(self, record: trace.Exited) -> None:
        """The controller has ended by itself: the line gets only `settle_s` to finish without it."""
        self._controller_exited = True
        if self._requested_s is not None:
            self._rested_s = min(self._rested_s, self._requested_s + HELD_S)
        if self._rest_by_s is None:
            self._timer.start(self._timeline.now + self._bounds.settle_s, self._check_progress)
        else:
            self._settle(self._bounds.settle_s)

    def _settle(self, bound_s: float) -> None:
        """Expect the line to come to rest within `bound_s`, counted from now or from the end of all active faults."""
        self._rest_bound = (self._timeline.now, bound_s)
        self._rest_by(*self._rest_bound)

    def _rest_by(self, since_s: float, bound_s: float) -> float:
        self._rest_by_s = max(since_s, self._healed_s()) + bound_s
        if self._rest_by_s > self._timeline.now:
            self._timer.start(self._rest_by_s, lambda: None)
        return self._rest_by_s

    def _healed_s(self) -> float:
        """When all faults that have begun will have ended, in s; those that last too long are left out."""
        now_s = self._timeline.now
        ends_s = [fault.until_s for fault in self._faults if fault.from_s <= now_s]
        return max((end_s for end_s in ends_s if end_s <= now_s + LONGEST_HEALING_S), default=0.0)

    def _check_progress(self) -> None:
        """End the run if nothing has moved on for too long; otherwise check again when that could be the case.

        While the belt is empty, the time counts from when the stack has its next item.
        """
        if self._rest_by_s is None:
            self._check_done()
        if self._rest_by_s is not None or self._left == 0:
            return  # The run already waits for the line to come to rest.
        available_s = self._line.loader.next_available_s
        if available_s is not None and not len(self._line.queue):
            self._progress_s = max(self._progress_s, available_s)
        patience_s = self._bounds.settle_s if self._controller_exited else self._bounds.stall_s
        if not self._commanded:
            patience_s = max(patience_s, SILENCE_S)
        stalls_s = max(self._progress_s, self._healed_s()) + patience_s
        if stalls_s <= self._timeline.now:
            self.reason = "told to end" if self._may_end else "stalled"
        else:
            self._timer.start(stalls_s, self._check_progress)
