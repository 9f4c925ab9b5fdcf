"""The twin's client of a broker. Messages have QoS 0: those published while the broker is away are lost.

In lockstep the network is served in the caller's own thread, so that no message needs a thread switch: only in `open`,
`publish` and `poll`. In real time a thread serves it.
"""

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller.mqtt import CONNECT_TIMEOUT_S, KEEP_ALIVE_S, SUBSCRIBE_TIMEOUT_S, no_delay
from controller.system import wall_s
from twin.errors import BrokerError

RETRY_S: Final = 0.05
"""The pause before each attempt to reconnect. It is short, so as not to miss a controller's first command."""

POLL_S: Final = 0.1
"""The longest wait for a message before the caller checks its other conditions."""


class GrantClient(Protocol):
    """The twin's client in lockstep, in the caller's own thread: with a connection, or inside the embedded broker.

    `losses` counts how often the broker was lost.
    """

    losses: int

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` if there is no broker."""

    @property
    def up(self) -> bool:
        """Whether the broker is there and accepts messages."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message, at the latest with the next `poll`. It is lost while the broker is away."""

    def poll(self, wait_s: float) -> bool:
        """Wait at most `wait_s` for messages, and pass them on. Returns whether there was anything to do."""

    def end_connection(self, client_id: str) -> None:
        """Cut another client's connection, as a network failure would."""

    def close(self) -> None:
        """Disconnect."""


class BrokerClient:
    """Publishes messages, and passes each one that arrives on `topics` to `on_message`.

    `on_back` is called when a lost broker is back. `client_id` is generated unless given. With `threaded`, a thread
    serves the network once the client is open, and `on_message` and `on_back` are called in it. `losses` counts how
    often the connection was lost.
    """

    def __init__(
        self, host: str, port: int, topics: Sequence[str], on_message: Callable[[str, bytes], None], *,
        on_back: Callable[[], None] = lambda: None, client_id: str | None = None, threaded: bool = False,
    ) -> None:  # fmt: skip
        self.losses = 0
        self._address = (host, port)
        self._topics = topics
        self._receive = on_message
        self._on_back = on_back
        self._threaded = threaded
        self._subscribed = False
        self._refused: str | None = None
        self._pause = threading.Event()
        self.client_id = client_id or f"twin-{os.getpid()}-{port}-{id(self):x}"
        self._client = _client(self.client_id)
        self._client.on_connect = self._on_connected
        self._client.on_disconnect = self._on_lost
        self._client.on_subscribe = self._on_subscribed
        self._client.on_message = self._on_arrived

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` if that fails or takes longer than `SUBSCRIBE_TIMEOUT_S`."""
        until_s = wall_s() + SUBSCRIBE_TIMEOUT_S
        self._connect()
        while not self._subscribed:
            self.poll(POLL_S)
            why = self._refused or ("it closed the connection" if self.losses else None)
            if why is None and wall_s() > until_s:
                why = f"no answer within {SUBSCRIBE_TIMEOUT_S:g} s"
            if why is not None:
                self.close()
                raise BrokerError(
                    f"broker {self._address_text}: {why}; it must accept the twin's connection (MQTT 3.1.1)"
                )
        if self._threaded:
            self._client.loop_start()

    @property
    def up(self) -> bool:
        """Whether this client is connected and subscribed."""
        return self._subscribed

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message. It is lost while the broker is away."""
        self._client.publish(topic, payload)

    def poll(self, wait_s: float) -> bool:
        """Serve the network: wait at most `wait_s` for messages, and handle them. A lost connection is restored.

        Returns whether there was anything to do.
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
        """Cut another client's connection by connecting with its id: the broker drops the older one (MQTT-3.1.4-2)."""
        second = BrokerClient(*self._address, self._topics, lambda topic, payload: None, client_id=client_id)
        second.open()
        second.close()

    def close(self) -> None:
        """Disconnect."""
        self._client.on_disconnect = None
        self._client.disconnect()
        if self._threaded:
            self._client.loop_stop()
        del self._client  # paho closes its inner sockets when it is collected; our callbacks would delay that.

    @property
    def _address_text(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def _connect(self) -> None:
        try:
            # Without a thread there is no keep-alive: the caller may do other things for longer than any lasts.
            self._client.connect(*self._address, keepalive=KEEP_ALIVE_S if self._threaded else 0)
        except (OSError, ValueError) as error:
            raise BrokerError(f"broker {self._address_text}: {error}; start one there, or leave --broker out") from None

    def _reconnect(self) -> bool:
        self._pause.wait(RETRY_S)
        try:
            self._client.reconnect()
        except OSError:
            return False
        return True

    def _on_connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
        else:
            client.subscribe([(topic, 0) for topic in self._topics])

    def _on_subscribed(
        self, client: mqtt.Client, userdata: Any, mid: int, reasons: Sequence[ReasonCode], properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = f"it refuses to send {', '.join(self._topics)}; this client must be allowed to read that"
            return
        self._subscribed = True
        if self.losses:
            self._on_back()

    def _on_lost(self, *_: Any) -> None:
        self._subscribed = False
        self.losses += 1

    def _on_arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._receive(message.topic, bytes(message.payload))


def _client(name: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
    client.connect_timeout = CONNECT_TIMEOUT_S
    # paho counts the delays in float; its hints say int.
    client.reconnect_delay_set(RETRY_S, RETRY_S)  # type: ignore[arg-type]
    client.on_socket_open = no_delay
    return client
