"""A controller of ours at work in a thread of this process, over a real broker."""

import threading
from collections import deque
from contextlib import ExitStack
from typing import Final, Protocol

from classifier import Recognizer
from controller import wire
from controller.mqtt import CLIENT_ID, Address, Connection
from controller.refusals import Refusals
from controller.session import Recognitions, Session
from controller.settings import Settings
from controller.simulation.granted_clock import GrantedClock
from controller.simulation.simulated_recognitions import SimulatedRecognitions
from controller.system import wall_s
from controller.wall_clock import Clock, WallClock
from controller.worker import Worker
from twin.links.external_controller import Exit
from twin.links.memory import ControllerOf, crash_words

JOIN_S: Final = 5.0
LOCKSTEP_TOPICS: Final = (wire.FEEDBACK, wire.CLOCK_GRANT)


class Program(Protocol):
    """Whoever controls the line over a broker, and can be started, killed and started again."""

    def start(self) -> None:
        """Begin. Raises `TwinError` where that fails."""

    def kill(self) -> None:
        """End it at once, where it stands."""

    def end(self) -> None:
        """End it in good order, within seconds."""

    def exit(self) -> Exit | None:
        """How it ended, if it did by itself."""

    def stop(self) -> None:
        """Tell it to end, as by a signal."""

    @property
    def started(self) -> bool:
        """Whether the twin starts it, and not somebody else."""


class InProcessController:
    """Our controller, its core made by `controller_of`, over the broker at `address`.

    `granted`: its time is the twin's; else it is the wall's, the recognizer has a thread of its own, and
    `gate_to_command_s` has how long its commands took.
    """

    def __init__(
        self, controller_of: ControllerOf, settings: Settings, recognizer: Recognizer, address: Address, *,
        granted: bool,
    ) -> None:  # fmt: skip
        self._make = self._granted if granted else self._free
        self._controller_of = controller_of
        self._settings = settings
        self._recognizer = recognizer
        self._address = address
        self._life = ExitStack()
        self.gate_to_command_s: deque[float] = deque()
        self._exit: Exit | None = None
        self._stop = threading.Event()

    @property
    def started(self) -> bool:
        """It lives in this process."""
        return True

    def exit(self) -> Exit | None:
        """How the controller ended, if it raised."""
        return self._exit

    def stop(self) -> None:
        """Tell it to end: the belt clears, everything comes to rest."""
        self._stop.set()

    def start(self) -> None:
        """Connect, and control. Raises `BrokerError` where the broker is not there."""
        with ExitStack() as life:
            session, connection, clock = self._make(life)
            connection.open()
            life.callback(connection.close)
            stop = self._stop = threading.Event()
            thread = threading.Thread(
                target=self._work, args=(clock, session, connection, stop), name="controller", daemon=True
            )
            thread.start()
            life.callback(_end, thread, session, connection, stop)
            self._life = life.pop_all()

    def kill(self) -> None:
        """End the thread, in no good order: nothing is said to the plant."""
        self._life.close()

    def end(self) -> None:
        """End the thread: the plant is gone, and there is nothing to bring to rest in good order."""
        self._life.close()

    def _granted(self, life: ExitStack) -> tuple[Session, Connection, Clock]:
        session = self._session(SimulatedRecognitions(self._recognizer))
        return session, Connection(self._address, topics=LOCKSTEP_TOPICS), GrantedClock(CLIENT_ID)

    def _free(self, life: ExitStack) -> tuple[Session, Connection, Clock]:
        connection = Connection(self._address)
        worker = life.enter_context(Worker(self._recognizer, connection.poke))
        clock = WallClock()
        self.gate_to_command_s = clock.gate_to_command_s
        return self._session(worker), connection, clock

    def _session(self, recognitions: Recognitions) -> Session:
        core = self._controller_of(self._settings)
        return Session(core, recognitions, on_unrecognised=Refusals(wall_s).miss)

    def _work(self, clock: Clock, session: Session, connection: Connection, stop: threading.Event) -> None:
        try:
            clock.run(session, connection, stop)
        except Exception as error:  # The controller is what is under test: whatever it raises is its crash.
            self._exit = Exit(1, crash_words(error))


def _end(thread: threading.Thread, session: Session, connection: Connection, stop: threading.Event) -> None:
    session.finished = True
    stop.set()
    connection.poke()
    thread.join(JOIN_S)
