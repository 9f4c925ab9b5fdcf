"""The controller's connection to a broker, by paho-mqtt. Paho's network thread only queues raw bytes.

The last will stops the belt when the controller dies. Paho reconnects with back-off. The queue holds the loss and
the return of the connection in order with the messages.
"""

import errno
import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller import wire
from controller.address import DEFAULT_PORT, address_text
from controller.arrivals import LOOK_UP_S, Arrival, Arrivals, Sign
from controller.errors import BrokerAbsentError, BrokerError, SettingsError
from controller.frozen import settle
from controller.system import wall_s

CLIENT_ID: Final = "FS_Ctl"
KEEP_ALIVE_S: Final = 50
CONNECT_TIMEOUT_S: Final = 5.0
SUBSCRIBE_TIMEOUT_S: Final = 10.0
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 1.0
UNREACHABLE: Final = (errno.EHOSTUNREACH, errno.ENETUNREACH)
"""Errors of a network that may still come up."""

LONGEST_TEXT_BYTES: Final = 65535
"""The longest string in MQTT 3.1.1 (section 1.5.3)."""

LOGGED_BYTES: Final = 80
"""What the log shows of a message. A picture is longer."""

_log = logging.getLogger(__name__)


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker's address, and how the controller identifies itself there.

    `keep_alive_s` is 1 to 65535 s. `username` and `password` are for brokers that ask for them. `tls` encrypts the
    connection: `ca_file` has the trusted certificates (None: the system's), `cert_file` and `key_file` are the
    controller's own; without `tls` they are refused. Port and topics default to the FS simulator's. Raises
    `SettingsError`.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    client_id: str = CLIENT_ID
    keep_alive_s: int = KEEP_ALIVE_S
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    commands_topic: str = wire.COMMANDS
    feedback_topic: str = wire.FEEDBACK

    def __post_init__(self) -> None:
        """Check every field. Raises `SettingsError`."""
        settle(self, SettingsError)
        if not self.host:
            raise SettingsError("host", self.host, "a name or an address")
        if not 1 <= self.port <= 65535:
            raise SettingsError("port", self.port, "1 to 65535")
        if not 1 <= self.keep_alive_s <= 65535:
            raise SettingsError("keep_alive_s", self.keep_alive_s, "1 to 65535")
        _check_text("client_id", self.client_id, least=1)
        _check_text("username", self.username)
        _check_text("password", self.password, shown="***")
        for field in ("commands_topic", "feedback_topic"):
            topic = getattr(self, field)
            _check_text(field, topic, least=1)
            if any(sign in topic for sign in "+#"):
                raise SettingsError(field, topic, "a topic without wildcards")
        for field in ("ca_file", "cert_file", "key_file"):
            if getattr(self, field) is not None and not self.tls:
                raise SettingsError(field, getattr(self, field), "left out without tls")
        if self.key_file is not None and self.cert_file is None:
            raise SettingsError("key_file", self.key_file, "left out without cert_file")


class Connection:
    """A connection to the broker that subscribes to `topics`, the plant's feedback among them."""

    def __init__(self, address: Address, *, topics: Sequence[str] = (wire.FEEDBACK,)) -> None:
        self._address = address
        # The session knows feedback by the codec's topic, whatever the topic is called at the broker.
        self._names = {address.feedback_topic if topic == wire.FEEDBACK else topic: topic for topic in topics}
        self._arrivals = Arrivals()
        self._subscribed = threading.Event()
        self._refused: str | None = None
        self._is_connected = False
        self._was_connected = False
        self._client = self._make_client(address)

    def _make_client(self, address: Address) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=address.client_id, clean_session=True, protocol=mqtt.MQTTv311
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        # paho counts the delays in float; its hints say int.
        client.reconnect_delay_set(FIRST_RETRY_S, LAST_RETRY_S)  # type: ignore[arg-type]
        client.on_socket_open = no_delay
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._on_subscribed
        client.on_message = self._arrived
        client.will_set(address.commands_topic, wire.encode_command(wire.Conveyor(run=False)), qos=0)
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        if address.tls:
            client.tls_set_context(_context(address))
        return client

    @property
    def where(self) -> str:
        """HOST:PORT of the broker."""
        return address_text(self._address.host, self._address.port)

    @property
    def client_id(self) -> str:
        """The name under which the broker knows this client. It lets no two clients in under one name."""
        return self._address.client_id

    @property
    def connected(self) -> bool:
        """Whether the connection is subscribed, as far as is known."""
        return self._is_connected

    @property
    def dropped(self) -> int:
        """How many messages were dropped because the queue was full."""
        return self._arrivals.dropped

    def open(self, stop: threading.Event | None = None, *, timeout_s: float = SUBSCRIBE_TIMEOUT_S) -> None:
        """Connect and subscribe, unless `stop` is set meanwhile.

        Raises `BrokerAbsentError` when nothing listens there, and `BrokerError` when the address cannot be used, or the
        broker refuses or gives no answer in time.
        """
        where = f"broker {self.where}"
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=self._address.keep_alive_s)
        except (OSError, ValueError) as error:
            if self._address.tls and isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
                raise BrokerError(f"{where}: {error} in the handshake of TLS; this port must speak TLS") from None
            absent = isinstance(error, ConnectionError | TimeoutError) or getattr(error, "errno", None) in UNREACHABLE
            kind, hint = (BrokerAbsentError, "; is a broker running there?") if absent else (BrokerError, "")
            raise kind(f"{where}: {error}{hint}") from None
        self._client.loop_start()
        until_s = wall_s() + timeout_s
        while not self._subscribed.wait(LOOK_UP_S) and wall_s() < until_s:
            if stop is not None and stop.is_set():
                return
        if not self._subscribed.is_set() or self._refused is not None:
            refused = self._refused  # Closing would set another reason.
            self.close()
            raise BrokerError(f"{where}: {refused or f'no answer within {timeout_s:g} s'}")

    def close(self) -> None:
        """Disconnect cleanly: commands already published are sent first, and the broker does not send the last will."""
        self._client.disconnect()
        self._client.loop_stop()
        del self._client  # Paho closes its sockets on collection, which our callbacks would delay.

    def next(self, timeout_s: float) -> Arrival | None:
        """The next arrival, or None after `timeout_s`."""
        return self._arrivals.next(timeout_s)

    def poke(self) -> None:
        """Wake the thread that waits in `next`, for something that did not come over the broker."""
        self._arrivals.put(Arrival(Sign.POKE))

    def publish(self, commands: Sequence[bytes]) -> None:
        """Send commands, in order. While the broker is away they are lost; the session gets `BrokerLost`."""
        for payload in commands:
            _log_message("sent", payload)
            self._client.publish(self._address.commands_topic, payload)

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
        client.subscribe([(topic, 0) for topic in self._names])

    def _on_subscribed(
        self, client: mqtt.Client, userdata: Any, mid: int, reasons: Sequence[ReasonCode], properties: Any
    ) -> None:
        refused = [topic for topic, reason in zip(self._names, reasons, strict=False) if reason.is_failure]
        needed = [topic for topic in refused if self._names[topic] in (wire.FEEDBACK, wire.CLOCK_GRANT)]
        if needed:
            self._refused = f"it refuses to send {', '.join(needed)}; this client must be allowed to read that"
            _log.warning("subscription_refused t_s=%.3f topics=%s", wall_s(), ",".join(needed))
            self._subscribed.set()
            return
        if self._is_connected:
            return
        if self._was_connected:
            self._arrivals.put(Arrival(Sign.BACK))
        self._is_connected = self._was_connected = True
        self._subscribed.set()

    def _disconnected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.DisconnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        # A broker that disconnects before it confirms the subscription was never back.
        if self._is_connected:
            self._is_connected = False
            self._arrivals.put(Arrival(Sign.LOST))
        elif not self._was_connected and self._refused is None:
            self._refused = "it closed the connection; it must be an MQTT 3.1.1 broker that lets this client in"
            self._subscribed.set()

    def _arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if len(payload) > wire.MAX_FEEDBACK_BYTES:
            payload = b""  # The codec refuses it. Many such payloads in the queue would fill the memory.
        self._arrivals.put(Arrival(Sign.MESSAGE, self._names.get(message.topic, ""), payload, wall_s()))
        _log_message("received", payload)


