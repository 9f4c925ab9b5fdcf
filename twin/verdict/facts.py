"""What is known of a run so far: who is on the belt, where the rods are, and what faults did to whom and what.

Facts come from the trace's records and from nothing else. What they excuse is decided in `excuses`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from twin import trace
from twin.scenario.layout import LOADER
from twin.scenario.scenario import Scenario
from twin.trace import Stroke
from twin.verdict.bounds import Bounds

MOST_KEPT: Final = 64
"""Facts of one part, or of one item, that are kept; older ones are too old to excuse anything."""

MOST_MISTIMED: Final = 1000
MOST_PASSED: Final = 8
"""At each sensor it is known which items passed it last; of the items that did not ride as they should, the last."""

AWAY: Final[frozenset[trace.Effect]] = frozenset({"cut_off", "reconnected", "restarted"})

TIMING: Final[frozenset[trace.Effect]] = AWAY | {
    "off_pace", "edge_late", "picture_late", "command_late", "longer", "two_loaded",
}  # fmt: skip
"""Whatever is measured on an item with such a fact is not how the line, or an item, is."""


BESIDE_TIMING: Final[frozenset[trace.Effect]] = AWAY | {"laid_down"}
"""So it is with whoever rides next to an object, or to an item that nobody heard of."""

PHANTOM: Final[frozenset[trace.Effect]] = frozenset({
    "taken_off", "edge_false", "picture_late", "picture_twice", "edge_late", "edge_twice",
})  # fmt: skip
"""After these something may seem to lie on the belt that is not there, or not any more."""


class Fact(NamedTuple):
    """A fault, named `fault`, did `what` at a part, at `t_s`."""

    t_s: float
    what: trace.Effect
    part: str
    fault: str


class ItemFacts:
    """An item, or object, on the belt: `own` has what was done to it, `beside` what was done next to it.

    `carried` has the items, and objects, that it lies on or that lie on it, `behind` those that stood in its way.
    """

    def __init__(self, loaded_s: float) -> None:
        self.loaded_s = loaded_s
        self.own: deque[Fact] = deque(maxlen=MOST_KEPT)
        self.beside: deque[Fact] = deque(maxlen=MOST_KEPT)
        self.carried: set[int] = set()
        self.behind: set[int] = set()


class RodFacts:
    """A rod: when its last stroke out began, since when it stood out, and whether it goes or stands out now."""

    def __init__(self) -> None:
        self.extended_s = 0.0
        self.stood_s: float | None = None
        self.out = False


class Facts:
    """The facts of one run, record by record."""

    def __init__(self) -> None:
        self.scenario = Scenario()
        self.bounds = Bounds(self.scenario.layout)
        self.cut_off: Fact | None = None
        self.reconnected: Fact | None = None
        self.mistimed: dict[int, Fact] = {}
        self._acting: dict[str, int] = {}
        self._ambiguous: dict[str, Fact] = {}
        self._passed: dict[str, deque[int]] = {}
        self._phantoms: deque[Fact] = deque(maxlen=MOST_KEPT)
        self._items: dict[int, ItemFacts] = {}
        self._rods: dict[int, RodFacts] = {}
        self._parts: dict[str, deque[Fact]] = {}
        self._watches: Final[Mapping[type[trace.Record], Callable[[Any], None]]] = {
            trace.Began: self._began, trace.Loaded: self._loaded, trace.LaidDown: self._laid_down,
            trace.Held: self._held, trace.RodMoves: self._moves, trace.FaultActs: self._acts,
            trace.Disturbed: self._disturbed, trace.TakenByHand: self._by_hand, trace.Edge: self._edge,
            trace.Photographed: lambda record: self._pass("camera", record.item),
        }  # fmt: skip

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record, before any check looks at it."""
        look = self._watches.get(type(record))
        if look is not None:
            look(record)

    def forget(self, record: trace.AnyRecord) -> None:
        """The checks have looked at a record: an item in a bin is off the belt."""
        if type(record) is trace.Binned:
            self._items.pop(record.item, None)

    def item(self, number: int) -> ItemFacts:
        """The facts of an item; those of an item that is not on the belt are empty."""
        return self._items.get(number) or ItemFacts(0.0)

    def rod(self, number: int) -> RodFacts:
        """The facts of a rod."""
        return self._rods.setdefault(number, RodFacts())

    def of_part(self, part: str, effects: frozenset[trace.Effect], since_s: float) -> Fact | None:
        """The latest of some effects at a part, if it is not older than `since_s`."""
        for fact in reversed(self._parts.get(part, ())):
            if fact.t_s < since_s:
                return None
            if fact.what in effects:
                return fact
        return None

    @property
    def acting(self) -> str | None:
        """A fault that acts now, if any does."""
        return next((fault for fault, count in self._acting.items() if count > 0), None)

    def add(self, fact: Fact, item: int, beside: Iterable[int] | None = None) -> None:
        """A fact about an item; to those beside it (next to it on the belt, if not told) it may look like theirs."""
        self.item(item).own.append(fact)
        if fact.what in TIMING:
            self._mistime(item, fact)
        for other in self._next_to(item) if beside is None else beside:
            self._add_beside(fact, other)

    def passed_before(self, item: int, sensor: str) -> list[int | None]:
        """The items that passed a sensor before this one, the last one first, None where there was none before.

        Empty if this one did not pass.
        """
        passed = list(self._passed.get(sensor, ()))
        return [*passed[: passed.index(item)][::-1], None] if item in passed else []

    def pass_on(self, fact: Fact, item: int) -> None:
        """An item rode on because of a fact, and so was in the way of the one behind it, if that was there then."""
        behind = min((other for other in self._items if other > item), default=None)
        if behind is not None and self.item(behind).loaded_s <= fact.t_s + self.bounds.trip_s:
            self.item(behind).own.append(fact._replace(what="rode_on"))

    @property
    def sensors(self) -> list[str]:
        """Camera and gates."""
        return list(self._passed)

    def _add_beside(self, fact: Fact, item: int) -> None:
        self.item(item).beside.append(fact)
        if fact.what in BESIDE_TIMING:
            self._mistime(item, fact)

    def _next_to(self, item: int) -> list[int]:
        """The items next to one on the belt, ahead and behind; where one was put back, as they were loaded."""
        before = max((other for other in self._items if other < item), default=None)
        behind = min((other for other in self._items if other > item), default=None)
        return [other for other in (before, behind) if other is not None]

    def _began(self, record: trace.Began) -> None:
        self.scenario = record.scenario
        self.bounds = Bounds(record.scenario.layout)

    def _loaded(self, record: trace.Loaded) -> None:
        self._items[record.item] = ItemFacts(record.t_s)
        self._laid_onto(record.item, record.onto)
        # What was done to the loader in this stroke was done to the item.
        stroke_s = self.rod(LOADER).extended_s
        for fact in self._parts.get(f"rod {LOADER}", ()):
            if fact.t_s >= stroke_s:
                self.add(fact, record.item)
        # Whoever comes to lie behind an item of which not all is known, or which is not there, may be taken for it.
        for other in record.beside:
            for fact in self.item(other).own:
                self._add_beside(fact, record.item)
        for fact in self._phantoms:
            if record.t_s < fact.t_s + self.bounds.trip_s:
                self._add_beside(fact, record.item)
        self._phantoms.clear()

    def _laid_down(self, record: trace.LaidDown) -> None:
        self._items[record.item] = ItemFacts(record.t_s)
        self._laid_onto(record.item, record.onto)

    def _by_hand(self, record: trace.TakenByHand) -> None:
        if record.back:
            self._laid_onto(record.item, record.onto)

    def _laid_onto(self, item: int, onto: int | None) -> None:
        if onto is not None:
            self.item(item).carried.add(onto)
            self.item(onto).carried.add(item)

    def _edge(self, record: trace.Edge) -> None:
        """An item passes a gate. If an edge before was lost, or false, which of the item's edges is which?"""
        gate = f"gate {record.gate}"
        fact = self._ambiguous.get(gate)
        if fact is not None and fact.t_s < record.t_s:
            self.add(fact, record.item)
            if not record.blocked:
                del self._ambiguous[gate]
        if not record.blocked:
            self._pass(gate, record.item)

    def _pass(self, sensor: str, item: int) -> None:
        self._passed.setdefault(sensor, deque(maxlen=MOST_PASSED)).append(item)

    def _held(self, record: trace.Held) -> None:
        if record.behind is not None:
            self.item(record.item).behind.add(record.behind)

    def _moves(self, record: trace.RodMoves) -> None:
        rod = self.rod(record.rod)
        rod.out = record.stroke in (Stroke.EXTENDING.value, Stroke.OUT.value)
        if record.stroke == Stroke.EXTENDING.value:
            rod.extended_s, rod.stood_s = record.t_s, None
        elif record.stroke == Stroke.OUT.value:
            rod.stood_s = record.t_s

    def _acts(self, record: trace.FaultActs) -> None:
        self._acting[record.fault] = self._acting.get(record.fault, 0) + (1 if record.acts else -1)

    def _disturbed(self, record: trace.Disturbed) -> None:
        fact = Fact(record.t_s, record.what, record.part, record.fault)
        if record.what == "cut_off":
            self.cut_off, self.reconnected = fact, None
        elif record.what in AWAY:
            self.reconnected = fact
        if record.item is not None:
            self.add(fact, record.item, record.beside)
        else:
            for item in record.beside:
                self.add(fact, item)
        if record.what in ("edge_lost", "edge_false"):
            self._ambiguous[record.part] = fact
        if record.what in PHANTOM:
            self._phantoms.append(fact)
        self._parts.setdefault(record.part, deque(maxlen=MOST_KEPT)).append(fact)

    def _mistime(self, item: int, fact: Fact) -> None:
        self.mistimed[item] = fact
        if len(self.mistimed) > MOST_MISTIMED:
            del self.mistimed[next(iter(self.mistimed))]
