"""Opens the links: in memory, or in lockstep with the controller in a thread, over an embedded or another broker."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from classifier import Recognizer
from controller import codec
from controller.clocks import GrantedClock
from controller.mqtt import CLIENT_ID, Address, Connection
from controller.session import Modelled, Session
from controller.settings import Settings
from twin.broker import EmbeddedBroker
from twin.errors import TwinError
from twin.link import Link
from twin.lockstep import LockstepLink
from twin.memory import ControllerOf, MemoryLink, crash_words
from twin.outlet import Outlet

JOIN_S: Final = 5.0
LOCKSTEP_TOPICS: Final = (codec.FEEDBACK, codec.CLOCK_GRANT)


@contextmanager
def memory(controller: ControllerOf, settings: Settings, recognizer: Recognizer) -> Iterator[Link]:
    """The controller's session in this thread."""
    yield MemoryLink(controller, settings, recognizer)


@contextmanager
def lockstep(
    controller: ControllerOf, settings: Settings, recognizer: Recognizer, broker: str | None,
    on_waiting: Callable[[str], None],
) -> Iterator[Link]:  # fmt: skip
    """The controller in a thread, over paho and a real broker, its clock granted by the twin."""
    with ExitStack() as stack:
        host, port = parse_address(broker) if broker else _embedded(stack)
        session = Session(controller(settings), Modelled(recognizer))
        worker = _Thread(session, Address(host=host, port=port))
        link = LockstepLink(host, port, on_waiting=on_waiting, obituary=lambda: worker.died_of)
        link.open()
        stack.callback(link.close)
        stack.enter_context(worker)
        link.await_participants()
        yield link


@contextmanager
def realtime(
    controller: ControllerOf, settings: Settings, recognizer: Recognizer, broker: str | None
) -> Iterator[Outlet]:
    """The controller in a thread, over paho and a real broker, under the wall clock like the plant."""
    with ExitStack() as stack:
        host, port = parse_address(broker) if broker else _embedded(stack)
        outlet = Outlet(host, port)
        outlet.open()
        stack.callback(outlet.close)
        raise NotImplementedError
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
    """A controller at work in a thread of this process, and what it died of."""

    def __init__(self, session: Session, address: Address) -> None:
        self._session = session
        self._connection = Connection(address, topics=LOCKSTEP_TOPICS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="controller", daemon=True)
        self.died_of: str | None = None

    def __enter__(self) -> "_Thread":
        self._connection.open()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._connection.poke()
        self._thread.join(JOIN_S)
        self._connection.close()

    def _work(self) -> None:
        try:
            GrantedClock(CLIENT_ID).run(self._session, self._connection, self._stop)
        except Exception as error:  # The controller is what is under test: whatever it raises is its crash.
            self.died_of = crash_words(error)
