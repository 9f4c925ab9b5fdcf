"""The controller as a program: it connects, builds recognizer, session and clock, runs them, and shuts down cleanly."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import msgspec

from controller import wire
from controller.core.controller import Controller
from controller.errors import BrokerAbsentError
from controller.journal import log_item
from controller.labels import LabelCheck
from controller.mqtt import Address, Connection
from controller.recognizers import recognizer_of
from controller.refusals import Refusals
from controller.session import Session
from controller.settings import Settings
from controller.system import END_SIGNALS, fine_waits, wall_s
from controller.wall_clock import Clock, WallClock, report_if_slow
from controller.worker import Worker

WELL: Final = 0
FAILED: Final = 1
RETRY_S: Final = 0.5
"""From one try to connect to a broker that is not there yet to the next."""

SWITCH_S: Final = 0.0005
"""A thread holds the interpreter at most this long (Python's default: 5 ms), so that no gate waits for a picture."""

REST: Final = (
    wire.encode_command(wire.Rod(wire.ALL, push=False)),
    wire.encode_command(wire.Conveyor(run=False)),
)
"""The last commands to the line when the controller fails: retract the rods, stop the belt."""

_log = logging.getLogger(__name__)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The program's parameters. `granted`: a twin grants the time, instead of the wall clock."""

    settings: Settings
    address: Address
    recognizer: str
    granted: bool


def run(plan: Plan, report: Callable[[str], None]) -> int:
    """Control the line until it is finished or stopped; returns the exit code.

    `report` gets the lines for a person at a terminal. Raises `ControllerError` or `ClassifierError` if the program
    cannot start.
    """
    sys.setswitchinterval(SWITCH_S)
    with ExitStack() as stack:
        stop = stack.enter_context(_stopped_by_signals(report))
        with report_if_slow(report, f"the recognizer {plan.recognizer}"):
            recognizer = LabelCheck(recognizer_of(plan.recognizer), plan.settings.bins, wall_s)
        topics = (wire.FEEDBACK, wire.CLOCK_GRANT) if plan.granted else (wire.FEEDBACK,)
        connection = Connection(plan.address, topics=topics)
        with report_if_slow(report, f"the broker {connection.where}"):
            _open(connection, stop)
        stack.callback(connection.close)
        if stop.is_set():
            return WELL  # Stopped before the start: the line gets no command.
        refusals = Refusals(wall_s)
        core = Controller(plan.settings.settled(recognizer))
        clock: Clock
        if plan.granted:
            # Imported here, so that a deployment does not load the simulation.
            from controller.simulation.granted_clock import GrantedClock
            from controller.simulation.oracle import ScriptedRecognizer
            from controller.simulation.simulated_recognitions import SimulatedRecognitions

            session = Session(
                core, SimulatedRecognitions(ScriptedRecognizer(recognizer)), refusals.see, refusals.miss, log_item
            )
            clock = GrantedClock(plan.address.client_id, report=report)
        else:
            stack.enter_context(fine_waits())
            worker = stack.enter_context(Worker(recognizer, connection.poke))
            session = Session(core, worker, refusals.see, refusals.miss, log_item)
            clock = WallClock(report=report)
        report(f"connected to {connection.where}")
        return _control(clock, session, connection, stop, refusals)


def _open(connection: Connection, stop: threading.Event) -> None:
    """Connect, as soon as a broker listens, unless `stop` is set. Raises `BrokerError`."""
    while not stop.is_set():
        try:
            connection.open(stop)
            return
        except BrokerAbsentError:
            stop.wait(RETRY_S)


def _control(
    clock: Clock, session: Session, connection: Connection, stop: threading.Event, refusals: Refusals
) -> int:  # fmt: skip
    try:
        clock.run(session, connection, stop)
    except Exception:  # After any error the line must not run without its controller.
        _log.exception("controller_failed t_s=%.3f", wall_s())
        connection.publish(REST)
        return FAILED
    _log.info(
        "finished t_s=%.3f refused=%s unrecognised=%d dropped=%d",
        wall_s(), dict(refusals.counts), refusals.unrecognised, connection.dropped,
    )  # fmt: skip
    if not connection.connected:
        _log.error("broker_away t_s=%.3f: the stop command could not be sent", wall_s())
        return FAILED
    return WELL


@contextmanager
def _stopped_by_signals(report: Callable[[str], None]) -> Iterator[threading.Event]:
    """The first signal sets the event. A second one ends the program at once, and the last will stops the belt."""
    stop = threading.Event()
    signals = (signal.SIGINT, *END_SIGNALS)

    def on_signal(number: int, frame: object) -> None:
        stop.set()
        for each in signals:
            signal.signal(each, signal.SIG_DFL)
        report("stopping (press again to stop at once)")

    before = [signal.signal(each, on_signal) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
