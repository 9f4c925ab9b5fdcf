"""The effects of the session broker: what its owner must do, and what has happened."""

from dataclasses import dataclass
from typing import Final

BROKER_RESTARTED: Final = "the broker restarted"
"""The reason for which all connections of a broker that restarts end."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send bytes to a client."""

    connection: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close a client's connection after all earlier bytes are sent. The broker no longer knows the connection."""

    connection: int
    reason: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A client was accepted. `session_present`: the broker had its session from an earlier connection."""

    connection: int
    client_id: str
    keep_alive_s: int
    clean_session: bool
    session_present: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A client was refused, with CONNACK's `code` (3.2.2.3). `protocol` is its version of MQTT.

    `client_id` is "" if the client sent none, or none that can be read.
    """

    client_id: str
    protocol: str
    code: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A client's connection has ended.

    `reason` is "disconnected" after the client's DISCONNECT, "lost" if its connection was lost, else the broker's own
    reason.
    """

    client_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A client subscribed to a topic filter. `code` is the granted QoS, or 0x80 if the broker refused it."""

    client_id: str
    topic_filter: str
    code: int


@dataclass(frozen=True, slots=True)
class Published:
    """A client published a message, or its last will was sent. Repeated packets of QoS 2 are reported once.

    At QoS 1 the broker cannot distinguish a repeated packet from a second message, so both are reported.
    """

    client_id: str
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message was dropped. `client_id` is the receiver if its queue was full, else the sender."""

    client_id: str
    topic: str
    reason: str


Effect = Send | Close | Connected | Refused | Disconnected | Subscribed | Published | Dropped
