"""Where each item is at any time of a run, from the trace's records and the belt's motion.

An item moves with the belt, except while something holds it, a rod carries it off, or it is off the belt.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from twin import trace
from twin.report.belt_motion import BeltMotion
from twin.scenario.faults import AnyFault, DoublePush, TakenOff
from twin.scenario.layout import LOADER
from twin.scenario.scenario import Scenario

GONE: Final = ("binned", "off")
"""An item that does this is not on the belt."""

How = Literal["rides", "held", "carried", "binned", "off"]


class Phase(NamedTuple):
    """What an item does from `from_s` on.

    `rides`: its centre is at the belt's displacement less `value`. `held`, `carried` (off by a rod) and `binned`: it is
    at `value`, in m from the loader. `off`: a person has it. `number` is that of the rod or the bin, if there is one.
    """

    from_s: float
    how: How
    value: float
    number: int | None = None


class ItemPath(NamedTuple):
    """One item's, or foreign object's, path along the belt."""

    number: int
    item_class: str
    length_m: float
    phases: list[Phase]


class ItemMotion:
    """The paths of all items, record by record: `paths` by item number."""

    def __init__(self, scenario: Scenario, belt: BeltMotion) -> None:
        layout = scenario.layout
        self.paths: dict[int, ItemPath] = {}
        self.positions_m = {LOADER: 0.0, **dict(zip(layout.bins, layout.rods_m, strict=True))}
        self._end_m = layout.end_m
        self._scenario = scenario
        self._belt = belt
        self._loaded: trace.Loaded | None = None
        self._injected: dict[int, AnyFault] = {}
        self._moves: Final[Mapping[type[trace.Record], Callable[[Any], None]]] = {
            trace.Loaded: self._load, trace.LaidDown: self._lay, trace.TakenByHand: self._by_hand,
            trace.Held: self._hold, trace.Released: self._ride_on, trace.Taken: self._take, trace.Struck: self._strike,
            trace.Binned: self._fall, trace.Injected: self._inject,
        }  # fmt: skip

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        move = self._moves.get(type(record))
        if move is not None:
            move(record)

    def centre_m(self, item: int, at_s: float) -> float | None:
        """The position of an item's centre at a time not before its last record; None if it is not on the belt."""
        path = self.paths.get(item)
        if path is None or path.phases[-1].how in GONE:
            return None
        last = path.phases[-1]
        return self._belt.displacement_m(at_s) - last.value if last.how == "rides" else last.value

    def _load(self, record: trace.Loaded) -> None:
        behind_m = 0.0
        if self._loaded is not None and self._loaded.t_s == record.t_s:  # Two items from one push.
            acted = (*self._scenario.faults, *self._injected.values())
            doubles = (fault for fault in acted if isinstance(fault, DoublePush))
            gap_m = next((fault.gap_m for fault in doubles if fault.from_s <= record.t_s < fault.until_s), 0.0)
            behind_m = (self._loaded.length_m + record.length_m) / 2 + gap_m
        self._loaded = record
        self._put(record.item, record.item_class, record.length_m, record.t_s, -behind_m)

    def _inject(self, record: trace.Injected) -> None:
        """A person makes a fault act, or ends it: then the fault has its real end."""
        self._injected[record.number] = record.fault

    def _lay(self, record: trace.LaidDown) -> None:
        self._put(record.item, "foreign", record.length_m, record.t_s, record.at_m)

    def _put(self, item: int, item_class: str, length_m: float, at_s: float, at_m: float) -> None:
        self.paths[item] = ItemPath(item, item_class, length_m, [])
        self._ride(item, at_s, at_m)

    def _ride(self, item: int, at_s: float, at_m: float) -> None:
        self._go(item, Phase(at_s, "rides", self._belt.displacement_m(at_s) - at_m))

    def _go(self, item: int, phase: Phase) -> None:
        if item in self.paths:
            self.paths[item].phases.append(phase)

    def _by_hand(self, record: trace.TakenByHand) -> None:
        if not record.back:
            self._go(record.item, Phase(record.t_s, "off", self.centre_m(record.item, record.t_s) or 0.0))
            return
        path = self.paths.get(record.item)
        if path is not None:
            self._ride(record.item, record.t_s, self._put_back_m(record, path.phases[-1]))

    def _put_back_m(self, record: trace.TakenByHand, off: Phase) -> float:
        """Where a person put an item back. The trace has no position; the scenario's fault has."""
        hands = [
            (abs(off.from_s + fault.back_s - record.t_s), abs(off.value - fault.at_m), place, fault.back_m)
            for place, fault in enumerate(self._scenario.faults)
            if isinstance(fault, TakenOff) and fault.item == record.item and fault.back_m is not None
            and fault.from_s <= off.from_s < fault.until_s
        ]  # fmt: skip
        return min(((round(late_s, 6), round(far_m, 6), *rest) for late_s, far_m, *rest in hands), default=[0.0])[-1]

    def _hold(self, record: trace.Held) -> None:
        at_m = self.centre_m(record.item, record.t_s)
        if at_m is not None:
            self._go(record.item, Phase(record.t_s, "held", at_m))

    def _ride_on(self, record: trace.Released) -> None:
        at_m = self.centre_m(record.item, record.t_s)
        if at_m is not None:
            self._ride(record.item, record.t_s, at_m)

    def _take(self, record: trace.Taken) -> None:
        at_m = self.positions_m.get(record.rod, 0.0) + record.offset_m
        self._go(record.item, Phase(record.t_s, "carried", at_m, record.rod))

    def _strike(self, record: trace.Struck) -> None:
        """A rod that turns back before the bin leaves the items that it has taken on the belt, struck."""
        path = self.paths.get(record.item)
        if path is not None and path.phases[-1].how == "carried":
            self._ride(record.item, record.t_s, path.phases[-1].value)

    def _fall(self, record: trace.Binned) -> None:
        at_m = self.centre_m(record.item, record.t_s)
        self._go(record.item, Phase(record.t_s, "binned", self._end_m if at_m is None else at_m, record.bin))
