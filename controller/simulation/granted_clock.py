"""The clock that a simulation grants: the controller's side of the lockstep link."""

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
from controller.wall_clock import SPEAK_UP_S, report_sign

HELLO_AGAIN_S: Final = 0.5


class GrantedClock:
    """Time is what the twin grants (lockstep): nothing happens between grants, and nothing follows the wall.

    It says hello until the first grant, and takes that grant's count of messages as where its own begins. A grant
    that comes again is answered again and not acted on twice. A connection that was lost and is back is told to the
    session with the next grant, which the last answer, sent once more, asks for. `report` hears what a person should
    read: that the first grant is late, of a broker that is lost or back.
    """

    def __init__(self, who: str, *, report: Callable[[str], None] = lambda text: None) -> None:
        self._who = who
        self._report = report
        self._pending: deque[bytes] = deque()
        self._grant: wire.Grant | None = None
        self._received = 0
        self._sent = 0
        self._done: wire.Done | None = None
        self._started = False
        self._losses: list[BrokerLost | BrokerBack] = []

    def run(self, session: Session, connection: Connection, stop: threading.Event) -> None:
        """Act on grants until `stop` is set. A finished session goes on answering: the twin ends the run."""
        self._hello(connection)
        hello_s, speak_s = wall_s() + HELLO_AGAIN_S, wall_s() + SPEAK_UP_S
        while not stop.is_set():
            arrival = connection.next(LOOK_UP_S)
            if self._grant is None and wall_s() > hello_s:
                self._hello(connection)
                hello_s = wall_s() + HELLO_AGAIN_S
            if self._grant is None and wall_s() > speak_s:
                self._report(f"waiting for the first grant on {wire.CLOCK_GRANT}")
                speak_s = float("inf")
            if arrival is None:
                continue
            report_sign(self._report, connection, arrival.sign)
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
            # What was sent before this participant was there is not its to handle.
            self._started = True
            self._received = grant.sent
            self._pending.clear()
        self._grant = grant

    def _act(self, session: Session, connection: Connection) -> None:
        """Act on the grant once all that it counts is here."""
        grant = self._grant
        if grant is None or (self._done is not None and self._done.grant == grant.grant):
            return
        if self._received < grant.sent:
            return
        commands: tuple[bytes, ...] = ()
        if self._done is None:
            commands += session.tell(Start(), grant.now_s)
            self._losses.clear()
        for event in self._losses:
            commands += session.tell(event, grant.now_s)
        self._losses.clear()
        if grant.stop:
            commands += session.tell(Stop(), grant.now_s)
        for _ in range(len(self._pending) - (self._received - grant.sent)):
            commands += session.receive(self._pending.popleft(), grant.now_s)
        commands += session.wake(grant.now_s)
        connection.publish(commands)
        self._sent += len(commands)
        self._done = wire.Done(grant=grant.grant, who=self._who, sent=self._sent, next_s=session.next_deadline_s)
        connection.send(wire.CLOCK_DONE, wire.encode_clock(self._done))
