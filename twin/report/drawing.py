"""What the pages draw of a run, as data: trajectories of items, strokes of rods, beams, faults, messages, violations.

`Sketch` collects it record by record. `Drawing` is the result; a page has it as JSON. Times in s, positions in m.
"""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final

import msgspec

from twin import trace
from twin.beliefs import Belief
from twin.pictures import MOST_THUMBNAILS
from twin.report.belt_motion import BeltMotion
from twin.report.drawn_beliefs import DrawnBelief, drawn_beliefs
from twin.report.drawn_events import Event, drawn_events
from twin.report.drawn_faults import DrawnFault, drawn_fault
from twin.report.item_motion import ItemMotion, ItemPath
from twin.report.rod_motion import RodMotion
from twin.scenario.faults import AnyFault, RodSlow, fault_name
from twin.scenario.layout import LOADER, bin_name
from twin.scenario.scenario import Scenario
from twin.verdict.checks import Excused, Violation

DRAWING_FORMAT: Final = 1
MOST_ITEMS: Final = 10_000
MOST_RECORDS: Final = 500_000
"""Records kept until the violations are known, beside which events are listed."""

MOST_MARKS: Final = 300
_DIGITS: Final = 6


class DrawnItem(msgspec.Struct, frozen=True, array_like=True):
    """An item: number, class, length, answer and confidence of the recognizer, digest of its picture, phases."""

    number: int
    item_class: str
    length_m: float
    answer: str | None
    confidence: float
    picture: str | None
    phases: list[Sequence[Any]]


class DrawnGate(msgspec.Struct, frozen=True):
    """A gate: position, the changes of its beam, and those that reached the controller. They alternate from clear."""

    at_m: float
    beam: list[tuple[float, bool]]
    reported: list[tuple[float, bool]]


