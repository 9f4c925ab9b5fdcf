"""When a run is over: every item accounted for and the line at rest, or nothing moving on for too long."""

from collections.abc import Callable
from typing import Any, Final

from twin import trace
from twin.item import FOREIGN
from twin.line import Line
from twin.scenario import Scenario
from twin.timeline import Timeline, Timer

SETTLE_S: Final = 10.0
"""After the last item the line has this long to come to rest; then the run ends as it stands. Where the controller
knows how many items there are, and so is to come to rest, it has the patience that progress has."""

PATIENCE_TRIPS: Final = 3
PATIENCE_S: Final = 10.0

_PROGRESS: Final = frozenset({trace.Loaded, trace.Photographed, trace.Edge, trace.Binned, trace.Released})


class Ending:
    """Watches a run's records; `reason` is set once it is over.

    Progress is an item that is loaded, passes something or falls into a bin. Without any for three times what one
    item needs from the stack to the belt's end, and ten seconds, the run is stalled, unless it is `patient`.
    """

    def __init__(self, timeline: Timeline, scenario: Scenario, line: Line, *, patient: bool = False) -> None:
        layout = scenario.layout
        ride_s = layout.end_m / layout.belt_speed_m_per_s
        start_s = scenario.controller.belt_start_s + 2 * layout.loader_stroke_s
        self._patience_s = PATIENCE_TRIPS * (start_s + ride_s) + PATIENCE_S
        self._counted = scenario.controller.items is not None
        self._settle_s = max(SETTLE_S, self._patience_s) if self._counted else SETTLE_S
        self._patient = patient
        self._timeline = timeline
        self._line = line
        self._left = scenario.item_count
        self._progress_s = 0.0
        self._settle_until_s: float | None = None
        self._timer = Timer(timeline)
        self.reason: str | None = None
        if self._left == 0:
            self._settle()
        else:
            self._expect()

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        kind = type(record)
        if kind in _PROGRESS:
            self._progress_s = record.t_s
        if kind is trace.Mishap:
            # What a fault does may be why nothing moves: patience begins when it is over.
            self._progress_s = max(self._progress_s, record.over_s)  # type: ignore[union-attr]
        self._left += _DIFFERENCE.get(kind, _none)(record)
        if self._left == 0 and kind in (trace.Binned, trace.TakenByHand):
            self._settle()
        elif self._left > 0 and self._settle_until_s is not None and not self._counted:
            self._settle_until_s = None  # Something was thrown on a belt that was empty, and runs on.
            self._expect()
        if kind is trace.Crashed:
            self.reason = "crashed"

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        if self.reason is not None:
            return True
        if self._settle_until_s is None:
            return False
        if self._line.at_rest or self._timeline.now >= self._settle_until_s:
            self.reason = "sorted"
        return self.reason is not None

    def _settle(self) -> None:
        self._settle_until_s = self._timeline.now + self._settle_s
        self._timer.start(self._settle_until_s, lambda: None)

    def _expect(self) -> None:
        """Look again when patience would be over; while the belt is empty it begins with the stack's next item."""
        if self._patient:
            return
        available_s = self._line.loader.next_available_s
        if available_s is not None and not len(self._line.row):
            self._progress_s = max(self._progress_s, available_s)
        if self._progress_s + self._patience_s <= self._timeline.now:
            self.reason = "stalled"
        else:
            self._timer.start(self._progress_s + self._patience_s, self._expect)


def _none(record: Any) -> int:
    return 0


def _by_hand(record: trace.TakenByHand) -> int:
    return 0 if record.returns or record.back else -1


_DIFFERENCE: Final[dict[type[trace.Record], Callable[[Any], int]]] = {
    trace.Binned: lambda _: -1,
    trace.Loaded: lambda record: record.item_class == FOREIGN,
    trace.TakenByHand: _by_hand,
}
"""What a record does to the number of items that are not accounted for yet."""
