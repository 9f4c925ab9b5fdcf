"""What a person does to a line that runs: makes faults act, ends them, takes items off. Any thread may call it."""

import threading
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, get_args

import msgspec

from twin.errors import ScenarioError
from twin.plant.fault_injector import FaultInjector
from twin.plant.line import Line
from twin.scenario.faults import AnotherClient, AnyFault, BrokerFault, Fault, TakenOff, check_faults, kind_of
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline

LONGEST_S: Final = 600.0
"""A fault that nobody ends does so by itself after this long; a run waits no longer for one before it stalls."""

GRASP_S: Final = 0.1
"""An item is taken off at once; the fault that says so in the scenario is over soon."""

Act = Callable[[], None]
F = TypeVar("F", bound=Fault)


class _Reach(NamedTuple):
    """What hands reach of a line that runs. `put` passes an act to the thread that runs it."""

    timeline: Timeline
    faults: FaultInjector
    line: Line
    scenario: Scenario
    put: Callable[[Act], None]
    check: Callable[[BrokerFault], None]


class Hands:
    """The hands of the people who watch a run. They reach the line while it runs, from its first moment on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reach: _Reach | None = None

    def attach(
        self, timeline: Timeline, faults: FaultInjector, line: Line, scenario: Scenario, put: Callable[[Act], None],
        check: Callable[[BrokerFault], None] = lambda fault: None,
    ) -> None:  # fmt: skip
        """Reach a line that runs from now on. `put` passes an act to the thread that runs it.

        `check` raises `ScenarioError` for a fault that this run's broker or controller cannot have.
        """
        with self._lock:
            self._reach = _Reach(timeline, faults, line, scenario, put, check)

    def detach(self) -> None:
        """The line has ended."""
        with self._lock:
            self._reach = None

    def begin(self, fault: AnyFault, lasts_s: float | None = None) -> None:
        """Let a fault act from now on, for `lasts_s` or until it is healed. Its own times do not matter.

        An item is taken off where it is now, if it is on the belt, and does not come back.

        Raises `ScenarioError` for a fault that this line cannot have, and if no line runs.
        """
        if lasts_s is not None and not lasts_s > 0:
            raise ScenarioError("lasts_s", lasts_s, "above 0, in s")
        if isinstance(fault, AnotherClient):
            raise ScenarioError("fault", kind_of(fault), "a fault that can be made to act while a run is on")
        with self._lock:
            reach = self._reached
            if isinstance(fault, TakenOff):
                fault = TakenOff(item=fault.item, at_m=0.0)
            check_faults((fault,), reach.scenario.layout, reach.scenario.item_count)
            if isinstance(fault, BrokerFault):
                reach.check(fault)
                self._check_outages(reach, fault, lasts_s)
            reach.put(lambda: _inject(reach, fault, lasts_s))

    @staticmethod
    def _check_outages(reach: _Reach, fault: BrokerFault, lasts_s: float | None) -> None:
        """Raises `ScenarioError` while another fault of broker or controller acts, or if one begins too soon."""
        others = (*reach.scenario.faults, *reach.faults.injected.values())
        outages = tuple(each for each in others if isinstance(each, BrokerFault))
        now = _timed(fault, reach.timeline.now, lasts_s)
        check_faults((*outages, now), reach.scenario.layout, reach.scenario.item_count)

    def heal(self, number: int) -> None:
        """End a fault. Raises `ScenarioError` if no line runs."""
        with self._lock:
            reach = self._reached
            reach.put(lambda: reach.faults.heal(number))

    @property
    def _reached(self) -> _Reach:
        if self._reach is None:
            raise ScenarioError("fault", "now", "made to act while the line runs; it starts when a controller connects")
        return self._reach


def _inject(reach: _Reach, fault: AnyFault, lasts_s: float | None) -> None:
    now_s = reach.timeline.now
    if isinstance(fault, TakenOff):
        at_m = reach.line.item_place_m(fault.item)
        if at_m is None or not 0 <= at_m < reach.scenario.layout.end_m:
            return  # It has left the belt meanwhile.
        fault, lasts_s = msgspec.structs.replace(fault, at_m=at_m), GRASP_S
    if isinstance(fault, BrokerFault) and any(reach.faults.active(kind) for kind in get_args(BrokerFault)):
        return  # Somebody else was quicker.
    reach.faults.inject(_timed(fault, now_s, lasts_s))


def _timed(fault: F, now_s: float, lasts_s: float | None) -> F:
    until_s = now_s + min(LONGEST_S, LONGEST_S if lasts_s is None else lasts_s)
    return msgspec.structs.replace(fault, from_s=now_s, until_s=until_s)
