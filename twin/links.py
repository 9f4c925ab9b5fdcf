"""Opens the links: in memory, or in lockstep with the controller in a thread, over an embedded or another broker."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from classifier import Recognizer
from controller import codec
from controller.clocks import Clock, GrantedClock, WallClock
from controller.mqtt import CLIENT_ID, Address, Connection
from controller.session import Modelled, Session
from controller.settings import Settings
from controller.worker import Worker
from twin.broker import EmbeddedBroker
from twin.errors import TwinError
from twin.foreign import Foreign
from twin.link import Link
from twin.lockstep import LockstepLink
from twin.memory import ControllerOf, MemoryLink, crash_words
from twin.outlet import Outlet

JOIN_S: Final = 5.0
LOCKSTEP_TOPICS: Final = (codec.FEEDBACK, codec.CLOCK_GRANT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """Who controls the line, and over which broker (HOST:PORT; None: an embedded one) where there is one.

    `on_waiting` hears on whom the twin waits.
    """

    controller: ControllerOf | Foreign
    settings: Settings
    recognizer: Recognizer
    broker: str | None
    on_waiting: Callable[[str], None]


@contextmanager
def memory(control: Control) -> Iterator[Link]:
    """The controller's session in this thread. Raises `TwinError` for a foreign program."""
    if isinstance(control.controller, Foreign):
        raise TwinError("--link = 'memory': allowed for a foreign controller are lockstep and realtime")
    yield MemoryLink(control.controller, control.settings, control.recognizer)


@contextmanager
def lockstep(control: Control) -> Iterator[Link]:
    """The controller over a real broker, its clock granted by the twin; ours in a thread, or a foreign program."""
    with ExitStack() as stack:
        host, port = parse_address(control.broker) if control.broker else _embedded(stack)
        worker: _Thread | Foreign
        if isinstance(control.controller, Foreign):
            worker = control.controller.at(host, port)
        else:
            session = Session(control.controller(control.settings), Modelled(control.recognizer))
            connection = Connection(Address(host=host, port=port), topics=LOCKSTEP_TOPICS)
            worker = _Thread(session, connection, GrantedClock(CLIENT_ID))
        link = LockstepLink(host, port, on_waiting=control.on_waiting, obituary=worker.obituary)
        link.open()
        stack.callback(link.close)
        stack.enter_context(worker)
        link.await_participants()
        yield link


@contextmanager
def realtime(control: Control) -> Iterator[Outlet]:
    """The plant's connection to a real broker, and the controller there under the wall clock, ours or a foreign one."""
    with ExitStack() as stack:
        host, port = parse_address(control.broker) if control.broker else _embedded(stack)
        outlet = Outlet(host, port)
        outlet.open()
        stack.callback(outlet.close)
        if isinstance(control.controller, Foreign):
            stack.enter_context(control.controller.at(host, port))
        else:
            connection = Connection(Address(host=host, port=port))
            recognitions = stack.enter_context(Worker(control.recognizer, connection.poke))
            session = Session(control.controller(control.settings), recognitions)
            stack.enter_context(_Thread(session, connection, WallClock()))
        yield outlet


def parse_address(text: str) -> tuple[str, int]:
    """HOST:PORT. Raises `TwinError`."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise TwinError(f"--broker = {text!r}: allowed is HOST:PORT, with a port from 1 to 65535")
    return host, int(port)


def _embedded(stack: ExitStack) -> tuple[str, int]:
    broker = stack.enter_context(EmbeddedBroker())
    return broker.host, broker.port


class _Thread:
    """A controller of ours at work in a thread of this process, and what it died of."""

    def __init__(self, session: Session, connection: Connection, clock: Clock) -> None:
        self._session = session
        self._connection = connection
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="controller", daemon=True)
        self._died_of: str | None = None

    def obituary(self) -> str | None:
        """What the controller died of, if it did."""
        return self._died_of

    def __enter__(self) -> "_Thread":
        self._connection.open()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.finished = True  # The plant is gone: there is nothing to bring to rest in good order.
        self._stop.set()
        self._connection.poke()
        self._thread.join(JOIN_S)
        self._connection.close()

    def _work(self) -> None:
        try:
            self._clock.run(self._session, self._connection, self._stop)
        except Exception as error:  # The controller is what is under test: whatever it raises is its crash.
            self._died_of = crash_words(error)
