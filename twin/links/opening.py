"""Opens the links: in memory, or in lockstep with the controller in a thread, over an embedded or another broker."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from controller.address import address_text, parse_address
from controller.mqtt import Address
from controller.settings import Settings
from twin.broker.embedded import EmbeddedBroker
from twin.broker.observation import DOCTOR, Observation
from twin.caching_recognizer import CachingRecognizer
from twin.errors import ArgumentError, ScenarioError, TwinError
from twin.links.base import Link
from twin.links.blocking_client import BlockingClient
from twin.links.embedded_client import EmbeddedClient, EmbeddedPlantClient
from twin.links.external_controller import ExternalController
from twin.links.hosted import HostedLink
from twin.links.in_process_controller import InProcessController, Program
from twin.links.lockstep import GrantClientFactory, LockstepLink
from twin.links.memory import ControllerOf, MemoryLink
from twin.links.plant_client import PlantClient
from twin.scenario.faults import BrokerDown, BrokerFault, ControllerKilled
from twin.scenario.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """Who controls the line, and over which broker: HOST:PORT, an embedded one that runs, or None for one of its own.

    `on_waiting` hears on whom the twin waits; in real time that is a controller which somebody else starts.
    """

    controller: ControllerOf | ExternalController
    settings: Settings
    recognizer: CachingRecognizer
    broker: str | EmbeddedBroker | None
    on_waiting: Callable[[str], None]

    @property
    def ours(self) -> bool:
        """Whether it is our controller, which does as the scenario's settings tell it."""
        return not isinstance(self.controller, ExternalController)


@contextmanager
def memory(control: Control) -> Iterator[Link]:
    """The controller's session in this thread. Raises `TwinError` for a foreign program."""
    if isinstance(control.controller, ExternalController):
        raise TwinError("--link = 'memory': allowed for a foreign controller are lockstep and realtime")
    yield MemoryLink(control.controller, control.settings, control.recognizer)


@contextmanager
def hosted(control: Control, scenario: Scenario) -> Iterator[HostedLink]:
    """A Python program in a process of its own under a virtual clock. Raises `TwinError` for what is none."""
    if not isinstance(control.controller, ExternalController) or not control.controller.command:
        raise ArgumentError("controller", control.controller, "a Python program's command line on the link hosted")
    hosts, schedule = control.controller.hosts(), getattr(scenario, "schedule", 0)
    link = HostedLink(hosts, control.recognizer, seed=scenario.seed, schedule=schedule)
    try:
        yield link
    finally:
        link.close()


@contextmanager
def lockstep(control: Control) -> Iterator[Link]:
    """The controller over a real broker, its clock granted by the twin; ours in a thread, or a foreign program."""
    with ExitStack() as stack:
        embedded, (host, port) = _broker(control, stack)
        make_client: GrantClientFactory = (
            partial(BlockingClient, host, port) if embedded is None else partial(EmbeddedClient, embedded)
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
    """A line in real time: the plant's connection, the embedded broker if it is that, and who controls.

    `inbox` has what arrives on `aa`, and what the embedded broker sees of connections, in order.
    """

    outlet: PlantClient | EmbeddedPlantClient
    inbox: SimpleQueue[bytes | Observation]
    broker: EmbeddedBroker | None
    program: Program

    def losses(self, fault: BrokerFault, place: str) -> tuple[Callable[[], None], Callable[[], None]]:
        """What a fault of the broker or the controller does when it begins, and when it is over.

        Raises `ScenarioError`, naming its `place`, where that cannot be done.
        """
        if isinstance(fault, ControllerKilled):
            if not self.program.started:
                raise ScenarioError(place, "controllerkilled", "with a controller that the twin itself has started")
            return self._kill, self.program.start
        if self.broker is None:
            raise ScenarioError(place, type(fault).__name__.lower(), "with the embedded broker")
        if isinstance(fault, BrokerDown):
            return self.broker.stop, self.broker.start
        return self.broker.shut_out, self.broker.let_in

    @property
    def gate_to_command_s(self) -> deque[float]:
        """How long our controller's commands took; none for a foreign one, into which nobody sees."""
        return self.program.gate_to_command_s if isinstance(self.program, InProcessController) else deque()

    def _kill(self) -> None:
        """A program that is killed cannot say goodbye; ours, in a thread, could, so its connection is cut before."""
        if self.broker is not None:
            self.broker.shut_out()
        self.program.kill()
        if self.broker is not None:
            self.broker.let_in()


@contextmanager
def realtime(control: Control) -> Iterator[Live]:
    """The plant's connection to a real broker, and the controller there under the wall clock, ours or a foreign one."""
    with ExitStack() as stack:
        embedded, (host, port) = _broker(control, stack)
        inbox: SimpleQueue[bytes | Observation] = SimpleQueue()
        if embedded is not None:
            embedded.watch(lambda seen: None if seen.client.startswith(DOCTOR) else inbox.put(seen))
            stack.callback(embedded.watch, lambda observation: None)
        outlet = PlantClient(host, port, inbox.put) if embedded is None else EmbeddedPlantClient(embedded, inbox.put)
        outlet.open()
        stack.callback(outlet.close)
        program = _program(control, host, port, granted=False)
        stack.callback(program.end)
        program.start()
        if not program.started:
            control.on_waiting(f"waiting for a controller at {address_text(host, port)}")
        yield Live(outlet, inbox, embedded, program)


def _broker(control: Control, stack: ExitStack) -> tuple[EmbeddedBroker | None, tuple[str, int]]:
    """The embedded broker, if it is that, and where the broker is."""
    if isinstance(control.broker, str):
        return None, parse_address(control.broker)
    embedded = control.broker or stack.enter_context(EmbeddedBroker())
    return embedded, (embedded.host, embedded.port)


def _program(control: Control, host: str, port: int, *, granted: bool) -> Program:
    if isinstance(control.controller, ExternalController):
        return control.controller.at(host, port)
    address = Address(host=host, port=port)
    return InProcessController(control.controller, control.settings, control.recognizer, address, granted=granted)
