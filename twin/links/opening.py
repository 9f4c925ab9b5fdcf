"""Opens the links: in memory, and in lockstep or real time over the embedded or another broker."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from controller import wire
from controller.address import address_text, parse_address
from controller.mqtt import Address
from controller.settings import Settings
from twin.broker.embedded import EmbeddedBroker
from twin.broker.observation import DOCTOR, Observation
from twin.caching_recognizer import CachingRecognizer
from twin.errors import ArgumentError, ScenarioError, TwinError
from twin.links.base import Link
from twin.links.broker_client import BrokerClient
from twin.links.embedded_client import EmbeddedClient, EmbeddedPlantClient
from twin.links.external_controller import ExternalController
from twin.links.in_process_controller import InProcessController, Program
from twin.links.lockstep import GrantClientFactory, LockstepLink
from twin.links.memory import ControllerOf, MemoryLink
from twin.scenario.faults import BrokerDown, BrokerFault, ControllerKilled
from twin.scenario.scenario import Scenario

if TYPE_CHECKING:
    from twin.links.hosted.link import HostedLink


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """What controls the line, and over which broker.

    `broker` is HOST:PORT, an embedded broker that runs, or None for an embedded broker of this run's own. `on_waiting`
    gets a text when the twin waits for a participant or, in real time, for a controller that connects by itself.
    """

    controller: ControllerOf | ExternalController
    settings: Settings
    recognizer: CachingRecognizer
    broker: str | EmbeddedBroker | None
    on_waiting: Callable[[str], None]

    @property
    def ours(self) -> bool:
        """Whether the controller is ours and follows the scenario's settings."""
        return not isinstance(self.controller, ExternalController)


@contextmanager
def memory(control: Control) -> Iterator[Link]:
    """The controller's session in this thread. Raises `TwinError` for an external controller."""
    if isinstance(control.controller, ExternalController):
        raise TwinError("--link must be lockstep or realtime for an external controller, got 'memory'")
    yield MemoryLink(control.controller, control.settings, control.recognizer)


@contextmanager
def hosted(control: Control, scenario: Scenario) -> Iterator["HostedLink"]:
    """A Python program in a process of its own under a virtual clock. Raises `TwinError` for what is none."""
    from twin.links.hosted.link import HostedLink  # Its broker and its service are loaded only where they are needed.

    if not isinstance(control.controller, ExternalController) or not control.controller.command:
        raise ArgumentError("controller", control.controller, "a Python program's command line on the link hosted")
    hosts, schedule = control.controller.hosts(), scenario.schedule
    link = HostedLink(hosts, control.recognizer, seed=scenario.seed, schedule=schedule)
    try:
        yield link
    finally:
        link.close()


@contextmanager
def lockstep(control: Control) -> Iterator[Link]:
    """A controller over a real broker with a granted clock: ours in a thread, or an external program.

    Raises `TwinError` if the broker, the program or its connection fails.
    """
    with ExitStack() as stack:
        embedded, (host, port) = _broker(control, stack)
        make_client: GrantClientFactory = (
            partial(BrokerClient, host, port) if embedded is None else partial(EmbeddedClient, embedded)
        )
        program = _program(control, host, port, granted=True)
        link = LockstepLink(
            make_client, on_waiting=control.on_waiting, exit_of=program.exit, kill=program.kill, revive=program.start
        )
        link.open()
        stack.callback(link.close)
        stack.callback(program.end)
        program.start()
        link.await_participants()
        yield link


@dataclass(frozen=True, slots=True)
class Live:
    """A line in real time: the plant's client, the embedded broker (None: another broker) and the controller's program.

    `inbox` has the payloads that arrive on `aa` and the connection events of the embedded broker, in order.
    """

    plant_client: BrokerClient | EmbeddedPlantClient
    inbox: SimpleQueue[bytes | Observation]
    broker: EmbeddedBroker | None
    program: Program

    def losses(self, fault: BrokerFault, place: str) -> tuple[Callable[[], None], Callable[[], None]]:
        """The actions for the begin and the end of a fault of the broker or the controller.

        Raises `ScenarioError`, with the fault's `place` in the scenario, if this run cannot apply the fault.
        """
        if isinstance(fault, ControllerKilled):
            if not self.program.started:
                raise ScenarioError(place, "controllerkilled", "left out for a controller that the twin did not start")
            return self._kill, self.program.start
        if self.broker is None:
            raise ScenarioError(
                place, type(fault).__name__.lower(), "left out with a broker other than the embedded one"
            )
        if isinstance(fault, BrokerDown):
            return self.broker.stop, self.broker.start
        return self.broker.shut_out, self.broker.let_in

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


@contextmanager
def realtime(control: Control) -> Iterator[Live]:
    """The plant's client on a real broker, and a controller under the wall clock: ours, or an external one.

    Raises `TwinError` if the broker or the program fails.
    """
    with ExitStack() as stack:
        embedded, (host, port) = _broker(control, stack)
        inbox: SimpleQueue[bytes | Observation] = SimpleQueue()
        if embedded is not None:
            embedded.watch(lambda event: None if event.client.startswith(DOCTOR) else inbox.put(event))
            stack.callback(embedded.watch, lambda observation: None)
        plant_client = (
            BrokerClient(host, port, (wire.COMMANDS,), lambda topic, payload: inbox.put(payload), threaded=True)
            if embedded is None else EmbeddedPlantClient(embedded, inbox.put)
        )  # fmt: skip
        plant_client.open()
        stack.callback(plant_client.close)
        program = _program(control, host, port, granted=False)
        stack.callback(program.end)
        program.start()
        if not program.started:
            control.on_waiting(f"waiting for a controller at {address_text(host, port)}")
        yield Live(plant_client, inbox, embedded, program)


def _broker(control: Control, stack: ExitStack) -> tuple[EmbeddedBroker | None, tuple[str, int]]:
    """The embedded broker (None: another broker), and the host and port of the broker."""
    if isinstance(control.broker, str):
        return None, parse_address(control.broker)
    embedded = control.broker or stack.enter_context(EmbeddedBroker())
    return embedded, (embedded.host, embedded.port)


def _program(control: Control, host: str, port: int, *, granted: bool) -> Program:
    if isinstance(control.controller, ExternalController):
        return control.controller.at(host, port)
    address = Address(host=host, port=port)
    return InProcessController(control.controller, control.settings, control.recognizer, address, granted=granted)