class DrawnRod(msgspec.Struct, frozen=True):
    """A rod: number, position, and its turning points (time, share out)."""

    number: int
    at_m: float
    reaches: list[tuple[float, float]]


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A violation, or what a fact excused: time, check, item, words, and why it is excused (None: it is not)."""

    t_s: float
    check: str
    item: int | None
    detail: str
    excuse: str | None = None


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """One run, drawn. Its `scenario` has the faults that a person made act, too: so it plays again.

    `left_out` has a sentence for each thing that is not in it, `thumbnails` pictures by digest.
    """

    format: int = DRAWING_FORMAT
    scenario: Scenario
    end_s: float
    bins: dict[str, list[str]]
    belt: list[Sequence[float]]
    items: list[DrawnItem]
    gates: list[DrawnGate]
    rods: list[DrawnRod]
    faults: list[DrawnFault]
    marks: list[Mark]
    events: list[Event]
    left_out: list[str]
    beliefs: list[DrawnBelief]
    thumbnails: dict[str, str] = {}


class Sketch:
    """Collects a run for its drawing. It watches the run's records.

    `began`: whether there is anything to draw. `done` counts items that reached a bin, `end_s` is the time of the
    latest record, `records` are the first `MOST_RECORDS`, `records_left_out` counts the others, `injected` the faults
    that a person made act. `beliefs` is what our controller believed from `believed_from_s` on, `images` the pictures
    by digest, both as far as they are known. Memory is bounded: items beyond `MOST_ITEMS` are counted only.
    """

    def __init__(self) -> None:
        self.began, self.done, self.end_s = False, 0, 0.0
        self.beliefs: Sequence[Belief] = ()
        self.believed_from_s = 0.0
        self.images: Mapping[str, bytes] = {}
        self._scenario = Scenario()
        self.records: list[trace.AnyRecord] = []
        self.records_left_out = self._items_left_out = 0
        self.injected: dict[int, AnyFault] = {}
        self._answers: dict[int, trace.Answered] = {}
        self._pictures: dict[int, str] = {}

    @property
    def faults(self) -> tuple[AnyFault, ...]:
        """The scenario's faults, and those that a person made act."""
        return (*self._scenario.faults, *self.injected.values())

    @property
    def item_count(self) -> int:
        """The number of items in the scenario's stack."""
        return self._scenario.item_count

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        kind = type(record)
        self.done += kind is trace.Binned and getattr(record, "item", 0) > 0
        if isinstance(record, trace.Began):
            self._begin(record.scenario)
        self.end_s = max(self.end_s, record.t_s)
        if isinstance(record, trace.BeltRuns):
            self._belt.obey(record.t_s, record.running)
        elif isinstance(record, trace.RodMoves):
            self._rods[record.rod].move(record)
        elif isinstance(record, trace.Edge):
            _change(self._beams[record.gate], record.t_s, record.blocked)
        elif isinstance(record, trace.Feedback) and record.key in self._reported:
            _change(self._reported[record.key], record.t_s, record.value == "blocked")
        elif isinstance(record, trace.Injected):
            self._inject(record)
        elif isinstance(record, trace.Answered):
            self._answers[record.item] = record
        elif isinstance(record, trace.Photographed):
            self._pictures[record.item] = record.image
        if kind is trace.Loaded and len(self._items.paths) >= MOST_ITEMS:
            self._items_left_out += 1
        else:
            self._items.see(record)
        if len(self.records) < MOST_RECORDS:
            self.records.append(record)
        else:
            self.records_left_out += 1

    def drawing(
        self, violations: Sequence[Violation], excused: Sequence[Excused] = (), more: Sequence[str] = ()
    ) -> Drawing:
        """The drawing of what was seen up to now, with the verdict's marks. `more` is shown beside what is left out."""
        scenario = msgspec.structs.replace(self._scenario, faults=self.faults)
        marks = [_mark(each) for each in violations[:MOST_MARKS]]
        marks += [_mark(each.violation, _excuse(each)) for each in excused[:MOST_MARKS]]
        marks.sort(key=lambda mark: mark.t_s)
        events = drawn_events(self.records, [mark.t_s for mark in marks])
        left_out = [*more, *self._left_out(len(violations) + len(excused) - len(marks), len(events))]
        return Drawing(
            scenario=scenario, end_s=_short(self.end_s), bins=_labels_of_bins(scenario),
            belt=[_rounded(segment, 9) for segment in self._belt.segments],
            items=[self._drawn_item(path) for path in self._items.paths.values()],
            gates=[
                DrawnGate(at_m=at_m, beam=self._beams[number], reported=self._reported[f"gate {number}"])
                for number, at_m in enumerate(scenario.layout.gates_m, start=1)
            ],
            rods=[
                DrawnRod(number=number, at_m=self._items.positions_m[number], reaches=_reaches(rod, self.end_s))
                for number, rod in self._rods.items()
            ],
            faults=[drawn_fault(fault, self.end_s) for fault in self.faults],
            marks=marks, events=events, left_out=left_out,
            beliefs=self.drawn_beliefs(),
            thumbnails=self.thumbnails(self._items.paths),
        )  # fmt: skip

    def thumbnails(self, numbers: Iterable[int], known: Set[str] = frozenset()) -> dict[str, str]:
        """Small pictures of items, by digest, but for `known` ones; none where pictures are blank."""
        if self._scenario.has_blank_pictures or not self.images:
            return {}
        from twin.report.thumbnails import thumbnails  # Loads OpenCV, which most runs do without.

        return thumbnails(self.images, [self._pictures.get(number) for number in numbers], known)

    def drawn_items(self, numbers: Iterable[int]) -> list[DrawnItem]:
        """Some of the items, as far as they have come."""
        return [self._drawn_item(self._items.paths[number]) for number in numbers if number in self._items.paths]

    def drawn_beliefs(self) -> list[DrawnBelief]:
        """What our controller believed, beside the truth."""
        paths = self._items.paths
        until_s = math.inf
        if self._items_left_out:  # Later tracks are those of items that are not drawn.
            until_s = max(path.phases[0].from_s for path in paths.values() if path.number > 0)
        return drawn_beliefs(self.beliefs, paths, end_s=self.end_s, since_s=self.believed_from_s, until_s=until_s)

    def growing(self, until_s: float) -> dict[str, tuple[Sequence[Any], Sequence[Any]]]:
        """The lists that grow while a run is on, by name: what is known, and what is foreseen up to `until_s`."""
        belt = self._belt
        lists: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {"belt": (belt.segments, belt.ahead(until_s))}
        lists |= {f"rod {number}": (rod.reaches, rod.ahead()) for number, rod in self._rods.items()}
        lists |= {f"beam {number}": (changes, ()) for number, changes in self._beams.items()}
        return lists | {name: (changes, ()) for name, changes in self._reported.items()}

    def _begin(self, scenario: Scenario) -> None:
        self.began = True
        self._scenario = scenario
        self._belt = BeltMotion(scenario.layout, scenario.faults)
        self._items = ItemMotion(scenario, self._belt)
        self._rods = {rod: RodMotion(scenario, rod) for rod in (LOADER, *scenario.layout.bins)}
        gates = range(1, len(scenario.layout.gates_m) + 1)
        self._beams: dict[int, list[tuple[float, bool]]] = {gate: [] for gate in gates}
        self._reported: dict[str, list[tuple[float, bool]]] = {f"gate {gate}": [] for gate in gates}

    def _inject(self, record: trace.Injected) -> None:
        """A person makes a fault act, or ends it."""
        if record.acts:
            self._belt.add(record.fault)
        else:
            self._belt.heal(self.injected[record.number], record.fault)
        if isinstance(record.fault, RodSlow):
            self._rods[record.fault.rod].slow(record.fault)
        self.injected[record.number] = record.fault

    def _drawn_item(self, path: ItemPath) -> DrawnItem:
        answer = self._answers.get(path.number)
        phases: list[Sequence[Any]] = [
            [_short(phase.from_s), phase.how, _short(phase.value)] + ([] if phase.number is None else [phase.number])
            for phase in path.phases
        ]
        label, confidence = (None, 0.0) if answer is None else (answer.label, round(answer.confidence, 3))
        picture = self._pictures.get(path.number)
        return DrawnItem(path.number, path.item_class, round(path.length_m, 4), label, confidence, picture, phases)

    def _left_out(self, marks: int, listed: int) -> Iterable[str]:
        if self._items_left_out:
            yield f"{self._items_left_out} items after the first {MOST_ITEMS} are neither drawn nor counted."
        events = len(self.records) + self.records_left_out - listed
        if events:
            yield (
                f"Of {listed + events} events and messages {listed} are listed: those near violations, then "
                "those from the beginning on. The trace has them all."
            )
        if self.images and len(self._pictures) > MOST_THUMBNAILS:
            yield f"Only the first {MOST_THUMBNAILS} pictures are shown."
        if marks:
            yield f"{marks} marks of violations are left out."


