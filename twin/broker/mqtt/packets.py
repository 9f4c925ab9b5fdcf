"""The packets of MQTT 3.1.1, each with the format of its body. Section numbers are those of the OASIS standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, Self

from twin.broker.limits import MQTT_3_1_1, VERSIONS
from twin.broker.mqtt.fields import ProtocolError, Reader, binary, qos_level, require, uint16

_SPOKEN: Final = ("MQTT", 4)
_WITH_PROPERTIES: Final = 5


class Packet(Protocol):
    """What every packet offers."""

    def body(self) -> bytes:
        """The packet's bytes after its fixed header."""

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Packet:
        """A packet from its body. Raises `ProtocolError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """A client's last will: the message that the broker publishes when it loses the client."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A client's first packet (3.1). A keep-alive of 0 s means none.

    `protocol` is "MQTT 3.1.1", or another version; then only the client id is read, if it can be.
    """

    client_id: str
    clean_session: bool = True
    keep_alive_s: int = 60
    will: Will | None = None
    username: str | None = None
    password: bytes | None = None
    protocol: str = MQTT_3_1_1

    @property
    def is_spoken(self) -> bool:
        """Whether the client speaks the broker's version of MQTT."""
        return self.protocol == MQTT_3_1_1

    def body(self) -> bytes:
        flags, fields = self.clean_session << 1, binary(self.client_id.encode())
        if self.will is not None:
            flags |= 1 << 2 | self.will.qos << 3 | self.will.retain << 5
            fields += binary(self.will.topic.encode()) + binary(self.will.payload)
        if self.username is not None:
            flags |= 1 << 7
            fields += binary(self.username.encode())
        if self.password is not None:
            flags |= 1 << 6
            fields += binary(self.password)
        name, level = _SPOKEN
        return binary(name.encode()) + bytes((level, flags)) + uint16(self.keep_alive_s) + fields

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Connect:
        version = (reader.text(), reader.uint8())
        if version != _SPOKEN:
            name, level = version
            return cls(protocol=VERSIONS.get(version, f"{name} level {level}"), client_id=_id_of_other(reader, level))
        bits, keep_alive_s = reader.uint8(), reader.uint16()
        has_will, has_name, has_password = bool(bits & 4), bool(bits & 0x80), bool(bits & 0x40)
        require(not bits & 1, "CONNECT has its reserved flag set")
        require(has_will or not bits & 0x38, "CONNECT has flags of a last will, and no last will")
        require(has_name or not has_password, "CONNECT has a password, and no user name")
        client_id = reader.text()
        will = None
        if has_will:
            will = Will(
                topic=reader.topic(), payload=reader.binary(), qos=qos_level(bits >> 3 & 3), retain=bool(bits & 0x20)
            )
        return cls(
            client_id=client_id, clean_session=bool(bits & 2), keep_alive_s=keep_alive_s, will=will,
            username=reader.text() if has_name else None, password=reader.binary() if has_password else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's answer to CONNECT (3.2). Code 0 accepts the client."""

    session_present: bool
    code: int

    ACCEPTED: ClassVar[int] = 0
    UNACCEPTABLE_VERSION: ClassVar[int] = 1
    IDENTIFIER_REJECTED: ClassVar[int] = 2
    NOT_AUTHORIZED: ClassVar[int] = 5

    def body(self) -> bytes:
        return bytes((self.session_present, self.code))

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Connack:
        return cls(bool(reader.uint8()), reader.uint8())


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A message (3.3). At QoS 0 it has no packet id."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    duplicate: bool = False
    packet_id: int = 0

    @property
    def flags(self) -> int:
        """The low half of the first byte."""
        return self.duplicate << 3 | self.qos << 1 | self.retain

    def body(self) -> bytes:
        return binary(self.topic.encode()) + (uint16(self.packet_id) if self.qos else b"") + self.payload

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Publish:
        qos = qos_level(flags >> 1 & 3)
        topic, packet_id = reader.topic(), reader.packet_id() if qos else 0
        return cls(
            topic=topic, payload=reader.rest(), qos=qos, retain=bool(flags & 1), duplicate=bool(flags & 8),
            packet_id=packet_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Acknowledgement:
    packet_id: int

    def body(self) -> bytes:
        return uint16(self.packet_id)

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Self:
        return cls(reader.packet_id())


class Puback(_Acknowledgement):
    """A message of QoS 1 has arrived (3.4)."""

    __slots__ = ()


class Pubrec(_Acknowledgement):
    """A message of QoS 2 has arrived (3.5)."""

    __slots__ = ()


class Pubrel(_Acknowledgement):
    """The sender of a message of QoS 2 releases it (3.6)."""

    __slots__ = ()


class Pubcomp(_Acknowledgement):
    """The receiver of a message of QoS 2 releases its packet id (3.7)."""

    __slots__ = ()


class Unsuback(_Acknowledgement):
    """The broker's answer to UNSUBSCRIBE (3.11)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The topic filters to which a client subscribes, each with the highest QoS that it accepts (3.8)."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]

    def body(self) -> bytes:
        return uint16(self.packet_id) + b"".join(binary(name.encode()) + bytes((qos,)) for name, qos in self.filters)

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Subscribe:
        packet_id, filters = reader.packet_id(), []
        while reader.left:
            filters.append((reader.text(), qos_level(reader.uint8())))
        require(bool(filters), "SUBSCRIBE has no topic filter")
        return cls(packet_id, tuple(filters))


@dataclass(frozen=True, slots=True)
class Suback:
    """The granted QoS for each filter of a SUBSCRIBE; 0x80: refused (3.9)."""

    packet_id: int
    codes: tuple[int, ...]

    REFUSED: ClassVar[int] = 0x80

    def body(self) -> bytes:
        return uint16(self.packet_id) + bytes(self.codes)

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Suback:
        return cls(reader.packet_id(), tuple(reader.rest()))


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The topic filters of which a client cancels its subscriptions (3.10)."""

    packet_id: int
    filters: tuple[str, ...]

    def body(self) -> bytes:
        return uint16(self.packet_id) + b"".join(binary(name.encode()) for name in self.filters)

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Unsubscribe:
        packet_id, filters = reader.packet_id(), []
        while reader.left:
            filters.append(reader.text())
        require(bool(filters), "UNSUBSCRIBE has no topic filter")
        return cls(packet_id, tuple(filters))


@dataclass(frozen=True, slots=True)
class _Bare:
    def body(self) -> bytes:
        return b""

    @classmethod
    def read(cls, reader: Reader, flags: int) -> Self:
        return cls()


class Pingreq(_Bare):
    """A client's request for a sign of life (3.12)."""

    __slots__ = ()


class Pingresp(_Bare):
    """The broker's answer to PINGREQ (3.13)."""

    __slots__ = ()


class Disconnect(_Bare):
    """A client ends its connection: its last will is not sent (3.14)."""

    __slots__ = ()


def _id_of_other(reader: Reader, level: int) -> str:
    """The client id in a CONNECT of another version, which MQTT 5 puts after its properties; "" if there is none."""
    try:
        reader.take(3)  # Its flags and its keep-alive.
        if level == _WITH_PROPERTIES:
            reader.take(reader.length())
        return reader.text()
    except ProtocolError:
        return ""
    finally:
        reader.rest()
