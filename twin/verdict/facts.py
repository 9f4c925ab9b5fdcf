"""The facts of a run so far: items on the belt, state of the rods, and what faults did to items and parts.

Facts come only from the trace's records. `excuses` decides which breaks they excuse.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, Final

from twin import trace
from twin.scenario.layout import LOADER
from twin.scenario.scenario import Scenario
from twin.trace import Stroke
from twin.verdict.absence import AWAY, Absence
from twin.verdict.acting import Acting
from twin.verdict.bounds import Bounds
from twin.verdict.fact import Fact
from twin.verdict.parts import MOST_KEPT, BeltFacts, ItemFacts, RodFacts, carried

MOST_REMEMBERED: Final = 1000
"""The number of items with misleading times, or wrong messages, that are remembered."""

MOST_PASSED: Final = 8
"""The number of items remembered at each sensor: the last ones that passed it."""

DEFAULT: Final = Scenario()
"""The scenario until the run's first record, made once because it takes longer than judging an item."""

SEEN_WRONGLY: Final[frozenset[trace.Effect]] = frozenset({
    "edge_lost", "edge_late", "edge_twice", "edge_false", "picture_lost", "picture_late", "picture_twice",
    "picture_spoilt",
})  # fmt: skip
"""Wrong or missing sensor messages about an item."""

TIMING: Final[frozenset[trace.Effect]] = AWAY | {
    "off_pace", "edge_late", "picture_late", "command_late", "longer", "two_loaded",
}  # fmt: skip
"""Effects after which times measured on the item itself are misleading."""


BESIDE_TIMING: Final[frozenset[trace.Effect]] = AWAY | {"laid_down"}
"""Effects after which times measured on a neighbour are misleading."""

PHANTOM: Final[frozenset[trace.Effect]] = frozenset({
    "taken_off", "edge_false", "picture_late", "picture_twice", "edge_late", "edge_twice",
})  # fmt: skip
"""Effects after which the controller may believe in an item that is not on the belt."""


