"""The controller's connection to a broker: paho-mqtt, whose network thread only queues raw bytes.

The last will stops the belt when the controller dies. Reconnecting is paho's, with back-off; both ends of a
loss come up in the queue, in order with the messages.
"""

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
from controller.errors import BrokerError, SettingsError
from controller.frozen import settle
from controller.system import wall_s

CLIENT_ID: Final = "FS_Ctl"
KEEP_ALIVE_S: Final = 50
CONNECT_TIMEOUT_S: Final = 5.0
SUBSCRIBE_TIMEOUT_S: Final = 10.0
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 1.0
LONGEST_TEXT_BYTES: Final = 65535
"""Of anything that has a name in MQTT 3.1.1 (1.5.3)."""


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the broker is and how it lets the controller in.

    `port` as the FS simulator listens, `keep_alive_s` 1 to 65535 s; `username` and `password` if it asks for them;
    `tls` with `ca_file` (None: the system's) and, if it asks for one, the controller's own certificate and key, which
    without `tls` are refused; the topics are the FS simulator's. Raises `SettingsError`.
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
        """Refuse what no broker takes."""
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
                raise SettingsError(field, getattr(self, field), "only with tls")
        if self.key_file is not None and self.cert_file is None:
            raise SettingsError("key_file", self.key_file, "only with cert_file")


class Connection:
    """A connection to the broker; `topics` are what it listens to, the plant's feedback among them."""

    def __init__(self, address: Address, *, topics: Sequence[str] = (wire.FEEDBACK,)) -> None:
        self._address = address
        # Within this process feedback goes by the codec's name for it, whatever the broker calls it.
        self._names = {address.feedback_topic if topic == wire.FEEDBACK else topic: topic for topic in topics}
        self._arrivals = Arrivals()
        self._subscribed = threading.Event()
        self._refused: str | None = None
        self._there = False
        self._was_there = False
        self._client = self._make_client(address)

    def _make_client(self, address: Address) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=address.client_id, clean_session=True, protocol=mqtt.MQTTv311
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        # paho counts the delays in float; its hints say int.
        client.reconnect_delay_set(FIRST_RETRY_S, LAST_RETRY_S)  # type: ignore[arg-type]
        client.on_socket_open = _no_delay
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._listening
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
    def there(self) -> bool:
        """Whether the broker is there, as far as is known."""
        return self._there

    @property
    def dropped(self) -> int:
        """How many messages came while too many waited."""
        return self._arrivals.dropped

    def open(self, stop: threading.Event | None = None, *, timeout_s: float = SUBSCRIBE_TIMEOUT_S) -> None:
        """Connect and subscribe, unless `stop` is set meanwhile.

        Raises `BrokerError` when the broker cannot be reached, refuses, or gives no answer in time.
        """
        where = f"broker {self.where}"
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=self._address.keep_alive_s)
        except (OSError, ValueError) as error:
            raise BrokerError(f"{where}: {error}; is a broker running there?") from None
        self._client.loop_start()
        until_s = wall_s() + timeout_s
        while not self._subscribed.wait(LOOK_UP_S) and wall_s() < until_s:
            if stop is not None and stop.is_set():
                return
        if not self._subscribed.is_set() or self._refused is not None:
            refused = self._refused  # Closing would be one more reason.
            self.close()
            raise BrokerError(f"{where}: {refused or f'no answer within {timeout_s:g} s'}")

    def close(self) -> None:
        """Disconnect in good order: what was published goes out before, the last will is not sent."""
        self._client.disconnect()
        self._client.loop_stop()
        del self._client  # paho closes its inner sockets when it is collected, which our callbacks would put off.

    def next(self, timeout_s: float) -> Arrival | None:
        """The next arrival, or None after `timeout_s`."""
        return self._arrivals.next(timeout_s)

    def poke(self) -> None:
        """Wake whoever waits in `next`: something is there that did not come over the broker."""
        self._arrivals.put(Arrival(Sign.POKE))

    def publish(self, commands: Sequence[bytes]) -> None:
        """Send commands, in order. While the broker is away they are lost; the session is told of that."""
        for payload in commands:
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

    def _listening(self, *_: Any) -> None:
        if self._there:
            return
        if self._was_there:
            self._arrivals.put(Arrival(Sign.BACK))
        self._there = self._was_there = True
        self._subscribed.set()

    def _disconnected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.DisconnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        # A broker that drops us again before it has answered the subscription was never back.
        if self._there:
            self._there = False
            self._arrivals.put(Arrival(Sign.LOST))
        elif not self._was_there and self._refused is None:
            self._refused = "it closed the connection; it must be an MQTT 3.1.1 broker that lets this client in"
            self._subscribed.set()

    def _arrived(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if len(payload) > wire.MAX_FEEDBACK_BYTES:
            payload = b""  # It will be refused; a queue full of such must not fill the memory.
        self._arrivals.put(Arrival(Sign.MESSAGE, self._names.get(message.topic, ""), payload, wall_s()))


def _check_text(field: str, text: str | None, *, least: int = 0, shown: str | None = None) -> None:
    """Raises `SettingsError` for what cannot be spelled in MQTT; `shown` stands for a text that is secret."""
    try:
        fits = text is None or ("\0" not in text and least <= len(text.encode()) <= LONGEST_TEXT_BYTES)
    except UnicodeEncodeError:  # Bytes of a command line that are no text.
        fits = False
    if not fits:
        raise SettingsError(field, shown or text, f"{least} to {LONGEST_TEXT_BYTES} bytes of UTF-8, and no NUL")


def _context(address: Address) -> ssl.SSLContext:
    """Raises `BrokerError` for certificates that cannot be read."""
    try:
        context = ssl.create_default_context(cafile=address.ca_file)
        if address.cert_file is not None:
            context.load_cert_chain(address.cert_file, address.key_file)
    except OSError as error:  # SSLError is one.
        files = " ".join(name for name in (address.ca_file, address.cert_file, address.key_file) if name)
        raise BrokerError(f"TLS: {error.strerror or error}: {files}") from None
    return context


def _no_delay(client: mqtt.Client, userdata: Any, connection: Any) -> None:
    """Without it Nagle's algorithm holds small messages back for 40 ms and more."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
