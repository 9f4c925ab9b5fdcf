"""The times that the controller learns of a line whose geometry it does not know, and their spread.

Times refer to an item's centre: from the loader's push to the picture, from the push to the middle of the first gate's
dwell, from the middle of one gate's dwell to that of the next. A dwell is the time for which an item blocks a beam. In
its middle the item's centre is in the beam, so these times are the same for short and long items.
"""

from typing import Final

LEARNING_RATE: Final = 0.2
FORGETTING: Final = 0.01
STEADY_S: Final = 0.06
"""Smallest tolerance of a time: link, encoder and clock add jitter that does not show at once."""

STEADY_SHARE: Final = 0.02
NEW_S: Final = 0.08
"""Extra tolerance for the unknown spread of a new time, divided by the number of its measurements."""

SPREADS: Final = 4.0
SHORTER: Final = 0.3
LONGER: Final = 3.2
"""Factors for how much shorter or longer an item may be than any before: three times, and jitter. Two items that touch
differ from one long item by their pictures."""

LONG: Final = 1.5
"""A dwell longer than this times the longest so far counts as an item only if its centre comes closely on time."""

MOST_OF_LEG: Final = 0.4
"""The dwell of an item is at most this share of the leg behind the gate, so that a rod has room."""

SAME_SHARE: Final = 0.2
"""An item's dwells at different gates differ by at most this share."""

FEW: Final = 20
MANY: Final = 100
"""Up to `FEW` dwells the next may be `LONGER` times as long; from `MANY` on it is as long as the longest."""

BOUNCE_S: Final = 0.05
"""A shorter dwell is not an item."""


class Estimate:
    """Mean and spread of a recurring time in s, by exponential smoothing.

    `tolerance_s` is the largest distance of a value from the mean that still fits. An outlier is not learned, unless
    the value before was an outlier close to it: then the line has changed.
    """

    __slots__ = ("_outlier_s", "count", "mean_s", "spread_s", "tolerance_s")

    def __init__(self) -> None:
        self.count = 0
        self.mean_s = 0.0
        self.spread_s = 0.0
        self.tolerance_s = STEADY_S
        self._outlier_s: float | None = None

    def fits(self, value_s: float) -> bool:
        """Whether a value is within tolerance; every value fits before the first is learned."""
        return self.count == 0 or abs(value_s - self.mean_s) <= self.tolerance_s

    def learn(self, value_s: float, *, sure: bool = True) -> None:
        """Learn a value. The first value needs to be `sure`, or to come twice."""
        if self.count == 0 and sure:
            self._begin(value_s)
        elif self.count > 0 and self.fits(value_s):
            spread_s = self.spread_s + LEARNING_RATE * (abs(value_s - self.mean_s) - self.spread_s)
            self._set(self.count + 1, self.mean_s + LEARNING_RATE * (value_s - self.mean_s), spread_s)
        elif self._outlier_s is not None and abs(value_s - self._outlier_s) <= self.tolerance_s:
            self._begin(value_s)
        else:
            self._outlier_s = value_s

    def _begin(self, value_s: float) -> None:
        self._set(1, value_s, 0.0)

    def _set(self, count: int, mean_s: float, spread_s: float) -> None:
        self.count, self.mean_s, self.spread_s, self._outlier_s = count, mean_s, spread_s, None
        self.tolerance_s = STEADY_S + NEW_S / count + STEADY_SHARE * mean_s + SPREADS * spread_s


class DwellRange:
    """The shortest and the longest dwell of recent items, in s.

    `most_s` is the longest dwell that `spacing` leaves room for; it shrinks towards `longest_s` with the number of
    dwells. An implausible dwell is not learned, unless the one before was about as long: then items vary that much.
    """

    __slots__ = ("_outlier_s", "count", "longest_s", "most_s", "shortest_s")

    def __init__(self) -> None:
        self.count = 0
        self.shortest_s = 0.0
        self.longest_s = 0.0
        self.most_s = 0.0
        self._outlier_s: float | None = None

    def learn(self, dwell_s: float) -> None:
        """Learn a dwell; the extremes decay slowly."""
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
        """Whether a dwell may be that of one item, and not of two that touch, or of a bounce."""
        if self.flickers(dwell_s):
            return False
        return self.count == 0 or dwell_s <= LONGER * self.longest_s + BOUNCE_S

    def long(self, dwell_s: float) -> bool:
        """Whether a dwell is far longer than any before: a longer item, or a stuck beam."""
        return self.count > 0 and dwell_s > LONG * self.longest_s

    def same(self, dwell_s: float, before_s: float) -> bool:
        """Whether a dwell fits an item whose dwell at another gate was `before_s`."""
        return abs(dwell_s - before_s) <= BOUNCE_S + SAME_SHARE * before_s

    def flickers(self, dwell_s: float) -> bool:
        """Whether a dwell is too short for an item: the beam flickers, and the item is still in it."""
        return dwell_s < max(BOUNCE_S, SHORTER * self.shortest_s)


class TimingModel:
    """All learned times of a line with `gates` gates. `legs[g]` is the leg that ends at gate `g` (from 1)."""

    def __init__(self, gates: int) -> None:
        self.gates = gates
        self.forget()

    def forget(self) -> None:
        """Drop everything that was learned."""
        self.picture = Estimate()
        self.legs = [Estimate() for _ in range(self.gates + 1)]
        self.dwell = DwellRange()

    @property
    def separates_items(self) -> bool:
        """Whether the times to camera and first gate are learned, so that two items on the belt can be told apart."""
        return self.picture.count > 0 and self.legs[1].count > 0

    @property
    def longest_leg_s(self) -> float:
        """The longest known leg between two gates; the leg to the first gate while none is known."""
        return max([leg.mean_s for leg in self.legs[2:]], default=0.0) or self.legs[1].mean_s

    def leg_behind_s(self, gate: int) -> float | None:
        """Time of the leg behind a gate, None if unknown. Behind the last gate it is the longest known leg."""
        if gate == self.gates:
            return self.longest_leg_s
        leg = self.legs[gate + 1]
        return leg.mean_s if leg.count else None

    def room_for(self, dwell_s: float, gate: int) -> bool:
        """Whether an item with this dwell at a gate leaves room for the rod behind it."""
        leg_behind_s = self.leg_behind_s(gate)
        return leg_behind_s is None or dwell_s <= MOST_OF_LEG * leg_behind_s + BOUNCE_S

    def ahead(self, from_gate: int, to_gate: int) -> tuple[float, float] | None:
        """Mean and tolerance of the time from a gate (0: the loader) to a later one; None if a leg is unknown."""
        mean_s = tolerance_s = 0.0
        for gate in range(from_gate + 1, to_gate + 1):
            leg = self.legs[gate]
            if leg.count == 0:
                return None
            mean_s += leg.mean_s
            tolerance_s += leg.tolerance_s
        return mean_s, tolerance_s