class Facts:
    """The facts of one run, collected record by record. `progress_s`: when an item last made progress."""

    def __init__(self) -> None:
        self.scenario = DEFAULT
        self.bounds = Bounds(self.scenario.layout)
        self.absence = Absence()
        self.belt = BeltFacts()
        self.progress_s = 0.0
        self.mistimed: dict[int, Fact] = {}
        self._seen_wrongly: dict[int, None] = {}
        self._acting = Acting()
        self._ambiguous: dict[str, Fact] = {}
        self._passed: dict[str, deque[int]] = {}
        self._phantoms: deque[Fact] = deque(maxlen=MOST_KEPT)
        self._items: dict[int, ItemFacts] = {}
        self._rods: defaultdict[int, RodFacts] = defaultdict(RodFacts)
        self._parts: dict[str, deque[Fact]] = {}

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The method to call for each record type, before those of the checks."""
        return {
            trace.Began: self._began, trace.Loaded: self._loaded, trace.LaidDown: self._laid_down,
            trace.Held: self._held, trace.Released: self._released, trace.BeltRuns: self.belt.runs,
            trace.RodMoves: self._moves, trace.FaultActs: self._acting.acts,
            trace.Disturbed: self._disturbed, trace.TakenByHand: self._by_hand, trace.Edge: self._edge,
            trace.Photographed: lambda record: self._pass("camera", record.item, record.t_s),
            trace.Connection: self.absence.connection,
        }  # fmt: skip

    def forget(self, record: trace.Binned) -> None:
        """Forget an item that fell into a bin. Call this after the checks have seen the record."""
        self.progress_s = record.t_s
        self.leads_to(record.item, record.bin)
        gone = self._items.pop(record.item, None)
        if gone is None:
            return
        for number, facts in self._items.items():  # Those that went with it may go with its own leaders, too.
            if facts.leaders.pop(record.item, None) is not None:
                facts.leaders = {other: at_s for other, at_s in gone.leaders.items() if other != number} | facts.leaders
                facts.led_to = gone.led_to | facts.led_to

    def item(self, number: int) -> ItemFacts:
        """The facts of an item. They are empty if the item is not on the belt."""
        return self._items.get(number) or ItemFacts(0.0)

    def leads_to(self, item: int, bin_number: int) -> None:
        """Note for the items that may go with this one a bin into which it falls, or where it belongs."""
        for facts in self._items.values():
            if item in facts.leaders:
                facts.led_to.setdefault(bin_number, carried(facts.leaders[item], item))

    def leaders(self, item: int) -> dict[int, float]:
        """The items and objects on the belt that an item may go with, and since when; also those that lead its own."""
        found = dict(self.item(item).leaders)
        ahead = list(found)
        while ahead:
            for other, at_s in self.item(ahead.pop()).leaders.items():
                if other != item and other not in found:
                    found[other] = at_s
                    ahead.append(other)
        return found

    def rod(self, number: int) -> RodFacts:
        """The facts of a rod."""
        return self._rods[number]

    def of_part(self, part: str, effects: frozenset[trace.Effect], since_s: float) -> Fact | None:
        """The latest fact with one of the effects at a part, not older than `since_s`; None if there is none."""
        for fact in reversed(self._parts.get(part, ())):
            if fact.t_s < since_s:
                return None
            if fact.what in effects:
                return fact
        return None

    def acting(self, since_s: float) -> str | None:
        """The name of a fault that is acting now, and has had an effect since then; None if there is none."""
        return self._acting.since(since_s)

    def add(self, fact: Fact, item: int, beside: Iterable[int] | None = None, *, near: bool = False) -> None:
        """Add a fact about an item, and note it for the items `beside` it (None: its neighbours on the belt).

        `near`: it is no effect on the item, but on a part that the item was next to.
        """
        facts = self.item(item)
        facts.noticed.append(fact)
        if not near:
            facts.own.append(fact)
        if fact.what in SEEN_WRONGLY:
            _remember(self._seen_wrongly, item, None)
        if fact.what in TIMING:
            self._mistime(item, fact)
        for other in self._next_to(item) if beside is None else beside:
            self._add_beside(fact, other)

    def passed_before(self, item: int, sensor: str) -> list[int | None]:
        """The items that passed a sensor before this one, latest first; None stands for the beginning.

        Items about which messages were wrong are left out, unless their times mislead: they teach a controller nothing.
        Empty if this item has not passed the sensor.
        """
        passed = list(self._passed.get(sensor, ()))
        if item not in passed:
            return []
        before = [
            other for other in passed[: passed.index(item)]
            if other in self.mistimed or other not in self._seen_wrongly
        ]  # fmt: skip
        return [*before[::-1], None]

    def pass_on(self, fact: Fact, item: int) -> None:
        """Note that an item rode on because of a fact and so was in the way of the item behind it, if there was one."""
        behind = min((other for other in self._items if other > item), default=None)
        if behind is not None and self.item(behind).loaded_s <= fact.t_s + self.bounds.trip_s:
            self.item(behind).own.append(fact._replace(what="rode_on"))

    @property
    def sensors(self) -> list[str]:
        """The names of the sensors that items have passed: camera and gates."""
        return list(self._passed)

    def _add_beside(self, fact: Fact, item: int) -> None:
        self.item(item).beside.append(fact)
        if fact.what in BESIDE_TIMING:
            self._mistime(item, fact)

    def _next_to(self, item: int) -> list[int]:
        """The items ahead and behind on the belt, in the order of loading (also for an item that was put back)."""
        before = max((other for other in self._items if other < item), default=None)
        behind = min((other for other in self._items if other > item), default=None)
        return [other for other in (before, behind) if other is not None]

    def _began(self, record: trace.Began) -> None:
        self.scenario = record.scenario
        self.bounds = Bounds(record.scenario.layout)

    def _loaded(self, record: trace.Loaded) -> None:
        self.progress_s = record.t_s
        rod = self.scenario.bin_of(record.item_class) or 0
        self._items[record.item] = ItemFacts(record.t_s, rod, self.belt.ran_s(record.t_s))
        self._laid_onto(record)
        # Effects on the loader in this stroke are effects on the item.
        stroke_s = self.rod(LOADER).extended_s
        for fact in self._parts.get(f"rod {LOADER}", ()):
            if fact.t_s >= stroke_s:
                self.add(fact, record.item)
        # The controller may confuse the new item with a disturbed item ahead, or with one that is not there.
        for other in record.beside:
            for fact in self.item(other).noticed:
                self._add_beside(fact, record.item)
        for fact in self._phantoms:
            if record.t_s < fact.t_s + self.bounds.trip_s:
                self._add_beside(fact, record.item)
        self._phantoms.clear()

    def _laid_down(self, record: trace.LaidDown) -> None:
        self._items[record.item] = ItemFacts(record.t_s)
        self._laid_onto(record)

    def _by_hand(self, record: trace.TakenByHand) -> None:
        if record.back:
            self.item(record.item).gates.clear()
            self._laid_onto(record)
        self._acting.by_hand(record)

    def _laid_onto(self, record: trace.Loaded | trace.LaidDown | trace.TakenByHand) -> None:
        if record.onto is not None:
            self.item(record.item).leaders[record.onto] = record.t_s
            self.item(record.onto).leaders[record.item] = record.t_s

    def _edge(self, record: trace.Edge) -> None:
        """An item passes a gate. After a lost or false edge the meaning of its edges is ambiguous."""
        gate = f"gate {record.gate}"
        if record.blocked:
            self._part(record)
        self.item(record.item).gates.add(record.gate)
        fact = self._ambiguous.get(gate)
        if fact is not None:
            self.add(fact, record.item)
            if not record.blocked:
                del self._ambiguous[gate]
        if not record.blocked:
            self._pass(gate, record.item, record.t_s)
            self._meet_held(record.gate + 1, record.item)

    def _part(self, record: trace.Edge) -> None:
        """A nose enters a clear beam: those that have passed the same beam before are apart from this item by now.

        Unless messages about one of the two were wrong: then a controller may not have seen the gap between them.
        """
        leaders = self.item(record.item).leaders
        for other, since_s in list(leaders.items()):
            passed = record.gate in self.item(other).gates and since_s < record.t_s
            if passed and not {record.item, other} & self._seen_wrongly.keys():
                del leaders[other]
                self.item(other).leaders.pop(record.item, None)

    def _meet_held(self, rod: int, item: int) -> None:
        """An item comes to its rod. One that this rod held may still be there, for all that a controller knows."""
        if self.item(item).rod == rod:
            for other, facts in self._items.items():
                for fact in facts.own:
                    if other != item and fact.what == "held" and fact.part == f"rod {rod}":
                        self._add_beside(fact, item)

    def _pass(self, sensor: str, item: int, t_s: float) -> None:
        self.progress_s = t_s
        self._passed.setdefault(sensor, deque(maxlen=MOST_PASSED)).append(item)

    def _held(self, record: trace.Held) -> None:
        if record.behind is not None:
            self.item(record.item).leaders[record.behind] = record.t_s
        self.item(record.item).held_s = inf

    def _released(self, record: trace.Released) -> None:
        self.progress_s = self.item(record.item).held_s = record.t_s

    def _moves(self, record: trace.RodMoves) -> None:
        rod = self.rod(record.rod)
        rod.out = record.stroke in (Stroke.EXTENDING, Stroke.OUT)
        if record.stroke == Stroke.EXTENDING:
            rod.extended_s, rod.stood_s = record.t_s, None
        elif record.stroke == Stroke.OUT:
            rod.stood_s = record.t_s

    def _disturbed(self, record: trace.Disturbed) -> None:
        fact = Fact(record.t_s, record.what, record.part, record.fault)
        self.absence.disturbed(fact)
        self._acting.disturbed(fact)
        if record.item is not None:
            self.add(fact, record.item, record.beside)
        else:
            for item in record.beside:
                self.add(fact, item, near=True)
        if record.what in ("edge_lost", "edge_false"):
            self._ambiguous[record.part] = fact
        if record.what in PHANTOM:
            self._phantoms.append(fact)
        self._parts.setdefault(record.part, deque(maxlen=MOST_KEPT)).append(fact)

    def _mistime(self, item: int, fact: Fact) -> None:
        _remember(self.mistimed, item, fact)


def _remember(known: dict[int, Any], item: int, value: Fact | None) -> None:
    """Note something of an item, and forget the earliest if that is known of too many."""
    known[item] = value
    if len(known) > MOST_REMEMBERED:
        del known[next(iter(known))]
