"""A connection to a broker whose network loop is the caller's own thread: waiting for a message costs no change of it.

Nothing happens on the network but in `open`, `publish` and `poll`. QoS 0: while the broker is away, what is published
is lost.
"""

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller.system import wall_s
from twin.errors import BrokerError
from twin.links.plant_client import RETRY_S, no_delay

CONNECT_TIMEOUT_S: Final = 5.0
WELCOME_TIMEOUT_S: Final = 10.0
LOOK_UP_S: Final = 0.1


class GrantClient(Protocol):
    """How the twin speaks and hears in lockstep, in the caller's own thread: over a connection, or without one."""

    losses: int

    def open(self) -> None:
        """Begin. Raises `BrokerError` where there is no broker."""

    @property
    def up(self) -> bool:
        """Whether the broker is there and hears what is published."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message, by the next turn at the latest, or lose it."""

    def poll(self, wait_s: float) -> bool:
        """Wait until something arrives, at most `wait_s`, and hand it on. Returns whether anything was to be done."""

    def end_connection(self, client_id: str) -> None:
        """End a client's connection as a network would."""

    def close(self) -> None:
        """End."""


class BlockingClient:
    """Publishes, and hands what arrives on `topics` to `on_message`. `on_back` is called when a lost broker is back.

    `client_id` is one of its own unless given; `losses` counts how often the connection was lost.
    """

    def __init__(
        self, host: str, port: int, topics: Sequence[str], on_message: Callable[[str, bytes], None], *,
        on_back: Callable[[], None] = lambda: None, client_id: str | None = None,
    ) -> None:  # fmt: skip
        self.losses = 0
        self._address = (host, port)
        self._topics = topics
        self._receive = on_message
        self._on_back = on_back
        self._subscribed = False
        self._refused: str | None = None
        self._pause = threading.Event()
        self.client_id = client_id or f"twin-{os.getpid()}-{port}-{id(self):x}"
        self._client = _client(self.client_id)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._lost
        self._client.on_subscribe = self._listening
        self._client.on_message = self._arrived

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` if that fails or takes too long."""
        until_s = wall_s() + WELCOME_TIMEOUT_S
        self._reach()
        while not self._subscribed:
            self.poll(LOOK_UP_S)
            why = self._refused or ("it closed the connection" if self.losses else None)
            if why is None and wall_s() > until_s:
                why = f"no answer within {WELCOME_TIMEOUT_S:g} s"
            if why is not None:
                self.close()
                raise BrokerError(f"broker {self._where}: {why}; it must let the twin in, MQTT 3.1.1")

    @property
    def up(self) -> bool:
        """Whether the connection stands and hears what is published."""
        return self._subscribed

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message, or lose it."""
        self._client.publish(topic, payload)

    def poll(self, wait_s: float) -> bool:
        """Let the network happen: wait until something arrives, at most `wait_s`, and handle it.

        Returns whether anything was to be done. A lost connection is made again.
        """
        connection = self._client.socket()
        if connection is None:
            return self._reconnect()
        unsent = [connection] if self._client.want_write() else []
        readable, writable, _ = select.select([connection], unsent, [], wait_s)
        if writable:
            self._client.loop_write()
        if readable:
            self._client.loop_read()
        return bool(readable or writable)

    def end_connection(self, client_id: str) -> None:
        """End a client's connection: taking its place is what makes any broker drop it (MQTT 3.1.1, 3.1.4-2)."""
        usurper = BlockingClient(*self._address, self._topics, lambda topic, payload: None, client_id=client_id)
        usurper.open()
        usurper.close()

    def close(self) -> None:
        """Disconnect."""
        self._client.on_disconnect = None
        self._client.disconnect()

    @property
    def _where(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def _reach(self) -> None:
        try:
            # No keep-alive: the caller may be busy with other things for longer than any.
            self._client.connect(*self._address, keepalive=0)
        except (OSError, ValueError) as error:
            raise BrokerError(f"broker {self._where}: {error}; start one there, or leave --broker out") from None

    def _reconnect(self) -> bool:
        self._pause.wait(RETRY_S)
        try:
            self._client.reconnect()
        except OSError:
            return False
        return True

    def _connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
        else:
            client.subscribe([(topic, 0) for topic in self._topics])

    def _listening(self, *_: Any) -> None:
        self._subscribed = True
        if self.losses:
            self._on_back()

    def _lost(self, *_: Any) -> None:
        self._subscribed = False
        self.losses += 1

    def _arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._receive(message.topic, bytes(message.payload))


def _client(name: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
    client.connect_timeout = CONNECT_TIMEOUT_S
    client.on_socket_open = no_delay
    return client
