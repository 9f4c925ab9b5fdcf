"""The wall clock of a deployed controller.

A clock runs the session's thread: it waits for arrivals and deadlines, and passes the session the time. Connection,
session and core are the same under every clock (`controller.simulation` has another one).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import Final, Protocol

from controller import wire
from controller.arrivals import LOOK_UP_S, Arrival, Sign
from controller.core.events import BrokerBack, BrokerLost, Start, Stop
from controller.mqtt import Connection
from controller.session import Session
from controller.system import wall_s

LONGEST_AWAY_S: Final = 30.0
"""Longest wait for a lost broker when only the final commands, rods in and belt stopped, are left to send."""

REPORT_WAIT_S: Final = 2.0
"""A wait that is longer than this is reported."""

SOON_S: Final = 2.0
MANY_LOSSES: Final = 3
"""After so many losses in a row, each so soon after the connection, the reason must be another one than the network."""

LATENCY_SAMPLES: Final = 100_000


@contextmanager
def report_if_slow(report: Callable[[str], None], what: str) -> Iterator[None]:
    """Report once that the program waits for `what`, if the body takes longer than `REPORT_WAIT_S`."""
    timer = threading.Timer(REPORT_WAIT_S, report, [f"waiting for {what}"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Clock(Protocol):
    """Drives a session until it is finished."""

    def run(self, session: Session, connection: Connection, stop: threading.Event) -> None:
        """Return when the session is finished or can no longer finish. When `stop` is set, start to finish it."""


class WallClock:
    """Runs a session by the wall clock.

    `gate_to_command_s` has the latency of each gate edge that led to a command: from paho's delivery of the message
    until the publish call has returned. `report` gets the lines for a person.
    """

    def __init__(self, *, report: Callable[[str], None] = lambda text: None) -> None:
        self._report = report
        self._news = ConnectionNews(report)
        self.gate_to_command_s: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def run(self, session: Session, connection: Connection, stop: threading.Event) -> None:
        """Handle arrivals and deadlines as they come. Return at once if `stop` is already set."""
        if stop.is_set():
            return
        connection.publish(session.notify(Start(), wall_s()))
        stopping, connected_s = False, wall_s()
        while not session.finished:
            connected_s = wall_s() if connection.connected or not session.ending else connected_s
            if wall_s() - connected_s > LONGEST_AWAY_S:
                return
            if stop.is_set() and not stopping:
                stopping = True
                self._report("waiting for the belt to clear")
                connection.publish(session.notify(Stop(), wall_s()))
            deadline_s = session.next_deadline_s
            wait_s = LOOK_UP_S if deadline_s is None else min(LOOK_UP_S, deadline_s - wall_s())
            arrival = connection.next(max(0.0, wait_s))
            if arrival is not None:
                self._receive(session, connection, arrival)
            connection.publish(session.wake(wall_s()))

    def _receive(self, session: Session, connection: Connection, arrival: Arrival) -> None:
        self._news.tell(connection, arrival.sign)
        if arrival.sign is Sign.LOST:
            connection.publish(session.notify(BrokerLost(), wall_s()))
        elif arrival.sign is Sign.BACK:
            connection.publish(session.notify(BrokerBack(), wall_s()))
        elif arrival.topic == wire.FEEDBACK:
            commands = session.receive(arrival.payload, wall_s())
            if commands:
                connection.publish(commands)
                self.gate_to_command_s.append(wall_s() - arrival.at_s)


class ConnectionNews:
    """Reports that the broker is lost, or back; and once, where it goes on and on, what is the likely reason."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._back_s = -inf
        self._soon_lost = 0

    def tell(self, connection: Connection, sign: Sign) -> None:
        """Report what a sign says of the connection. A broker throws out the older of two clients of one name."""
        if sign is Sign.LOST:
            self._soon_lost = self._soon_lost + 1 if wall_s() - self._back_s < SOON_S else 0
            if self._soon_lost < MANY_LOSSES:
                self._report(f"lost the broker {connection.where}: trying again")
            elif self._soon_lost == MANY_LOSSES:
                self._report(
                    f"lost the broker {connection.where} again and again, soon after each connection: is another "
                    f"program connected as {connection.client_id!r}? Each must have a client id of its own"
                )
        elif sign is Sign.BACK:
            self._back_s = wall_s()
            if self._soon_lost < MANY_LOSSES:
                self._report(f"connected to {connection.where} again")
        elif self._soon_lost >= MANY_LOSSES and wall_s() - self._back_s > SOON_S:
            self._soon_lost = 0
            self._report(f"connected to {connection.where} again")
