"""The data types in MQTT 3.1.1 packets: numbers, texts and byte strings (1.5). Reading checks their limits."""

from dataclasses import dataclass, field
from typing import Final

from twin.errors import TwinError

HIGHEST_QOS: Final = 2

MAX_LENGTH_BYTES: Final = 4
"""The most bytes of a remaining length, with 7 bits each (2.2.3)."""


class ProtocolError(TwinError):
    """A client's bytes are no MQTT 3.1.1 packets, or the packets come in a wrong order. The message has the reason."""


def require(holds: bool, otherwise: str) -> None:
    """Raises `ProtocolError` with the text `otherwise` unless `holds` is true."""
    if not holds:
        raise ProtocolError(otherwise)


def is_topic(name: str) -> bool:
    """Whether a message can be published on `name`: wildcards are only for subscriptions (3.3.2.1)."""
    return bool(name) and "#" not in name and "+" not in name


def qos_level(value: int) -> int:
    """The QoS in a packet. Raises `ProtocolError` if there is no such QoS."""
    require(value <= HIGHEST_QOS, f"a QoS of {value}; it must be 0, 1 or 2")
    return value


def uint16(value: int) -> bytes:
    """A number as two bytes."""
    return value.to_bytes(2, "big")


def binary(data: bytes) -> bytes:
    """Bytes with their length in front."""
    return uint16(len(data)) + data


def length_bytes(length: int) -> bytes:
    """A packet's remaining length as bytes (2.2.3)."""
    encoded = bytearray()
    while length > 0x7F:
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(encoded) + bytes((length,))


def read_length(data: bytes) -> tuple[int, int] | None:
    """A remaining length and how many bytes it takes; None until all of them are there.

    Raises `ProtocolError` if it takes more than `MAX_LENGTH_BYTES`.
    """
    length = 0
    for at, byte in enumerate(data[:MAX_LENGTH_BYTES]):
        length |= (byte & 0x7F) << 7 * at
        if not byte & 0x80:
            return length, at + 1
    require(len(data) < MAX_LENGTH_BYTES, f"a length of more than {MAX_LENGTH_BYTES} bytes")
    return None


@dataclass(slots=True)
class Reader:
    """Reads a packet's body from start to end. Each method raises `ProtocolError` for bytes that do not fit."""

    data: bytes
    packet: str
    at: int = field(default=0, init=False)

    @property
    def left(self) -> int:
        """How many bytes are unread."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        require(count <= self.left, f"{self.packet} ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def rest(self) -> bytes:
        """All unread bytes."""
        return self.take(self.left)

    def uint8(self) -> int:
        """A number in one byte."""
        return self.take(1)[0]

    def uint16(self) -> int:
        """A number in two bytes."""
        return int.from_bytes(self.take(2), "big")

    def length(self) -> int:
        """A number of variable length (2.2.3)."""
        found = read_length(self.data[self.at : self.at + MAX_LENGTH_BYTES])
        if found is None:
            raise ProtocolError(f"{self.packet} ends too early")
        self.at += found[1]
        return found[0]

    def binary(self) -> bytes:
        """Bytes with their length in front."""
        return self.take(self.uint16())

    def text(self) -> str:
        """A text in UTF-8 with its length in front."""
        try:
            text = self.binary().decode()
        except UnicodeDecodeError:
            raise ProtocolError(f"{self.packet} has a text that is not UTF-8") from None
        require("\0" not in text, f"{self.packet} has a text with a null character")
        return text

    def topic(self) -> str:
        """The topic of a message."""
        topic = self.text()
        require(is_topic(topic), f"{self.packet} has the topic {topic!r:.60}, on which nothing can be published")
        return topic

    def packet_id(self) -> int:
        """A packet id, which is never 0."""
        packet_id = self.uint16()
        require(packet_id > 0, f"{self.packet} has packet id 0")
        return packet_id

    def end(self) -> None:
        """Check that no byte is unread."""
        require(not self.left, f"{self.packet} has {self.left} bytes too many")
