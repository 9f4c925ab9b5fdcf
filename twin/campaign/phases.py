"""Where each item is while a run goes on, as far as the trace's records tell, and which faults act meanwhile."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from twin import trace
from twin.scenario.faults import (
    DoublePush,
    ForeignObject,
    GateBounce,
    GateMissesEdge,
    NoImage,
    SpoiltImage,
    TakenOff,
    kind_of,
)

NOWHERE: Final = "not on the belt"
EMPTY: Final = "empty belt"
ANYTHING: Final = "anything"
BEFORE_CAMERA: Final = "before the camera"
CROWD: Final = 3
"""From this number on the belt on, numbers are counted together."""


ON_AN_ITEM: Final = frozenset(
    kind_of(kind) for kind in (TakenOff, ForeignObject, DoublePush, GateMissesEdge, GateBounce, NoImage, SpoiltImage)
)
"""Kinds of faults that act on an item that lies on the belt, or is laid there: never on an empty belt."""


class Met(NamedTuple):
    """A fault of a kind had an effect while an item was in a phase, with this number of items on the belt.

    An empty `on_belt` stands for any number.
    """

    fault: str
    phase: str
    on_belt: str


class Phases:
    """The phase of each item on the belt. `see` takes the trace's records in order."""

    def __init__(self) -> None:
        self._gates = 0
        self._phases: dict[int, str] = {}

    @property
    def now(self) -> set[str]:
        """The phases in which there is an item now."""
        return set(self._phases.values())

    @property
    def on_belt(self) -> int:
        """The number of items and objects on the belt."""
        return len(self._phases)

    def of(self, item: int | None) -> str:
        """The phase of an item."""
        return NOWHERE if item is None else self._phases.get(item, NOWHERE)

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        match record:
            case trace.Began(scenario=scenario):
                self._gates = len(scenario.layout.gates_m)
            case trace.Loaded(item=item):
                self._phases[item] = BEFORE_CAMERA
            case trace.LaidDown(item=item):
                self._phases[item] = "laid down"
            case trace.Photographed(item=item) if item in self._phases:
                self._phases[item] = "before gate 1"
            case trace.Edge(gate=gate, blocked=blocked, item=item) if item in self._phases:
                self._phases[item] = f"at gate {gate}" if blocked else self._behind(gate)
            case trace.Taken(item=item, rod=rod) if item in self._phases:
                self._phases[item] = f"at rod {rod}"
            case trace.Struck(item=item, rod=rod) if item in self._phases:
                self._phases[item] = f"at rod {rod}"
            case trace.Binned(item=item) | trace.TakenByHand(item=item, back=False):
                self._phases.pop(item, None)
            case trace.TakenByHand(item=item, back=True):
                self._phases[item] = "put back"

    def _behind(self, gate: int) -> str:
        return "leaving" if gate == self._gates else f"between gates {gate} and {gate + 1}"


def phases_of(layout_gates: int) -> list[str]:
    """All phases of an item of the stack, in the order of the line, and the empty belt."""
    phases = [EMPTY, BEFORE_CAMERA, "before gate 1"]
    for gate in range(1, layout_gates + 1):
        phases += [f"at gate {gate}"]
        phases += ["leaving"] if gate == layout_gates else [f"between gates {gate} and {gate + 1}"]
    return phases


def encounters(records: Iterable[trace.AnyRecord]) -> Iterator[Met]:
    """Each effect of a fault in a run, with the phase of each item that lay on the belt then."""
    phases = Phases()
    for record in records:
        if isinstance(record, trace.Disturbed):
            crowd = f"{CROWD} or more" if phases.on_belt >= CROWD else str(phases.on_belt)
            yield from (Met(record.fault, phase, crowd) for phase in phases.now or (EMPTY,))
        phases.see(record)


def coverage(records: Iterable[trace.AnyRecord]) -> Counter[str]:
    """The encounters of a run, each counted once: a run is one scenario.

    Each is counted with its number on the belt, with any number, and with any phase.
    """
    met = set(encounters(records))
    wider = {Met(fault, phase, "") for one in met for fault, phase in ((one.fault, one.phase), (one.fault, ANYTHING))}
    return Counter("|".join(one) for one in met | wider)
