"""What every controller in virtual time has: its deadline, its commands, and the faults of its connection."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from controller.system import wall_s
from twin import trace
from twin.links.retained import RetainedMessages
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message, command_message
from twin.scenario.faults import AnotherClient, BrokerDown, BrokerFault, ClientCutOff, ControllerKilled
from twin.timeline import Timeline, Timer

WAKES_AT_ONE_INSTANT: Final = 1000
"""A controller that asks more often to be woken at one instant would stop virtual time for good: it has crashed."""

LATENCY_SAMPLES: Final = 10_000
CONTROLLER: Final = "controller"
CAMERA: Final = "camera"


class VirtualPort:
    """Connects the line to a controller in virtual time. A subclass exchanges messages with the controller.

    `send` takes the controller's commands. `exchanges` counts the exchanges, and `gate_to_command_s` has the wall time,
    in s, of each one in which a gate's edge led to a command.
    """

    def __init__(
        self, timeline: Timeline, faults: FaultInjector, record: Callable[[trace.AnyRecord], None],
        send: Callable[[Message], None], retained: RetainedMessages,
    ) -> None:  # fmt: skip
        self._retained = retained
        self._timeline = timeline
        self._faults = faults
        self._record = record
        self._send = send
        self._deadline = Timer(timeline)
        self._wakes = 0
        self._woken_at_s = -1.0
        self._lost_by: BrokerFault | None = None
        self.exchanges = 0
        self.gate_to_command_s: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def _exchange(self) -> bool:
        """Let the controller go on. Returns whether it sent a command."""
        raise NotImplementedError

    def _lose(self, fault: BrokerFault) -> None:
        """The fault begins: the connection breaks, or the controller is killed."""
        raise NotImplementedError

    def _regain(self, fault: BrokerFault) -> None:
        """The fault ends: the controller may connect, or another one starts in its place."""
        raise NotImplementedError

    def _crash(self, reason: str) -> None:
        """Record that the controller has failed."""
        raise NotImplementedError

    def _throw_off(self, rival: AnotherClient) -> None:
        """Another client takes the controller's place, and again whenever it has lost that place."""
        raise NotImplementedError

    def _schedule_losses(self) -> None:
        for rival in self._faults.all(AnotherClient):
            self._timeline.call_at(rival.from_s, partial(self._throw_off, rival))
        losses: list[BrokerFault] = [
            *self._faults.all(BrokerDown), *self._faults.all(ClientCutOff), *self._faults.all(ControllerKilled)
        ]  # fmt: skip
        for loss in losses:
            self._timeline.call_at(loss.from_s, partial(self._lose, loss))
            self._timeline.call_at(loss.until_s, partial(self._regain, loss))
        for kind in (BrokerDown, ClientCutOff, ControllerKilled):
            self._faults.on_injected(kind, self._lose_or_regain)

    def _lose_or_regain(self, fault: BrokerFault, acts: bool) -> None:
        """A person begins or ends a fault."""
        if acts:
            self._lose(fault)
        else:
            self._regain(fault)

    def _drop(self, fault: BrokerFault, message: Message) -> None:
        """Record that a message did not reach the controller because of a fault."""
        if message.item is not None:
            lost: trace.Effect = "picture_lost" if message.part == CAMERA else "edge_lost"
            self._faults.disturb(fault, lost, message.part, item=message.item)

    def _note_latency(self, message: Message, before_s: float) -> None:
        """Note how long a gate's edge took to become a command. `before_s` is on the wall clock."""
        if message.part != CAMERA:
            self.gate_to_command_s.append(wall_s() - before_s)

    def _wake_at(self, at_s: float) -> None:
        self._deadline.start(max(at_s, self._timeline.now), self._wake)

    def _wake(self) -> None:
        if self._woken_at_s != self._timeline.now:
            self._woken_at_s, self._wakes = self._timeline.now, 0
        self._wakes += 1
        if self._wakes > WAKES_AT_ONE_INSTANT:
            self._crash(f"asks for {self._wakes} deadlines at one instant")
        else:
            self._exchange()

    def _command(self, payload: bytes) -> None:
        self._send(command_message(payload))
