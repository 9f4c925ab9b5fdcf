"""What a person does to a line that runs: makes faults act, and ends them. Any thread may call it."""

import threading
from collections.abc import Callable
from typing import Final

import msgspec

from twin.errors import ScenarioError
from twin.plant.fault_injector import FaultInjector
from twin.scenario.faults import AnyFault, BrokerFault, TakenOff, check_faults
from twin.scenario.layout import Layout
from twin.timeline import Timeline

LONGEST_S: Final = 600.0
"""A fault that nobody ends does so by itself after this long; a run waits no longer for one before it stalls."""

Act = Callable[[], None]


class Hands:
    """The hands of the people who watch a run. They reach the line while it runs, from its first moment on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reach: tuple[Timeline, FaultInjector, Callable[[Act], None]] | None = None
        self._layout = Layout()

    def attach(self, timeline: Timeline, faults: FaultInjector, layout: Layout, put: Callable[[Act], None]) -> None:
        """Reach a line that runs from now on. `put` passes an act to the thread that runs it."""
        with self._lock:
            self._layout = layout
            self._reach = timeline, faults, put

    def detach(self) -> None:
        """The line has ended."""
        with self._lock:
            self._reach = None

    def begin(self, fault: AnyFault, lasts_s: float | None = None) -> None:
        """Let a fault act from now on, for `lasts_s` or until it is healed. Its own times do not matter.

        Raises `ScenarioError` for a fault that this line cannot have, and if no line runs.
        """
        if isinstance(fault, BrokerFault | TakenOff):
            raise ScenarioError(
                "fault", type(fault).__name__.lower(), "a fault that can be made to act while a run is on"
            )
        with self._lock:
            timeline, faults, put = self._reached
            check_faults((fault,), self._layout, 1)
            put(lambda: _inject(timeline, faults, fault, lasts_s))

    def heal(self, number: int) -> None:
        """End a fault. Raises `ScenarioError` if no line runs."""
        with self._lock:
            _, faults, put = self._reached
            put(lambda: faults.heal(number))

    @property
    def _reached(self) -> tuple[Timeline, FaultInjector, Callable[[Act], None]]:
        if self._reach is None:
            raise ScenarioError("fault", "now", "made to act while the line runs; it starts when a controller connects")
        return self._reach


def _inject(timeline: Timeline, faults: FaultInjector, fault: AnyFault, lasts_s: float | None) -> None:
    until_s = timeline.now + min(LONGEST_S, LONGEST_S if lasts_s is None else lasts_s)
    faults.inject(msgspec.structs.replace(fault, from_s=timeline.now, until_s=until_s))
