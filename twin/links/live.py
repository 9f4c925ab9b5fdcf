"""A line in real time: what arrives of it, and what faults do to its broker and its controller."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from controller import wire
from twin.beliefs import Belief
from twin.broker.embedded import EmbeddedBroker
from twin.broker.observation import Observation
from twin.errors import ScenarioError
from twin.links.base import Program
from twin.links.broker_client import BrokerClient
from twin.links.embedded_client import EmbeddedPlantClient
from twin.links.in_process_controller import InProcessController
from twin.links.rival import Rival
from twin.scenario.faults import AnotherClient, BrokerDown, BrokerFault, ControllerKilled, RetainedMessage, kind_of

Arrival = bytes | Observation | Belief | Callable[[], None]
"""A payload on `aa`, an event of a connection, what our controller believes, or what a person does to the line."""


@dataclass(frozen=True, slots=True)
class Live:
    """A line in real time: the plant's client, the embedded broker (None: another broker) and the controller's program.

    `inbox` has what arrives, in order: payloads on `aa`, connection events of the embedded broker, what our controller
    believes, acts of a person. `on_belief` gets what it believes, in the line's time.
    """

    plant_client: BrokerClient | EmbeddedPlantClient
    inbox: SimpleQueue[Arrival]
    broker: EmbeddedBroker | None
    program: Program
    on_belief: Callable[[Belief], None] | None = None

    def losses(self, fault: BrokerFault, place: str) -> tuple[Callable[[], None], Callable[[], None]]:
        """The actions for the begin and the end of a fault of the broker or the controller.

        Raises `ScenarioError`, with the fault's `place` in the scenario, if this run cannot apply the fault.
        """
        if isinstance(fault, ControllerKilled):
            if not self.program.started:
                raise ScenarioError(place, kind_of(fault), "left out for a controller that the twin did not start")
            return self._kill, self.program.start
        broker = self._own_broker(place, kind_of(fault))
        if isinstance(fault, BrokerDown):
            return broker.stop, broker.start
        return broker.shut_out, broker.let_in

    def rival(self, place: str) -> Rival:
        """Another client for the controller's id. Raises `ScenarioError` where connections can't be seen."""
        broker = self._own_broker(place, kind_of(AnotherClient))
        return Rival(broker.host, broker.port)

    def keep(self, place: str) -> Callable[[bytes], None]:
        """What lets the broker keep a message on `bb`. Raises `ScenarioError` for a broker that is not the twin's."""
        return partial(self._own_broker(place, kind_of(RetainedMessage)).retain, wire.FEEDBACK)

    def _own_broker(self, place: str, fault: str) -> EmbeddedBroker:
        if self.broker is None:
            raise ScenarioError(place, fault, "left out with a broker other than the embedded one")
        return self.broker

    @property
    def gate_to_command_s(self) -> deque[float]:
        """The times from a gate's edge to our controller's command, in s; none for an external controller."""
        return self.program.gate_to_command_s if isinstance(self.program, InProcessController) else deque()

    def _kill(self) -> None:
        """Kill the controller. Ours, in a thread, could still disconnect cleanly, so its connection is cut first."""
        if self.broker is not None:
            self.broker.shut_out()
        self.program.kill()
        if self.broker is not None:
            self.broker.let_in()
