"""The summary of a run: counts, rates and latencies, for people and scripts."""

from collections import Counter, deque
from collections.abc import Sequence
from math import ceil
from statistics import median
from typing import Final

import msgspec

from twin import trace
from twin.scenario.layout import REJECT, bin_name
from twin.verdict.answers import Answers
from twin.verdict.checks import Violation
from twin.verdict.margins import MarginReader, Margins

MOST_NAMED: Final = 12
"""At most this many items are named per reason for a reject."""


class ClassCount(msgspec.Struct, kw_only=True):
    """Where the items of one class ended. `right`: in the bin of their class."""

    items: int = 0
    right: int = 0
    rejected: int = 0
    wrong: int = 0


class RecognizerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The recognizer's share of right labels, number of sure but wrong answers, and wall time per answer."""

    accuracy: float | None
    misread: int
    p50_ms: float | None
    p99_ms: float | None


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """Median and 99th percentile in ms; None if nothing was measured."""

    p50: float | None
    p99: float | None


class Lateness(Percentiles, frozen=True, kw_only=True):
    """How late events were on the wall clock, in ms. `longest` is the maximum."""

    longest: float | None


class ControllerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The controller's reaction time on the wall clock, from a gate's message to the commands that follow."""

    gate_to_command_ms: Percentiles


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A run in numbers. `bins` counts items by bin, `speedup` is over real time. The keys are stable."""

    seed: int
    items: int
    bins: dict[str, int]
    correct: int
    rejected: int
    violations: Sequence[Violation]
    sim_s: float
    wall_s: float
    speedup: float
    items_per_min: float
    digest: str
    recognizer: RecognizerSummary
    controller: ControllerSummary


class Rejects:
    """The items rejected for one reason: their count, and the numbers of the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.items: list[int] = []

    def add(self, item: int) -> None:
        """Count one more item."""
        self.count += 1
        if len(self.items) < MOST_NAMED:
            self.items.append(item)


class Tally:
    """Counts a run's records as they come. `rejects` counts by reason, `connections` by client and event."""

    def __init__(self) -> None:
        self.rejects: dict[str, Rejects] = {}
        self.connections: Counter[tuple[str, str]] = Counter()
        self.classes: dict[str, ClassCount] = {}
        self.bins: dict[str, int] = {}
        self.margins = Margins()
        self.done = 0
        self.answers = 0
        self.answers_right = 0
        self.misread = 0
        self.first_loaded_s: float | None = None
        self.last_binned_s = 0.0
        self._margin_reader = MarginReader()
        self._known = Answers()
        self._scenario = self._known.scenario
        self._looks = {
            trace.Began: self._began,
            trace.Loaded: self._loaded,
            trace.Answered: self._answered,
            trace.Taken: self._taken,
            trace.Binned: self._binned,
            trace.Connection: self._connection,
        }

    def see(self, record: trace.AnyRecord) -> None:
        """Count the next record."""
        look = self._looks.get(type(record))
        if look is not None:
            look(record)  # type: ignore[operator]
        for margin in self._margin_reader.see(record):
            least = getattr(self.margins, margin.name)
            setattr(self.margins, margin.name, margin.left if least is None else min(margin.left, least))

    def _began(self, record: trace.Began) -> None:
        self._scenario = record.scenario
        self._known.began(record)
        for number in (*record.scenario.layout.bins, REJECT):
            self.bins[bin_name(number)] = 0

    def _loaded(self, record: trace.Loaded) -> None:
        self._known.loaded(record)
        if self.first_loaded_s is None:
            self.first_loaded_s = record.t_s

    def _answered(self, record: trace.Answered) -> None:
        self._known.answered(record)
        if not record.own:
            return
        self.answers += 1
        right = record.label == self._known.classes.get(record.item)
        self.answers_right += right
        if not right and record.confidence >= self._scenario.controller.sure_at:
            self.misread += self._scenario.bin_of(record.label) != REJECT

    def _taken(self, record: trace.Taken) -> None:
        late_m = self.margins.late_m
        self.margins.late_m = record.offset_m if late_m is None else max(record.offset_m, late_m)

    def _binned(self, record: trace.Binned) -> None:
        if record.item < 0:
            return  # An object that is no item.
        self.done += 1
        self.last_binned_s = record.t_s
        self.bins[bin_name(record.bin)] += 1
        item_class = self._known.classes[record.item]
        count = self.classes.setdefault(item_class, ClassCount())
        count.items += 1
        if record.bin == REJECT:
            self.rejects.setdefault(self._known.reject_reason(record.item), Rejects()).add(record.item)
        if record.bin == self._scenario.bin_of(item_class):
            count.right += 1
        elif record.bin == REJECT:
            count.rejected += 1
        else:
            count.wrong += 1
        self._known.forget(record.item)

    def _connection(self, record: trace.Connection) -> None:
        self.connections[record.client, record.event if record.event != "refused" else f"refused: {record.detail}"] += 1

    @property
    def right(self) -> int:
        """Items that ended in the bin of their class."""
        return sum(count.right for count in self.classes.values())

    @property
    def rejected(self) -> int:
        """Items that ended in the reject bin."""
        return self.bins.get(bin_name(REJECT), 0)

    def recognizer(self, seconds: deque[float]) -> RecognizerSummary:
        """The recognizer's part of the summary; `seconds` are the wall times of its answers."""
        accuracy = self.answers_right / self.answers if self.answers else None
        latency_ms = percentiles_ms(seconds)
        return RecognizerSummary(accuracy=accuracy, misread=self.misread, p50_ms=latency_ms.p50, p99_ms=latency_ms.p99)

    @property
    def items_per_min(self) -> float:
        """Items per minute in the line's time, from the first item loaded to the last item in a bin."""
        span_s = self.last_binned_s - (self.first_loaded_s or 0.0)
        return 60 * self.done / span_s if span_s > 0 else 0.0


def percentiles_ms(samples_s: deque[float]) -> Percentiles:
    """Median and 99th percentile of wall times, in ms."""
    if not samples_s:
        return Percentiles(p50=None, p99=None)
    ordered = sorted(samples_s)
    return Percentiles(p50=median(ordered) * 1000, p99=ordered[ceil(0.99 * len(ordered)) - 1] * 1000)


def lateness_ms(samples_s: deque[float]) -> Lateness:
    """Percentiles and maximum of the lateness of events, in ms."""
    middle = percentiles_ms(samples_s)
    return Lateness(p50=middle.p50, p99=middle.p99, longest=max(samples_s) * 1000 if samples_s else None)
