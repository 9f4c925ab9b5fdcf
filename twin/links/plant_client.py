"""The plant's client of a broker, for the link in real time: any controller can control the line through it."""

import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller import wire
from twin.errors import BrokerError

CONNECT_TIMEOUT_S: Final = 10.0
KEEP_ALIVE_S: Final = 50
RETRY_S: Final = 0.05
"""The pause before each attempt to reconnect. It is short, so as not to miss a controller's first command."""


class PlantClient:
    """The plant's client: it publishes feedback on `bb`, and passes each payload that arrives on `aa` to `take`.

    `take` is called in paho's network thread, so it must only queue the payload.
    """

    def __init__(self, host: str, port: int, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._address = (host, port)
        self._ready = threading.Event()
        self._refused: str | None = None
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        # paho counts the delays in float; its hints say int.
        self._client.reconnect_delay_set(RETRY_S, RETRY_S)  # type: ignore[arg-type]
        self._client.on_socket_open = no_delay
        self._client.on_connect = self._on_connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_arrived

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` if that fails or takes longer than `CONNECT_TIMEOUT_S`."""
        host, port = self._address
        try:
            self._client.connect(host, port, keepalive=KEEP_ALIVE_S)
        except (OSError, ValueError) as error:  # An impossible host name raises a ValueError.
            raise BrokerError(f"broker {host}:{port}: {error}; start one there, or leave --broker out") from None
        self._client.loop_start()
        if not self._ready.wait(CONNECT_TIMEOUT_S) or self._refused is not None:
            self.close()
            raise BrokerError(f"broker {host}:{port}: {self._refused or 'no answer'} within {CONNECT_TIMEOUT_S} s")

    def publish(self, payload: bytes) -> None:
        """Publish feedback. It is lost while the broker is away."""
        self._client.publish(wire.FEEDBACK, payload)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
        del self._client  # paho closes its inner sockets when it is collected; our callbacks would delay that.

    def _on_connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, *_: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            self._ready.set()
        else:
            client.subscribe(wire.COMMANDS)

    def _on_arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._take(bytes(message.payload))


def no_delay(client: mqtt.Client, userdata: Any, connection: Any) -> None:
    """Switch off Nagle's algorithm, which holds small messages back for 40 ms and more."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
