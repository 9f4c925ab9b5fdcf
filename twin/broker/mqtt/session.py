"""The state of a broker: each client's session and connection, and each topic's retained message."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from twin.broker.limits import KEEP_ALIVE_GRACE, MAX_PACKET_BYTES, MAX_RETAINED
from twin.broker.mqtt.codec import Decoder
from twin.broker.mqtt.fields import require
from twin.broker.mqtt.packets import Packet, Puback, Pubcomp, Publish, Pubrec, Pubrel, Will

MAX_QUEUED: Final = 1000
"""How many messages of QoS 1 and 2 are kept for a client that is away or does not acknowledge: mosquitto's default.
The next one is dropped. A line sends about ten messages a second."""

MAX_QUEUED_BYTES: Final = 2 * MAX_PACKET_BYTES
"""The limit for the payloads of these messages together, because pictures are large; one picture always fits."""

_HIGHEST_ID: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A published message. `retained`: its receiver gets it as a retained message."""

    topic: str
    payload: bytes
    qos: int = 0
    retained: bool = False


@dataclass(slots=True)
class _Sending:
    """A message that its receiver has not acknowledged. `awaits` is the type of the next acknowledgement."""

    message: Message
    awaits: type[Packet]
    sent: bool


class Session:
    """A client's session. A clean session ends with its connection.

    `subscriptions` maps topic filters to the granted QoS. `received` has the packet ids of the client's QoS 2 messages
    that it has not yet released: a message with such an id is a repetition.
    """

    def __init__(self, client_id: str, *, clean: bool) -> None:
        self.client_id = client_id
        self.clean = clean
        self.subscriptions: dict[str, int] = {}
        self.received: set[int] = set()
        self._sending: dict[int, _Sending] = {}
        self._sending_bytes = 0
        self._last_id = 0

    def granted_qos(self, topic: str) -> int | None:
        """The highest QoS of the subscriptions that match a topic; None if none does (3.3.5)."""
        return max((qos for wanted, qos in self.subscriptions.items() if matches(wanted, topic)), default=None)

    def keep(self, message: Message, *, sent: bool) -> Publish | None:
        """Keep a message of QoS 1 or 2 until it is acknowledged. Returns its packet, or None if there is no room.

        `sent`: the packet goes out now; otherwise `unacknowledged` has it when the client comes back.
        """
        room = self._sending_bytes + len(message.payload) <= MAX_QUEUED_BYTES
        if len(self._sending) >= MAX_QUEUED or not room:
            return None
        packet_id = self._free_id()
        self._sending[packet_id] = _Sending(message, Puback if message.qos == 1 else Pubrec, sent)
        self._sending_bytes += len(message.payload)
        return publish_packet(message, packet_id)

    def unacknowledged(self) -> Iterator[Packet]:
        """The packets that a reconnected client must get, in the order in which they were published (4.4)."""
        for packet_id, sending in self._sending.items():
            if sending.awaits is Pubcomp:
                yield Pubrel(packet_id)
            else:
                yield publish_packet(sending.message, packet_id, duplicate=sending.sent)
                sending.sent = True

    def acknowledge(self, packet: Puback | Pubrec | Pubcomp) -> Pubrel | None:
        """Handle an acknowledgement from the client. Returns the answer to it, or None (4.3).

        An unknown packet id is ignored, because it was acknowledged before. Raises `ProtocolError` for the wrong kind
        of acknowledgement.
        """
        sending = self._sending.get(packet.packet_id)
        if sending is not None:
            repeated = isinstance(packet, Pubrec) and sending.awaits is Pubcomp
            got, wanted = type(packet).__name__.upper(), sending.awaits.__name__.upper()
            require(
                isinstance(packet, sending.awaits) or repeated,
                f"{got} for packet id {packet.packet_id}, whose next acknowledgement must be {wanted}",
            )
            if isinstance(packet, Pubrec):
                sending.awaits = Pubcomp
            else:
                del self._sending[packet.packet_id]
                self._sending_bytes -= len(sending.message.payload)
        return Pubrel(packet.packet_id) if isinstance(packet, Pubrec) else None

    def _free_id(self) -> int:
        """A packet id that is not in use. There always is one: there are more ids than messages can be kept."""
        self._last_id = self._last_id % _HIGHEST_ID + 1
        while self._last_id in self._sending:
            self._last_id = self._last_id % _HIGHEST_ID + 1
        return self._last_id


@dataclass(slots=True, eq=False)
class Connection:
    """A client's connection, with its session once CONNECT has been accepted.

    `silence_s` is how long the client may be silent, in s (0: without limit); `deadline_s` is when it has been silent
    for too long (None: never).
    """

    number: int
    decoder: Decoder = field(default_factory=Decoder)
    session: Session | None = None
    will: Will | None = None
    silence_s: float = 0.0
    deadline_s: float | None = None

    def keep_alive(self, interval_s: int) -> None:
        """Set the client's keep-alive interval, in s; 0 switches it off."""
        self.silence_s = KEEP_ALIVE_GRACE * interval_s

    def packet_arrived(self, now_s: float) -> None:
        """A packet has arrived: move the deadline."""
        self.deadline_s = now_s + self.silence_s if self.silence_s > 0 else None


class RetainedMessages:
    """The last retained message of each topic, for later subscribers (3.3.1.3)."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}

    def keep(self, message: Message) -> bool:
        """Keep a message instead of its topic's last one; an empty one only removes that. Returns False if full."""
        if not message.payload:
            self._messages.pop(message.topic, None)
        elif message.topic not in self._messages and len(self._messages) >= MAX_RETAINED:
            return False
        else:
            self._messages[message.topic] = message
        return True

    def matching(self, wanted: str) -> list[Message]:
        """The messages whose topics a filter matches, in the order in which the topics were first retained."""
        return [message for topic, message in self._messages.items() if matches(wanted, topic)]


def publish_packet(message: Message, packet_id: int = 0, *, duplicate: bool = False) -> Publish:
    """The packet that carries a message to a subscriber."""
    return Publish(
        topic=message.topic, payload=message.payload, qos=message.qos, retain=message.retained, duplicate=duplicate,
        packet_id=packet_id,
    )  # fmt: skip


def is_filter(wanted: str) -> bool:
    """Whether it is a valid topic filter: `+` must be a whole level, `#` the last level (4.7.1)."""
    levels = wanted.split("/")
    whole = all(level in ("+", "#") or ("+" not in level and "#" not in level) for level in levels)
    return bool(wanted) and whole and "#" not in levels[:-1]


def matches(wanted: str, topic: str) -> bool:
    """Whether a topic filter matches a topic; a wildcard at its start matches no topic that starts with `$` (4.7)."""
    if wanted[0] in "+#" and topic.startswith("$"):
        return False
    filters, levels = wanted.split("/"), topic.split("/")
    for at, level in enumerate(filters):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(filters) == len(levels)
