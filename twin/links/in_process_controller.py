"""Our controller in a thread of this process, over a real broker."""

import signal
import threading
from collections import deque
from contextlib import ExitStack
from typing import Final

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
from twin.links.base import ControllerOf, Exit, crash_reason

JOIN_S: Final = 5.0
LOCKSTEP_TOPICS: Final = (wire.FEEDBACK, wire.CLOCK_GRANT)


class InProcessController:
    """Our controller, with a core made by `controller_of`, over the broker at `address`.

    With `granted` its clock is granted by the twin. Otherwise it runs under the wall clock with the recognizer in a
    thread of its own, and `gate_to_command_s` has the times from a gate's edge to the command, in s.
    """

    def __init__(
        self, controller_of: ControllerOf, settings: Settings, recognizer: Recognizer, address: Address, *,
        granted: bool,
    ) -> None:  # fmt: skip
        self._assemble = self._with_granted_clock if granted else self._with_wall_clock
        self._controller_of = controller_of
        self._settings = settings
        self._recognizer = recognizer
        self._address = address
        self._resources = ExitStack()
        self.gate_to_command_s: deque[float] = deque()
        self._exit: Exit | None = None
        self._stop = threading.Event()

    def note_output(self, now_s: float) -> None:
        """It writes nothing."""

    @property
    def started(self) -> bool:
        """Always true: it runs in this process."""
        return True

    def exit(self) -> Exit | None:
        """How the controller ended, if it raised an exception; else None."""
        return self._exit

    def stop(self, number: signal.Signals) -> None:
        """Tell the controller to end: it clears the belt and brings the line to rest."""
        self._stop.set()

    def start(self) -> None:
        """Connect, and control the line from a thread. Raises `BrokerError` if the broker is not there."""
        with ExitStack() as resources:
            session, connection, clock = self._assemble(resources)
            connection.open()
            resources.callback(connection.close)
            stop = self._stop = threading.Event()
            thread = threading.Thread(
                target=self._work, args=(clock, session, connection, stop), name="controller", daemon=True
            )
            thread.start()
            resources.callback(_end, thread, session, connection, stop)
            self._resources = resources.pop_all()

    def kill(self) -> None:
        """End the thread at once: the controller sends no further command."""
        self._resources.close()

    def end(self) -> None:
        """End the thread. The run is over, so there is nothing to bring to rest."""
        self._resources.close()

    def _with_granted_clock(self, resources: ExitStack) -> tuple[Session, Connection, Clock]:
        session = self._session(SimulatedRecognitions(self._recognizer))
        return session, Connection(self._address, topics=LOCKSTEP_TOPICS), GrantedClock(CLIENT_ID)

    def _with_wall_clock(self, resources: ExitStack) -> tuple[Session, Connection, Clock]:
        connection = Connection(self._address)
        worker = resources.enter_context(Worker(self._recognizer, connection.poke))
        clock = WallClock()
        self.gate_to_command_s = clock.gate_to_command_s
        return self._session(worker), connection, clock

    def _session(self, recognitions: Recognitions) -> Session:
        core = self._controller_of(self._settings)
        return Session(core, recognitions, on_unrecognised=Refusals(wall_s).miss)

    def _work(self, clock: Clock, session: Session, connection: Connection, stop: threading.Event) -> None:
        try:
            clock.run(session, connection, stop)
        except Exception as error:  # The controller is under test: any exception is its crash.
            self._exit = Exit(1, crash_reason(error))


def _end(thread: threading.Thread, session: Session, connection: Connection, stop: threading.Event) -> None:
    session.finished = True
    stop.set()
    connection.poke()
    thread.join(JOIN_S)
