"""The controller's connection to a broker: paho-mqtt, whose network thread only puts raw bytes on a bounded queue.

The last will stops the belt when the controller dies. Reconnecting is paho's, with back-off; both ends of a
loss come up in the queue, in order with the messages.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller import codec
from controller.errors import BrokerError

CLIENT_ID: Final = "FS_Ctl"
DEFAULT_PORT: Final = 21883
KEEP_ALIVE_S: Final = 50
CONNECT_TIMEOUT_S: Final = 10.0
QUEUED_ARRIVALS: Final = 10_000
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 1.0


class Sign(Enum):
    """What an arrival is, besides a message."""

    MESSAGE = "message"
    LOST = "lost"
    BACK = "back"
    POKE = "poke"


class Arrival(NamedTuple):
    """Something for the session's thread; `at_s` is when paho handed it over, on the wall clock."""

    sign: Sign
    topic: str = ""
    payload: bytes = b""
    at_s: float = 0.0


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is and how it lets the controller in; `port` as the FS simulator listens."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    client_id: str = CLIENT_ID
    keep_alive_s: int = KEEP_ALIVE_S
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca_file: str | None = None


class Connection:
    """A connection to the broker. `dropped` counts messages that came while the queue was full."""

    def __init__(self, address: Address, *, topics: Sequence[str] = (codec.FEEDBACK,)) -> None:
        self._address = address
        self._topics = topics
        self._arrivals: queue.Queue[Arrival] = queue.Queue(maxsize=QUEUED_ARRIVALS)
        self._subscribed = threading.Event()
        self._refused: str | None = None
        self._was_there = False
        self.dropped = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=address.client_id, clean_session=True, protocol=mqtt.MQTTv311
        )
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_socket_open = _no_delay
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._listening
        self._client.on_message = self._arrived
        self._client.will_set(codec.COMMANDS, codec.encode_command(codec.Conveyor(run=False)), qos=0)
        if address.username is not None:
            self._client.username_pw_set(address.username, address.password)
        if address.tls:
            context = ssl.create_default_context(cafile=address.ca_file)
            self._client.tls_set_context(context)

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` when the broker cannot be reached or refuses."""
        where = f"broker {self._address.host}:{self._address.port}"
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=self._address.keep_alive_s)
        except (OSError, ValueError) as error:
            raise BrokerError(f"{where}: {error}; is a broker running there?") from None
        self._client.loop_start()
        if not self._subscribed.wait(CONNECT_TIMEOUT_S) or self._refused is not None:
            self.close()
            raise BrokerError(f"{where}: {self._refused or f'no answer within {CONNECT_TIMEOUT_S:g} s'}")

    def close(self) -> None:
        """Disconnect in good order: the last will is not sent."""
        self._client.disconnect()
        self._client.loop_stop()
        del self._client  # paho closes its inner sockets when it is collected, which our callbacks would put off.

    def next(self, timeout_s: float) -> Arrival | None:
        """The next arrival, or None after `timeout_s`."""
        try:
            return self._arrivals.get(timeout=timeout_s) if timeout_s > 0 else self._arrivals.get_nowait()
        except queue.Empty:
            return None

    def poke(self) -> None:
        """Wake whoever waits in `next`: something is there that did not come over the broker."""
        self._put(Arrival(Sign.POKE))

    def publish(self, commands: Sequence[bytes]) -> None:
        """Send commands, in order. While the broker is away they are lost; the session is told of that."""
        for payload in commands:
            self._client.publish(codec.COMMANDS, payload)

    def send(self, topic: str, payload: bytes) -> None:
        """Send a clock message."""
        self._client.publish(topic, payload)

    def _connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            self._subscribed.set()
            return
        client.subscribe([(topic, 0) for topic in self._topics])

    def _listening(self, *_: Any) -> None:
        if self._was_there:
            self._put(Arrival(Sign.BACK))
        self._was_there = True
        self._subscribed.set()

    def _disconnected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.DisconnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        if self._was_there:
            self._put(Arrival(Sign.LOST))

    def _arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if len(payload) > codec.MAX_FEEDBACK_BYTES:
            payload = b""  # It will be refused; a queue full of such must not fill the memory.
        self._put(Arrival(Sign.MESSAGE, message.topic, payload, time.monotonic()))

    def _put(self, arrival: Arrival) -> None:
        try:
            self._arrivals.put_nowait(arrival)
        except queue.Full:
            self.dropped += 1


def _no_delay(client: mqtt.Client, userdata: Any, connection: Any) -> None:
    """Without it Nagle's algorithm holds small messages back for 40 ms and more."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
