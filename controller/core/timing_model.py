"""What the controller learns of a line whose geometry nobody told it: how long things take, and how surely.

Times are between centres: from the loader's push to the picture, from the push to the middle of the first gate's
interruption, from the middle of one gate's interruption to that of the next. The middle of an interruption is where
an item's centre is in the beam, whatever its length, so these times are the same for short and long items.
"""

from typing import Final

LEARNING_RATE: Final = 0.2
FORGETTING: Final = 0.01
STEADY_S: Final = 0.06
"""Times spread by at least this much for reasons that no item shows: link, encoder, clock."""

STEADY_SHARE: Final = 0.02
NEW_S: Final = 0.08
"""While a time was measured once only its spread is not known; twice, half as much of it is unknown, and so on."""

SPREADS: Final = 4.0
SHORTER: Final = 0.3
LONGER: Final = 3.2
"""Items may be this much shorter or longer than any seen so far: three times, and what jitter adds. Two that touch are
told by their pictures."""

LONG: Final = 1.5
"""An item so much longer than any seen so far is one only if its centre comes just when it should."""

MOST_OF_LEG: Final = 0.4
"""An item is no longer than this share of the stretch behind a gate: a rod has to find room beside it."""

SAME_SHARE: Final = 0.2
"""One item interrupts all beams for the same time, but for so much."""

FEW: Final = 20
MANY: Final = 100
"""While few interruptions were seen, the next may be as long as any; when many were, it is as long as they."""

BOUNCE_S: Final = 0.05
"""A beam that is interrupted for less than this was not interrupted by an item."""


class Estimate:
    """A time that comes again and again: its mean and spread in s, forgetting slowly.

    A value far off is not learned, unless the one before was far off to the same place: then the line has changed.
    """

    __slots__ = ("_outlier_s", "count", "mean_s", "spread_s")

    def __init__(self) -> None:
        self.count = 0
        self.mean_s = 0.0
        self.spread_s = 0.0
        self._outlier_s: float | None = None

    @property
    def tolerance_s(self) -> float:
        """How far a value may lie from the mean and still be of the same kind."""
        new_s = NEW_S / self.count if self.count else 0.0
        return STEADY_S + new_s + STEADY_SHARE * self.mean_s + SPREADS * self.spread_s

    def fits(self, value_s: float) -> bool:
        """Whether a value is what was to be expected; anything is, as long as nothing is known."""
        return self.count == 0 or abs(value_s - self.mean_s) <= self.tolerance_s

    def learn(self, value_s: float, *, sure: bool = True) -> None:
        """Take a value into account; one that is not `sure` to be of this kind begins nothing before it came twice."""
        if self.count == 0 and sure:
            self._begin(value_s)
        elif self.count > 0 and self.fits(value_s):
            self._outlier_s = None
            self.count += 1
            self.spread_s += LEARNING_RATE * (abs(value_s - self.mean_s) - self.spread_s)
            self.mean_s += LEARNING_RATE * (value_s - self.mean_s)
        elif self._outlier_s is not None and abs(value_s - self._outlier_s) <= self.tolerance_s:
            self._begin(value_s)
        else:
            self._outlier_s = value_s

    def _begin(self, value_s: float) -> None:
        self.count, self.mean_s, self.spread_s, self._outlier_s = 1, value_s, 0.0, None


class DwellRange:
    """How long items interrupt a beam: the shortest and the longest of late, in s.

    `most_s` is how long an item to whom room is left may be: the more were seen, the less likely is a longer one.
    An interruption that no item can be is not learned, unless the one before was such a one too: then items are not
    all alike.
    """

    __slots__ = ("_outlier_s", "count", "longest_s", "most_s", "shortest_s")

    def __init__(self) -> None:
        self.count = 0
        self.shortest_s = 0.0
        self.longest_s = 0.0
        self.most_s = 0.0
        self._outlier_s: float | None = None

    def learn(self, dwell_s: float) -> None:
        """Take an interruption into account; extremes are forgotten slowly."""
        if not self.plausible(dwell_s):
            again = self._outlier_s is not None and abs(dwell_s - self._outlier_s) <= SHORTER * dwell_s
            self._outlier_s = dwell_s
            if not again:
                return
        self._outlier_s = None
        if self.count == 0:
            self.shortest_s = self.longest_s = dwell_s
        middle_s = (self.shortest_s + self.longest_s) / 2
        self.shortest_s = min(dwell_s, self.shortest_s + FORGETTING * (middle_s - self.shortest_s))
        self.longest_s = max(dwell_s, self.longest_s + FORGETTING * (middle_s - self.longest_s))
        self.count += 1
        unknown = min(1.0, max(0.0, (MANY - self.count) / (MANY - FEW)))
        self.most_s = self.longest_s * (1.0 + (LONGER - 1.0) * unknown)

    def plausible(self, dwell_s: float) -> bool:
        """Whether an item may have interrupted a beam for so long; two that touch, or a bounce, have not."""
        if self.flickers(dwell_s):
            return False
        return self.count == 0 or dwell_s <= LONGER * self.longest_s + BOUNCE_S

    def long(self, dwell_s: float) -> bool:
        """Whether this is far longer than what was seen so far: an item of a new kind, or a beam that is stuck."""
        return self.count > 0 and dwell_s > LONG * self.longest_s

    def same(self, dwell_s: float, before_s: float) -> bool:
        """Whether an item that interrupted one beam for `before_s` may interrupt another for so long."""
        return abs(dwell_s - before_s) <= BOUNCE_S + SAME_SHARE * before_s

    def flickers(self, dwell_s: float) -> bool:
        """Whether this was too short for any item: the beam flickers, and the item is still in it."""
        return dwell_s < max(BOUNCE_S, SHORTER * self.shortest_s)


class TimingModel:
    """All that is learned of one line with so many gates. `legs[g]` is the way to gate `g` (from 1)."""

    def __init__(self, gates: int) -> None:
        self.gates = gates
        self.forget()

    def forget(self) -> None:
        """Nothing that was learned holds any more."""
        self.picture = Estimate()
        self.legs = [Estimate() for _ in range(self.gates + 1)]
        self.dwell = DwellRange()

    @property
    def tells_items_apart(self) -> bool:
        """Whether camera and first gate are known well enough to tell one item from the next."""
        return self.picture.count > 0 and self.legs[1].count > 0

    @property
    def longest_leg_s(self) -> float:
        """The longest known way from one gate to the next; the way to the first gate while none is known."""
        return max((leg.mean_s for leg in self.legs[2:]), default=0.0) or self.legs[1].mean_s

    def leg_behind_s(self, gate: int) -> float | None:
        """How long the stretch behind a gate takes; behind the last one, as long as the longest that is known."""
        if gate == self.gates:
            return self.longest_leg_s
        leg = self.legs[gate + 1]
        return leg.mean_s if leg.count else None

    def room_for(self, dwell_s: float, gate: int) -> bool:
        """Whether an item that interrupts a gate's beam for so long leaves the rod behind it its room."""
        leg_behind_s = self.leg_behind_s(gate)
        return leg_behind_s is None or dwell_s <= MOST_OF_LEG * leg_behind_s + BOUNCE_S

    def ahead(self, from_gate: int, to_gate: int) -> tuple[float, float] | None:
        """Mean and tolerance of the way from a gate (0: the loader) to a later one; None where not all is known."""
        mean_s = tolerance_s = 0.0
        for gate in range(from_gate + 1, to_gate + 1):
            leg = self.legs[gate]
            if leg.count == 0:
                return None
            mean_s += leg.mean_s
            tolerance_s += leg.tolerance_s
        return mean_s, tolerance_s
