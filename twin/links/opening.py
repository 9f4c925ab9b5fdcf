"""Opens the links: in memory, and in lockstep or real time over the embedded or another broker."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from controller import wire
from controller.address import address_text, parse_address
from controller.mqtt import Address
from controller.settings import Settings
from twin.beliefs import Belief
from twin.broker.embedded import EmbeddedBroker
from twin.broker.observation import DOCTOR
from twin.caching_recognizer import CachingRecognizer
from twin.errors import ArgumentError, TwinError
from twin.links.base import ControllerOf, Link, Program
from twin.links.belief_watch import BeliefWatch
from twin.links.broker_client import BrokerClient
from twin.links.embedded_client import EmbeddedClient, EmbeddedPlantClient
from twin.links.external_controller import ExternalController
from twin.links.in_process_controller import InProcessController
from twin.links.live import Arrival, Live
from twin.links.lockstep import GrantClientFactory, LockstepLink
from twin.links.memory import MemoryLink
from twin.links.recognition_service import RecognitionService
from twin.links.shown_pictures import ShownPictures
from twin.scenario.scenario import Scenario

if TYPE_CHECKING:
    from twin.links.hosted.link import HostedLink


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """What controls the line, and over which broker.

    `broker` is HOST:PORT, an embedded broker that runs, or None for an embedded broker of this run's own. `on_waiting`
    gets a text when the twin waits for a participant or, in real time, for a controller that connects by itself.
    `speed` is that of real time. `on_belief` gets what our controller believes of each item, if anybody asks. `shown`
    has the line's pictures, for a program that encodes them anew.
    """

    controller: ControllerOf | ExternalController
    settings: Settings
    recognizer: CachingRecognizer
    broker: str | EmbeddedBroker | None
    on_waiting: Callable[[str], None]
    speed: float = 1.0
    on_belief: Callable[[Belief], None] | None = None
    shown: ShownPictures = field(default_factory=ShownPictures)

    @property
    def ours(self) -> bool:
        """Whether the controller is ours and follows the scenario's settings."""
        return not isinstance(self.controller, ExternalController)


@contextmanager
def memory(control: Control) -> Iterator[Link]:
    """The controller's session in this thread. Raises `TwinError` for an external controller."""
    if isinstance(control.controller, ExternalController):
        raise TwinError("--link must be lockstep or realtime for an external controller, got 'memory'")
    yield MemoryLink(_ours(control.controller, control.on_belief), control.settings, control.recognizer)


@contextmanager
def hosted(control: Control, scenario: Scenario) -> Iterator["HostedLink"]:
    """A Python program in a process of its own under a virtual clock. Raises `TwinError` for what is none."""
    from twin.links.hosted.link import HostedLink  # Its broker and its service are loaded only where they are needed.

    if not isinstance(control.controller, ExternalController) or not control.controller.command:
        raise ArgumentError("controller", control.controller, "a Python program's command line on the link hosted")
    hosts, schedule = control.controller.hosts(), scenario.schedule
    link = HostedLink(hosts, control.recognizer, seed=scenario.seed, schedule=schedule, original=control.shown.original)
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
        service = _service(control, stack, math.inf)  # An answer takes no time: there is no clock that it could take.
        program = _program(control, host, port, granted=True, service=service, on_belief=control.on_belief)
        link = LockstepLink(
            make_client, on_waiting=control.on_waiting, exit_of=program.exit, kill=program.kill, revive=program.start
        )
        link.open()
        stack.callback(link.close)
        stack.callback(program.end)
        program.start()
        link.await_participants()
        yield link


@contextmanager
def realtime(control: Control) -> Iterator[Live]:
    """The plant's client on a real broker, and a controller under the wall clock: ours, or an external one.

    Raises `TwinError` if the broker or the program fails.
    """
    with ExitStack() as stack:
        embedded, (host, port) = _broker(control, stack)
        inbox: SimpleQueue[Arrival] = SimpleQueue()
        if embedded is not None:
            embedded.watch(lambda event: None if event.client.startswith(DOCTOR) else inbox.put(event))
            stack.callback(embedded.watch, lambda observation: None)
        plant_client = (
            BrokerClient(host, port, (wire.COMMANDS,), lambda topic, payload: inbox.put(payload), threaded=True)
            if embedded is None else EmbeddedPlantClient(embedded, inbox.put)
        )  # fmt: skip
        plant_client.open()
        stack.callback(plant_client.close)
        service = _service(control, stack, control.speed)
        on_belief = None if control.on_belief is None else inbox.put
        program = _program(control, host, port, granted=False, service=service, on_belief=on_belief)
        stack.callback(program.end)
        program.start()
        if not program.started and service is not None:
            control.on_waiting(f"the recognition service is at {service}")
        if not program.started:
            control.on_waiting(f"waiting for a controller at {address_text(host, port)}")
        yield Live(plant_client, inbox, embedded, program, control.on_belief)


def _broker(control: Control, stack: ExitStack) -> tuple[EmbeddedBroker | None, tuple[str, int]]:
    """The embedded broker (None: another broker), and the host and port of the broker."""
    if isinstance(control.broker, str):
        return None, parse_address(control.broker)
    embedded = control.broker or stack.enter_context(EmbeddedBroker())
    return embedded, (embedded.host, embedded.port)


def _service(control: Control, stack: ExitStack, speed: float) -> str | None:
    """The address of the twin's recognition service, which runs if the controller's program needs it."""
    if not isinstance(control.controller, ExternalController) or not control.controller.served:
        return None
    port = control.controller.service_port or 0
    return stack.enter_context(
        RecognitionService(control.recognizer, port=port, speed=speed, original=control.shown.original)
    ).url


def _program(
    control: Control, host: str, port: int, *, granted: bool, service: str | None,
    on_belief: Callable[[Belief], None] | None,
) -> Program:  # fmt: skip
    if isinstance(control.controller, ExternalController):
        return control.controller.at(host, port, service)
    address = Address(host=host, port=port)
    core_of = _ours(control.controller, on_belief)
    return InProcessController(core_of, control.settings, control.recognizer, address, granted=granted)


def _ours(controller: ControllerOf, on_belief: Callable[[Belief], None] | None) -> ControllerOf:
    """What makes the cores of a controller that runs in this process; they are watched only if somebody asks."""
    return controller if on_belief is None else BeliefWatch(controller, on_belief)
