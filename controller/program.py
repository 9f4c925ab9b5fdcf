"""The controller as a program: connection, recognizer, session and clock put together, run and ended in good order."""

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
from controller.labels import LabelCheck
from controller.mqtt import Address, Connection
from controller.recognizers import recognizer_of
from controller.refusals import Refusals
from controller.session import Session
from controller.settings import Settings
from controller.system import END_SIGNALS, fine_waits, wall_s
from controller.wall_clock import Clock, WallClock, patiently
from controller.worker import Worker

WELL: Final = 0
FAILED: Final = 1
SWITCH_S: Final = 0.0005
"""So long may one thread make another wait (Python's own choice is 5 ms): no gate waits for a picture's decoding."""

REST: Final = (
    wire.encode_command(wire.Rod(wire.ALL, push=False)),
    wire.encode_command(wire.Conveyor(run=False)),
)
"""What is said to a line whose controller fails: the last thing it hears."""

_log = logging.getLogger(__name__)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the program is to do: settings, broker, recognizer by name, whose clock."""

    settings: Settings
    address: Address
    recognizer: str
    granted: bool


def run(plan: Plan, report: Callable[[str], None]) -> int:
    """Control the line until it is finished or stopped; returns the exit code.

    `report` hears what a person at a terminal should read. Raises `ControllerError` or `ClassifierError` for what
    cannot even begin.
    """
    sys.setswitchinterval(SWITCH_S)
    with ExitStack() as stack:
        stop = stack.enter_context(_stopped_by_signals(report))
        with patiently(report, f"the recognizer {plan.recognizer}"):
            recognizer = LabelCheck(recognizer_of(plan.recognizer), plan.settings.bins, wall_s)
        topics = (wire.FEEDBACK, wire.CLOCK_GRANT) if plan.granted else (wire.FEEDBACK,)
        connection = Connection(plan.address, topics=topics)
        with patiently(report, f"the broker {connection.where}"):
            connection.open(stop)
        stack.callback(connection.close)
        if stop.is_set():
            return WELL  # Nothing has begun: the line is told nothing.
        refusals = Refusals(wall_s)
        core = Controller(plan.settings)
        clock: Clock
        if plan.granted:
            # No deployment loads what only a simulation needs.
            from controller.simulation.granted_clock import GrantedClock
            from controller.simulation.oracle import ScriptedRecognizer
            from controller.simulation.simulated_recognitions import SimulatedRecognitions

            session = Session(core, SimulatedRecognitions(ScriptedRecognizer(recognizer)), refusals.see, refusals.miss)
            clock = GrantedClock(plan.address.client_id, report=report)
        else:
            stack.enter_context(fine_waits())
            worker = stack.enter_context(Worker(recognizer, connection.poke))
            session = Session(core, worker, refusals.see, refusals.miss)
            clock = WallClock(report=report)
        report(f"connected to {connection.where}")
        return _control(clock, session, connection, stop, refusals)


def _control(
    clock: Clock, session: Session, connection: Connection, stop: threading.Event, refusals: Refusals
) -> int:  # fmt: skip
    try:
        clock.run(session, connection, stop)
    except Exception:  # Whatever the controller dies of, the line must not go on without it.
        _log.exception("controller_failed t_s=%.3f", wall_s())
        connection.publish(REST)
        return FAILED
    _log.info(
        "finished t_s=%.3f refused=%s unrecognised=%d dropped=%d",
        wall_s(), dict(refusals.counts), refusals.unrecognised, connection.dropped,
    )  # fmt: skip
    if not connection.there:
        _log.error("broker_away t_s=%.3f: the line could not be told to stop", wall_s())
        return FAILED
    return WELL


@contextmanager
def _stopped_by_signals(report: Callable[[str], None]) -> Iterator[threading.Event]:
    """Who asks it to stop sets the event; who asks again ends the program at once, and the last will stops the belt."""
    stop = threading.Event()
    signals = (signal.SIGINT, *END_SIGNALS)

    def ask(number: int, frame: object) -> None:
        stop.set()
        for each in signals:
            signal.signal(each, signal.SIG_DFL)
        report("stopping (once more to stop at once)")

    before = [signal.signal(each, ask) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
