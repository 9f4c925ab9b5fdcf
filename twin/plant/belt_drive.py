"""The belt's drive: how fast it can go now, with all the faults that act on it."""

import math
from collections.abc import Callable

from twin.plant.fault_injector import BELT, FaultInjector
from twin.scenario.faults import BeltDrift, BeltSpeed, BeltStops


class BeltDrive:
    """The drive of a belt that should go at `cruise_m_per_s`.

    Wrong speeds multiply, and so do drifts: between two changes the speed goes evenly to what their product is then.
    While any fault has it stand, it stands.
    """

    def __init__(self, cruise_m_per_s: float, faults: FaultInjector) -> None:
        self._cruise_m_per_s = cruise_m_per_s
        self._faults = faults

    @property
    def stands(self) -> bool:
        """Whether it cannot move at all."""
        return bool(self._faults.active(BeltStops))

    @property
    def next_change_s(self) -> float:
        """When a fault of the belt begins or ends next; infinity where none does."""
        return self._faults.next_change_s(*BELT)

    def speed_m_per_s(self, at_s: float) -> float:
        """How fast it goes at a time from now to the next change."""
        factors = [fault.factor for fault in self._faults.active(BeltSpeed)]
        factors += [_drifted(fault, at_s) for fault in self._faults.active(BeltDrift)]
        return self._cruise_m_per_s * math.prod(factors)

    def on_change(self, act: Callable[[], None]) -> None:
        """Call `act` at each change."""
        for kind in BELT:
            self._faults.on_change(kind, act)


def _drifted(drift: BeltDrift, at_s: float) -> float:
    """How much faster than it should a drift has the belt go at a time while it acts."""
    share = (at_s - drift.from_s) / (drift.until_s - drift.from_s)
    return 1.0 + (drift.factor - 1.0) * share
