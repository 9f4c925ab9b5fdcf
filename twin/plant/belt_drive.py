"""The belt's drive: its speed now, with all faults that act on it."""

import math
from collections.abc import Callable

from twin.plant.fault_injector import BELT, FaultInjector
from twin.scenario.faults import BeltDrift, BeltSpeed, BeltStops


class BeltDrive:
    """The drive of a belt whose nominal speed is `cruise_m_per_s`.

    The factors of all active `BeltSpeed` and `BeltDrift` faults multiply. While any `BeltStops` fault is active, the
    drive stands still.
    """

    def __init__(self, cruise_m_per_s: float, faults: FaultInjector) -> None:
        self._cruise_m_per_s = cruise_m_per_s
        self._faults = faults

    @property
    def stands(self) -> bool:
        """Whether the drive stands still, so that the belt cannot move."""
        return bool(self._faults.active(BeltStops))

    @property
    def next_change_s(self) -> float:
        """When a fault of the belt begins or ends next, in s; infinity if none does."""
        return self._faults.next_change_s(*BELT)

    def speed_m_per_s(self, at_s: float) -> float:
        """The drive's speed at `at_s`, a time from now to the next change."""
        factors = [fault.factor for fault in self._faults.active(BeltSpeed)]
        factors += [_drifted(fault, at_s) for fault in self._faults.active(BeltDrift)]
        return self._cruise_m_per_s * math.prod(factors)

    def on_change(self, act: Callable[[], None]) -> None:
        """Call `act` whenever a fault of the belt begins or ends."""
        for kind in BELT:
            self._faults.on_change(kind, act)


def _drifted(drift: BeltDrift, at_s: float) -> float:
    """The factor on the belt's speed that an active drift has reached at `at_s`."""
    share = (at_s - drift.from_s) / (drift.until_s - drift.from_s)
    return 1.0 + (drift.factor - 1.0) * share
