"""The controller's side of the lockstep link: a clock that advances when the twin grants it time."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from controller import wire
from controller.arrivals import LOOK_UP_S, Sign
from controller.core.events import BrokerBack, BrokerLost, Start, Stop
from controller.errors import WireError
from controller.mqtt import Connection
from controller.session import Session
from controller.system import wall_s
from controller.wall_clock import REPORT_WAIT_S, ConnectionNews

HELLO_AGAIN_S: Final = 0.5


class GrantedClock:
    """Runs a session on the time that the twin grants. Between grants nothing happens; the wall clock plays no part.

    The clock sends hello until the first grant, and starts its own count of messages at that grant's count. It answers
    a repeated grant again, but acts on it only once. After a lost connection it sends its last answer again; the twin
    replies with the next grant, with which the session gets the loss and the return. `report` gets the lines for a
    person: first grant late, broker lost or back.
    """

    def __init__(self, who: str, *, report: Callable[[str], None] = lambda text: None) -> None:
        self._who = who
        self._report = report
        self._news = ConnectionNews(report)
        self._pending: deque[bytes] = deque()
        self._grant: wire.Grant | None = None
        self._received = 0
        self._sent = 0
        self._done: wire.Done | None = None
        self._started = False
        self._losses: list[BrokerLost | BrokerBack] = []

    def run(self, session: Session, connection: Connection, stop: threading.Event) -> None:
        """Act on grants until `stop` is set. A finished session still answers grants, because the twin ends the run."""
        self._hello(connection)
        hello_s, report_s = wall_s() + HELLO_AGAIN_S, wall_s() + REPORT_WAIT_S
        while not stop.is_set():
            arrival = connection.next(LOOK_UP_S)
            if self._grant is None and wall_s() > hello_s:
                self._hello(connection)
                hello_s = wall_s() + HELLO_AGAIN_S
            if self._grant is None and wall_s() > report_s:
                self._report(f"waiting for the first grant on {wire.CLOCK_GRANT}")
                report_s = float("inf")
            if arrival is None:
                continue
            self._news.tell(connection, arrival.sign)
            if arrival.sign is Sign.LOST:
                self._losses.append(BrokerLost())
            elif arrival.sign is Sign.BACK:
                self._back(connection)
            elif arrival.topic == wire.FEEDBACK:
                self._feedback(arrival.payload)
            elif arrival.topic == wire.CLOCK_GRANT:
                self._granted(arrival.payload, connection)
            self._act(session, connection)

    def _back(self, connection: Connection) -> None:
        self._losses.append(BrokerBack())
        if self._done is None:
            self._hello(connection)
        else:
            connection.send(wire.CLOCK_DONE, wire.encode_clock(self._done))

    def _hello(self, connection: Connection) -> None:
        connection.send(wire.CLOCK_HELLO, wire.encode_clock(wire.Hello(who=self._who)))

    def _feedback(self, payload: bytes) -> None:
        if self._started:
            self._received += 1
        self._pending.append(payload)

    def _granted(self, payload: bytes, connection: Connection) -> None:
        try:
            grant = wire.decode_grant(payload)
        except WireError:
            return
        if self._done is not None and grant.grant <= self._done.grant:
            if grant.grant == self._done.grant:
                connection.send(wire.CLOCK_DONE, wire.encode_clock(self._done))
            return
        if not self._started:
            # Messages from before this participant's first grant are not counted, and not for it.
            self._started = True
            self._received = grant.sent
            self._pending.clear()
        self._grant = grant

    def _act(self, session: Session, connection: Connection) -> None:
        """Act on the grant once all feedback that it counts has arrived."""
        grant = self._grant
        if grant is None or (self._done is not None and self._done.grant == grant.grant):
            return
        if self._received < grant.sent:
            return
        commands: tuple[bytes, ...] = ()
        if self._done is None:
            commands += session.notify(Start(), grant.now_s)
            self._losses.clear()
        for event in self._losses:
            commands += session.notify(event, grant.now_s)
        self._losses.clear()
        if grant.stop:
            commands += session.notify(Stop(), grant.now_s)
        for _ in range(len(self._pending) - (self._received - grant.sent)):
            commands += session.receive(self._pending.popleft(), grant.now_s)
        commands += session.wake(grant.now_s)
        connection.publish(commands)
        self._sent += len(commands)
        self._done = wire.Done(grant=grant.grant, who=self._who, sent=self._sent, next_s=session.next_deadline_s)
        connection.send(wire.CLOCK_DONE, wire.encode_clock(self._done))
