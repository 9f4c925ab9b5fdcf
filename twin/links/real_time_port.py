"""The controller in real time: whoever is connected to the broker hears what the plant says, and says what it likes."""

from collections.abc import Callable
from functools import partial
from queue import Empty
from typing import Final

from controller.system import wall_s
from twin import trace
from twin.broker.observation import Observation
from twin.errors import ScenarioError
from twin.links.controller_port import CONTROLLER
from twin.links.opening import Live
from twin.links.pacing import LOOK_UP_S
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message, command_message
from twin.scenario.faults import BrokerFault, ControllerKilled
from twin.timeline import Timeline

LONGEST_START_S: Final = 60.0
"""A program that the twin has started, and of whose connection it cannot know, is given so long to say something."""


class RealTimePort:
    """Between the line and a controller that is reached over a broker and lives by the wall clock.

    Its commands go to `send`. What befalls its connection does so at its times; what the broker sees of it, and that
    it has ended, is recorded.
    """

    def __init__(
        self, timeline: Timeline, live: Live, faults: FaultInjector, record: Callable[[trace.AnyRecord], None],
        send: Callable[[Message], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._live = live
        self._faults = faults
        self._record = record
        self._send = send
        self._gone = False

    def plan(self, faults: tuple[object, ...]) -> None:
        """Let the broker and the controller fail at their times. Raises `ScenarioError` where that cannot be done."""
        for place, fault in enumerate(faults):
            if isinstance(fault, BrokerFault):
                begins, ends = self._live.losses(fault, f"faults[{place}]")
                self._timeline.call_at(fault.from_s, partial(self._lose, fault, "cut_off", begins))
                back: trace.Effect = "restarted" if isinstance(fault, ControllerKilled) else "reconnected"
                self._timeline.call_at(fault.until_s, partial(self._lose, fault, back, ends))

    def plan_stop(self, stop_s: float | None, tell: Callable[[], None]) -> None:
        """Let the controller be told to end. Raises `ScenarioError` for one that somebody else has started."""
        if stop_s is None:
            return
        if not self._live.program.started:
            raise ScenarioError("stop_s", stop_s, "left out for a controller that somebody else starts")
        self._timeline.call_at(stop_s, tell)
        self._timeline.call_at(stop_s, self._live.program.stop)

    def await_controller(self) -> None:
        """Return when a controller connects, which is the line's time zero; or says something, where nobody sees that.

        A program that was started and does neither is waited for no longer than `LONGEST_START_S`.
        """
        live, until_s = self._live, wall_s() + LONGEST_START_S
        while live.inbox.empty() and live.program.exit() is None:
            if live.program.started and wall_s() > until_s:
                return
            try:
                arrival = live.inbox.get(timeout=LOOK_UP_S)
            except Empty:
                continue
            live.inbox.put(arrival)  # Nothing else is in it, so it stays the first.

    def arrive(self, message: Message) -> None:
        """A message on `bb` goes out to whoever hears it."""
        self._record(trace.Feedback(self._timeline.now, message.part, message.says))
        self._live.outlet.publish(message.payload)

    def take(self, arrival: bytes | Observation) -> None:
        """A payload on `aa`, or what happened to a connection."""
        if isinstance(arrival, bytes):
            self._send(command_message(arrival))
        else:
            self._record(trace.Connection(self._timeline.now, arrival.client, arrival.event, arrival.detail))

    def look(self) -> None:
        """Whether the controller's program has ended."""
        ended = None if self._gone else self._live.program.exit()
        if ended is not None:
            self._gone = True
            kind = trace.Crashed if ended.code else trace.Exited
            self._record(kind(self._timeline.now, ended.reason))

    def _lose(self, fault: BrokerFault, what: trace.Effect, act: Callable[[], None]) -> None:
        self._faults.disturb_all(fault, what, CONTROLLER)
        act()