def _change(changes: list[tuple[float, bool]], at_s: float, blocked: bool) -> None:
    """Add a change of level; a message that repeats the level changes nothing."""
    if blocked != (changes[-1][1] if changes else False):
        changes.append((_short(at_s), blocked))


def _reaches(rod: RodMotion, end_s: float) -> list[tuple[float, float]]:
    """The turning points, up to the end: a rod may be on its way then."""
    last = [(_short(end_s), _short(rod.share_out(end_s)))]
    return [(_short(reach.at_s), _short(reach.share)) for reach in rod.reaches] + last


def _mark(violation: Violation, excuse: str | None = None) -> Mark:
    return Mark(_short(violation.t_s), violation.check, violation.item, violation.detail, excuse)


def _excuse(excused: Excused) -> str:
    fact = excused.fact
    return f"{fact.part}: {fact.what.replace('_', ' ')} at {fact.t_s:.2f} s ({fault_name(fact.fault)})"


def _labels_of_bins(scenario: Scenario) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {bin_name(number): [] for number in (*scenario.layout.bins, 0)}
    bins: Mapping[str, int] = scenario.controller.bins
    for label, number in bins.items():
        labels[bin_name(number)].append(label)
    return labels


def _short(value: float) -> float:
    return round(value, _DIGITS)


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]
