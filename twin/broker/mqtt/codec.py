"""Encodes and decodes MQTT 3.1.1 packets. The byte stream may be split anywhere.

`_KINDS` has each packet's number and flags, which form the first byte (2.2.1, 2.2.2). It does not have PUBLISH, the
only packet with variable flags.
"""

from typing import Final

from twin.broker.limits import MAX_PACKET_BYTES
from twin.broker.mqtt.fields import MAX_LENGTH_BYTES, Reader, length_bytes, read_length, require
from twin.broker.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)

_PUBLISH: Final = 3

_KINDS: Final[dict[int, tuple[type[Packet], int]]] = {
    1: (Connect, 0), 2: (Connack, 0), 4: (Puback, 0), 5: (Pubrec, 0), 6: (Pubrel, 2), 7: (Pubcomp, 0),
    8: (Subscribe, 2), 9: (Suback, 0), 10: (Unsubscribe, 2), 11: (Unsuback, 0), 12: (Pingreq, 0), 13: (Pingresp, 0),
    14: (Disconnect, 0),
}  # fmt: skip
_FIRST_BYTES: Final[dict[type, int]] = {kind: number << 4 | flags for number, (kind, flags) in _KINDS.items()}


def encode(packet: Packet) -> bytes:
    """A packet's bytes."""
    first = _PUBLISH << 4 | packet.flags if isinstance(packet, Publish) else _FIRST_BYTES[type(packet)]
    body = packet.body()
    return bytes((first,)) + length_bytes(len(body)) + body


class Decoder:
    """Decodes the packets in one connection's bytes, which may arrive in any portions."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Add bytes that have arrived."""
        self._buffer += data

    def next_packet(self) -> Packet | None:
        """The next packet; None until it has arrived in full.

        Raises `ProtocolError` for bytes that are no packet, and then in each further call.
        """
        if not self._buffer:
            return None
        kind, flags = _kind(self._buffer[0])
        header = read_length(bytes(self._buffer[1 : 1 + MAX_LENGTH_BYTES]))
        if header is None:
            return None
        length, start = header[0], 1 + header[1]
        require(length <= MAX_PACKET_BYTES, f"a packet of {length} bytes; it must be {MAX_PACKET_BYTES} at most")
        if len(self._buffer) < start + length:
            return None
        reader = Reader(bytes(memoryview(self._buffer)[start : start + length]), kind.__name__.upper())
        packet = kind.read(reader, flags)
        reader.end()
        del self._buffer[: start + length]
        return packet


def _kind(first_byte: int) -> tuple[type[Packet], int]:
    """The packet type and the flags in the first byte (2.2.1, 2.2.2)."""
    number, flags = first_byte >> 4, first_byte & 0x0F
    if number == _PUBLISH:
        return Publish, flags
    require(number in _KINDS, f"a packet of type {number}, which there is not")
    kind, its_flags = _KINDS[number]
    require(flags == its_flags, f"{kind.__name__.upper()} has the flags {flags:04b}, they must be {its_flags:04b}")
    return kind, flags
