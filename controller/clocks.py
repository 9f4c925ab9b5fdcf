"""The controller's clocks: the wall's, and one that is granted from outside. Its only door to the wall clock.

A clock owns the session's thread: it waits for what arrives and for what falls due, and tells the session what
time it is. The connection, the session and the core are the same under both.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from controller import codec
from controller.arrivals import Arrival, Sign
from controller.errors import WireError
from controller.events import BrokerBack, BrokerLost, Start, Stop

if TYPE_CHECKING:
    from controller.mqtt import Connection  # It stamps what arrives with this clock's time.
    from controller.session import Session

LONGEST_AWAY_S: Final = 30.0
"""A broker that is lost when there is nothing left to do but to bring the line to rest is waited for no longer."""

LOOK_UP_S: Final = 0.2
"""However long nothing is due, the clock looks up this often, so that a stop is heard."""

HELLO_AGAIN_S: Final = 0.5
SPEAK_UP_S: Final = 2.0
LATENCY_SAMPLES: Final = 100_000


def wall_s() -> float:
    """Seconds on the wall clock, from an arbitrary beginning, never falling."""
    return time.perf_counter()  # On Windows monotonic() stands still for up to 15.6 ms, before Python 3.13.


@contextmanager
def patiently(say: Callable[[str], None], what: str) -> Iterator[None]:
    """Whoever waits for longer than two seconds in here says, once, that it waits for `what`."""
    timer = threading.Timer(SPEAK_UP_S, say, [f"waiting for {what}"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Clock(Protocol):
    """Drives a session until it is finished."""

    def run(self, session: "Session", connection: "Connection", stop: threading.Event) -> None:
        """Return when the session is finished, or cannot be; begin to finish it when `stop` is set."""


class WallClock:
    """Time is the wall's. `gate_to_command_s` has, for each gate edge that was answered by a command, how long it took.

    That is from the moment at which paho handed the message over until the publish call has returned. `say` hears
    what a person should read: of a broker that is lost or back, and what a stop waits for.
    """

    def __init__(self, *, say: Callable[[str], None] = lambda text: None) -> None:
        self._say = say
        self.gate_to_command_s: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def run(self, session: "Session", connection: "Connection", stop: threading.Event) -> None:
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
                self._say("waiting for the belt to clear")
                connection.publish(session.tell(Stop(), wall_s()))
            deadline_s = session.next_deadline_s
            wait_s = LOOK_UP_S if deadline_s is None else min(LOOK_UP_S, deadline_s - wall_s())
            arrival = connection.next(max(0.0, wait_s))
            if arrival is not None:
                self._hear(session, connection, arrival)
            connection.publish(session.wake(wall_s()))

    def _hear(self, session: "Session", connection: "Connection", arrival: Arrival) -> None:
        _tell(self._say, connection, arrival.sign)
        if arrival.sign is Sign.LOST:
            connection.publish(session.tell(BrokerLost(), wall_s()))
        elif arrival.sign is Sign.BACK:
            connection.publish(session.tell(BrokerBack(), wall_s()))
        elif arrival.topic == codec.FEEDBACK:
            commands = session.receive(arrival.payload, wall_s())
            if commands:
                connection.publish(commands)
                self.gate_to_command_s.append(wall_s() - arrival.at_s)


class GrantedClock:
    """Time is what the twin grants (lockstep): nothing happens between grants, and nothing follows the wall.

    It says hello until the first grant, and takes that grant's count of messages as where its own begins. A grant
    that comes again is answered again and not acted on twice. A connection that was lost and is back is told to the
    session with the next grant, which the last answer, sent once more, asks for. `say` hears what a person should
    read: that the first grant is late, of a broker that is lost or back.
    """

    def __init__(self, who: str, *, say: Callable[[str], None] = lambda text: None) -> None:
        self._who = who
        self._say = say
        self._pending: deque[bytes] = deque()
        self._grant: codec.Grant | None = None
        self._received = 0
        self._sent = 0
        self._done: codec.Done | None = None
        self._started = False
        self._losses: list[BrokerLost | BrokerBack] = []

    def run(self, session: "Session", connection: "Connection", stop: threading.Event) -> None:
        """Act on grants until `stop` is set. A finished session goes on answering: the twin ends the run."""
        self._hello(connection)
        hello_s, speak_s = wall_s() + HELLO_AGAIN_S, wall_s() + SPEAK_UP_S
        while not stop.is_set():
            arrival = connection.next(LOOK_UP_S)
            if self._grant is None and wall_s() > hello_s:
                self._hello(connection)
                hello_s = wall_s() + HELLO_AGAIN_S
            if self._grant is None and wall_s() > speak_s:
                self._say(f"waiting for the first grant on {codec.CLOCK_GRANT}")
                speak_s = float("inf")
            if arrival is None:
                continue
            _tell(self._say, connection, arrival.sign)
            if arrival.sign is Sign.LOST:
                self._losses.append(BrokerLost())
            elif arrival.sign is Sign.BACK:
                self._back(connection)
            elif arrival.topic == codec.FEEDBACK:
                self._feedback(arrival.payload)
            elif arrival.topic == codec.CLOCK_GRANT:
                self._granted(arrival.payload, connection)
            self._act(session, connection)

    def _back(self, connection: "Connection") -> None:
        self._losses.append(BrokerBack())
        if self._done is None:
            self._hello(connection)
        else:
            connection.send(codec.CLOCK_DONE, codec.encode_clock(self._done))

    def _hello(self, connection: "Connection") -> None:
        connection.send(codec.CLOCK_HELLO, codec.encode_clock(codec.Hello(who=self._who)))

    def _feedback(self, payload: bytes) -> None:
        if self._started:
            self._received += 1
        self._pending.append(payload)

    def _granted(self, payload: bytes, connection: "Connection") -> None:
        try:
            grant = codec.decode_grant(payload)
        except WireError:
            return
        if self._done is not None and grant.grant <= self._done.grant:
            if grant.grant == self._done.grant:
                connection.send(codec.CLOCK_DONE, codec.encode_clock(self._done))
            return
        if not self._started:
            # What was sent before this participant was there is not its to handle.
            self._started = True
            self._received = grant.sent
            self._pending.clear()
        self._grant = grant

    def _act(self, session: "Session", connection: "Connection") -> None:
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
        self._done = codec.Done(grant=grant.grant, who=self._who, sent=self._sent, next_s=session.next_deadline_s)
        connection.send(codec.CLOCK_DONE, codec.encode_clock(self._done))


def _tell(say: Callable[[str], None], connection: "Connection", sign: Sign) -> None:
    """Say that the broker is lost, or back."""
    if sign is Sign.LOST:
        say(f"lost the broker {connection.where}: trying again")
    elif sign is Sign.BACK:
        say(f"connected to {connection.where} again")
