"""The clock of a deployed controller: the wall's.

A clock owns the session's thread: it waits for what arrives and for what falls due, and tells the session what time it
is. Connection, session and core are the same under every clock (`controller.simulation` has another).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from controller import wire
from controller.arrivals import LOOK_UP_S, Arrival, Sign
from controller.core.events import BrokerBack, BrokerLost, Start, Stop
from controller.mqtt import Connection
from controller.session import Session
from controller.system import wall_s

LONGEST_AWAY_S: Final = 30.0
"""A broker that is lost when there is nothing left to do but to bring the line to rest is waited for no longer."""

SPEAK_UP_S: Final = 2.0
LATENCY_SAMPLES: Final = 100_000


@contextmanager
def patiently(report: Callable[[str], None], what: str) -> Iterator[None]:
    """Whoever waits for longer than two seconds in here says, once, that it waits for `what`."""
    timer = threading.Timer(SPEAK_UP_S, report, [f"waiting for {what}"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Clock(Protocol):
    """Drives a session until it is finished."""

    def run(self, session: Session, connection: Connection, stop: threading.Event) -> None:
        """Return when the session is finished, or cannot be; begin to finish it when `stop` is set."""


class WallClock:
    """Time is the wall's. `gate_to_command_s` has, for each gate edge that was answered by a command, how long it took.

    That is from the moment at which paho handed the message over until the publish call has returned. `report` hears
    what a person should read: of a broker that is lost or back, and what a stop waits for.
    """

    def __init__(self, *, report: Callable[[str], None] = lambda text: None) -> None:
        self._report = report
        self.gate_to_command_s: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def run(self, session: Session, connection: Connection, stop: threading.Event) -> None:
        """Handle arrivals as they come and deadlines as they fall due. A stop that was asked for before: nothing."""
        if stop.is_set():
            return
        connection.publish(session.tell(Start(), wall_s()))
        stopping, there_s = False, wall_s()
        while not session.finished:
            there_s = wall_s() if connection.there or not session.ending else there_s
            if wall_s() - there_s > LONGEST_AWAY_S:
                return
            if stop.is_set() and not stopping:
                stopping = True
                self._report("waiting for the belt to clear")
                connection.publish(session.tell(Stop(), wall_s()))
            deadline_s = session.next_deadline_s
            wait_s = LOOK_UP_S if deadline_s is None else min(LOOK_UP_S, deadline_s - wall_s())
            arrival = connection.next(max(0.0, wait_s))
            if arrival is not None:
                self._receive(session, connection, arrival)
            connection.publish(session.wake(wall_s()))

    def _receive(self, session: Session, connection: Connection, arrival: Arrival) -> None:
        report_sign(self._report, connection, arrival.sign)
        if arrival.sign is Sign.LOST:
            connection.publish(session.tell(BrokerLost(), wall_s()))
        elif arrival.sign is Sign.BACK:
            connection.publish(session.tell(BrokerBack(), wall_s()))
        elif arrival.topic == wire.FEEDBACK:
            commands = session.receive(arrival.payload, wall_s())
            if commands:
                connection.publish(commands)
                self.gate_to_command_s.append(wall_s() - arrival.at_s)


def report_sign(report: Callable[[str], None], connection: Connection, sign: Sign) -> None:
    """Say that the broker is lost, or back."""
    if sign is Sign.LOST:
        report(f"lost the broker {connection.where}: trying again")
    elif sign is Sign.BACK:
        report(f"connected to {connection.where} again")
