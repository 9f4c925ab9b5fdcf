"""Which faults are acting now."""

from collections import Counter
from typing import Final

from twin import trace
from twin.scenario.faults import ForeignObject, Garbage, GateGhost, TakenOff, kind_of

HAND: Final = kind_of(TakenOff)
MOMENTARY: Final = frozenset(kind_of(kind) for kind in (GateGhost, Garbage, ForeignObject, TakenOff))
"""Faults that happen once, whatever end the scenario gives them."""


class Acting:
    """The faults that act now. One that happens once acts for no time, a hand as long as it has the item."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def acts(self, record: trace.FaultActs) -> None:
        """Note that a fault begins to act, or ends."""
        if record.fault not in MOMENTARY:
            self._counts[record.fault] += 1 if record.acts else -1

    def by_hand(self, record: trace.TakenByHand) -> None:
        """Note that a hand has an item, or has put it back."""
        if record.returns or record.back:
            self._counts[HAND] += 1 if record.returns else -1

    @property
    def fault(self) -> str | None:
        """The name of a fault that is acting now, or None."""
        return next((fault for fault, count in self._counts.items() if count > 0), None)
