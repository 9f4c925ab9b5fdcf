"""Connects the sockets of a hosted program to the broker or to the recognition service.

The first byte of a connection decides: MQTT's CONNECT, or the method of an HTTP request.
"""

from collections.abc import Callable, Sequence
from typing import Final

from classifier import Recognizer
from controller import wire
from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.effects import Close, Connected, Published, Send
from twin.broker.mqtt.packets import Connect, Disconnect
from twin.broker.mqtt.session_broker import SessionBroker
from twin.broker.observation import Observation
from twin.errors import HostingError
from twin.links.external_controller import SERVICE_PORT
from twin.links.hosted.broker_observations import observations_of
from twin.links.recognition_endpoint import RecognitionEndpoint, UnsupportedRequestError

MOST_CONNECTIONS: Final = 1_000_000
"""More connections than one process of a program opens. The connections of a restarted program have other numbers."""

_CONNECT: Final = 0x10
_HTTP: Final = b"GPHDOC"
"""The first letters of HTTP's methods."""


class Switchboard:
    """A program's connections, by the number that it gives them. Times are in s from any origin.

    `inbox` has the messages for the program. `commands` has the program's payloads on `aa`, and `observations` has what
    the broker observed of its clients; both grow until the caller takes them out. `down` says whether the broker
    refuses connections, `ever_connected` whether a client has connected. `addresses` has the first host and port at
    which the program looked for the broker (`mqtt`) and the service (`http`).
    """

    def __init__(self, recognizer: Recognizer, original: Callable[[bytes], bytes]) -> None:
        self._broker = SessionBroker()
        self._service = RecognitionEndpoint(recognizer, original=original)
        self._kinds: dict[int, str] = {}
        self._rivals: dict[int, str] = {}
        self._rival_count = 0
        self._opened: dict[int, tuple[str, int]] = {}
        self._ports: dict[int, str] = {SERVICE_PORT: "http"}
        self.addresses: dict[str, tuple[str, int]] = {}
        self._incarnation = 0
        self.inbox: list[Sequence[object]] = []
        self.commands: list[bytes] = []
        self.observations: list[Observation] = []
        self.down = False
        self.ever_connected = False

    @property
    def next_s(self) -> float | None:
        """When `tick` is due."""
        wakes_s = (self._broker.next_deadline_s, self._service.next_due_s)
        return min((wake_s for wake_s in wakes_s if wake_s is not None), default=None)

    def begin(self) -> None:
        """Note that a program starts."""
        self._incarnation += 1

    def take(self, message: Sequence[object], now_s: float) -> None:
        """Take the program's message about a connection. Raises `HostingError` for an unknown protocol."""
        kind, number, *rest = message
        assert isinstance(number, int)
        if kind == "open":
            self._open(number, str(rest[0]), int(str(rest[1])))
        elif kind == "data":
            self._receive(self._incarnation * MOST_CONNECTIONS + number, str(rest[0]).encode("latin-1"), now_s)
        else:
            self._close(self._incarnation * MOST_CONNECTIONS + number)
        self._act()

    def tick(self, now_s: float) -> None:
        """Move the time on, and do what is due."""
        self._broker.tick(now_s)
        for connection, data, last in self._service.due(now_s):
            self._send(connection, data)
            if last:
                self._close(connection)
                self._hang_up(connection)
        self._act()

    def publish(self, payload: bytes) -> bool:
        """Publish feedback. Returns whether any client gets it."""
        if self.down:
            return False
        waiting = len(self.inbox)
        self._broker.publish(wire.FEEDBACK, payload)
        self._act()
        return len(self.inbox) > waiting

    def cut_off(self, *, goodbye: bool) -> None:
        """Break every connection to the broker. With `goodbye` the broker publishes the clients' last wills."""
        self.down = True
        if goodbye:
            for connection, kind in list(self._kinds.items()):
                if kind == "mqtt":
                    self._broker.cut_off(connection)
        else:
            self._broker.restart()
        self._act()

    def take_over(self, now_s: float) -> bool:
        """Another client connects with each id of the program's, where it has not got it. Whether there was any."""
        missing = sorted(set(self._broker.client_ids) - set(self._rivals.values()))
        for client_id in missing:
            self._rival_count += 1
            rival = -self._rival_count  # The program's connections have positive numbers.
            self._rivals[rival] = client_id
            self._broker.opened(rival)
            self._broker.received(rival, encode(Connect(client_id=client_id, keep_alive_s=0)), now_s)
        self._act()
        return bool(missing)

    def leave(self, now_s: float) -> None:
        """The other client disconnects."""
        for rival in self._rivals:
            self._broker.received(rival, encode(Disconnect()), now_s)
        self._act()

    def retain(self, payload: bytes) -> None:
        """Keep a message on `bb` for whoever subscribes; b"" for none."""
        self._broker.retain(wire.FEEDBACK, payload)

    def end(self) -> None:
        """Close all connections of a program that is gone."""
        for connection in list(self._kinds):
            self._close(connection)
        self._act()
        self.inbox.clear()

    def _open(self, number: int, host: str, port: int) -> None:
        if self.down and self._is_for_broker(port):
            self.inbox.append(("refuse", number))
        else:
            self._kinds[self._incarnation * MOST_CONNECTIONS + number] = ""
            self._opened[self._incarnation * MOST_CONNECTIONS + number] = (host, port)
            self.inbox.append(("accept", number))

    def _is_for_broker(self, port: int) -> bool:
        """Whether a connection to this port is one to the broker. The service runs on without the broker."""
        kind = self._ports.get(port)
        return kind == "mqtt" or (kind is None and "mqtt" not in self._ports.values())

    def _receive(self, connection: int, data: bytes, now_s: float) -> None:
        kind = self._kinds.get(connection)
        if kind == "" and data:
            kind = self._kinds[connection] = _kind(data[0])
            self.addresses.setdefault(kind, self._opened[connection])
            self._ports.setdefault(self._opened[connection][1], kind)
            if kind == "mqtt" and self.down:  # It connected before the broker was away.
                del self._kinds[connection]
                self._hang_up(connection)
                return
            if kind == "mqtt":
                self._broker.opened(connection)
        if kind == "mqtt":
            self._broker.received(connection, data, now_s)
        elif kind == "http":
            try:
                self._service.received(connection, data, now_s)
            except UnsupportedRequestError as unsupported:
                must = "to the broker or the recognition service"
                raise HostingError(f"--controller can't be hosted: it speaks {must} only, got {unsupported}") from None

    def _close(self, connection: int) -> None:
        kind = self._kinds.pop(connection, None)
        self._opened.pop(connection, None)
        if kind == "mqtt":
            self._broker.closed(connection)
        elif kind == "http":
            self._service.closed(connection)

    def _send(self, connection: int, data: bytes) -> None:
        self.inbox.append(("data", connection % MOST_CONNECTIONS, data.decode("latin-1")))

    def _hang_up(self, connection: int) -> None:
        self.inbox.append(("close", connection % MOST_CONNECTIONS))

    def _act(self) -> None:
        """Carry out the broker's effects."""
        for effect in self._broker.take():
            if isinstance(effect, Send | Connected | Close) and effect.connection in self._rivals:
                if isinstance(effect, Close):
                    del self._rivals[effect.connection]
            elif isinstance(effect, Send):
                self._send(effect.connection, effect.data)
            elif isinstance(effect, Close):
                self._kinds.pop(effect.connection, None)
                self._hang_up(effect.connection)
            elif isinstance(effect, Published):
                if effect.topic == wire.COMMANDS:
                    self.commands.append(effect.payload)
            else:
                self.ever_connected |= isinstance(effect, Connected)
                self.observations.extend(observations_of(effect))


def _kind(first: int) -> str:
    """The protocol of a connection. Raises `HostingError` for one that the twin does not speak."""
    if first == _CONNECT:
        return "mqtt"
    if first in _HTTP:
        return "http"
    must = "its connections must be MQTT or HTTP without TLS"
    raise HostingError(f"--controller can't be hosted: {must}; use --link realtime")