def _log_message(direction: str, payload: bytes) -> None:
    if _log.isEnabledFor(logging.DEBUG):
        text = payload[:LOGGED_BYTES].decode(errors="backslashreplace")
        _log.debug("%s t_s=%.3f bytes=%d payload=%s", direction, wall_s(), len(payload), text)


def _check_text(field: str, text: str | None, *, least: int = 0, shown: str | None = None) -> None:
    """Raise `SettingsError` for text that MQTT cannot carry; the error shows `shown` in place of a secret."""
    try:
        fits = text is None or ("\0" not in text and least <= len(text.encode()) <= LONGEST_TEXT_BYTES)
    except UnicodeEncodeError:  # Bytes from the command line that are not text.
        fits = False
    if not fits:
        raise SettingsError(field, shown or text, f"{least} to {LONGEST_TEXT_BYTES} bytes of UTF-8, and no NUL")


def _context(address: Address) -> ssl.SSLContext:
    """The TLS context. Raises `BrokerError` for certificates that cannot be read."""
    try:
        context = ssl.create_default_context(cafile=address.ca_file)
        if address.cert_file is not None:
            context.load_cert_chain(address.cert_file, address.key_file)
    except OSError as error:  # SSLError is one.
        files = " ".join(name for name in (address.ca_file, address.cert_file, address.key_file) if name)
        raise BrokerError(f"TLS: {error.strerror or error}: {files}") from None
    return context


def no_delay(client: mqtt.Client, userdata: Any, connection: Any) -> None:
    """Switch off Nagle's algorithm, which delays small messages by 40 ms and more."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
