"""Which faults are acting now, and when each had its last effect."""

from collections import Counter
from math import inf
from typing import Final

from twin import trace
from twin.scenario.faults import ForeignObject, Garbage, GateGhost, TakenOff, kind_of
from twin.verdict.fact import Fact

HAND: Final = kind_of(TakenOff)
MOMENTARY: Final = frozenset(kind_of(kind) for kind in (GateGhost, Garbage, ForeignObject, TakenOff))
"""Faults that happen once, whatever end the scenario gives them."""


class Acting:
    """The faults that act now. One that happens once acts for no time, a hand as long as it has the item."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._effects_s: dict[str, float] = {}

    def acts(self, record: trace.FaultActs) -> None:
        """Note that a fault begins to act, or ends."""
        if record.fault not in MOMENTARY:
            self._counts[record.fault] += 1 if record.acts else -1

    def by_hand(self, record: trace.TakenByHand) -> None:
        """Note that a hand has an item, or has put it back."""
        if record.returns or record.back:
            self._counts[HAND] += 1 if record.returns else -1
            self._effects_s[HAND] = record.t_s

    def disturbed(self, fact: Fact) -> None:
        """Note that a fault has had an effect."""
        self._effects_s[fact.fault] = fact.t_s

    def since(self, t_s: float) -> str | None:
        """The name of a fault that is acting now, and has had an effect at `t_s` or later; None if there is none."""
        acting = (fault for fault, count in self._counts.items() if count > 0)
        return next((fault for fault in acting if self._effects_s.get(fault, -inf) >= t_s), None)
