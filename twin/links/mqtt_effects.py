"""What the session broker wants done, and what it wants known, in the order in which it came about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for a client."""

    connection: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close a client's connection, once what was sent before is on its way. The broker has forgotten it by now."""

    connection: int
    reason: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A client was let in. `session_present`: the broker had its session from before."""

    connection: int
    client_id: str
    keep_alive_s: int
    clean_session: bool
    session_present: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A client was not let in: CONNACK's `code` says why (3.2.2.3), `protocol` which version of MQTT it speaks.

    Its id is "" where it gave none, or none that can be read.
    """

    client_id: str
    protocol: str
    code: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A client that was connected is so no more. The reason is "disconnected" where it said goodbye itself, "lost"
    where its socket went away, and the broker's own otherwise.
    """

    client_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A client subscribed to a topic filter, and was granted this QoS; 0x80: it was refused."""

    client_id: str
    topic_filter: str
    code: int


@dataclass(frozen=True, slots=True)
class Published:
    """A client published a message, by itself or as its last will; once for each message, however often it came.

    At QoS 1 a client may say the same twice, which the broker cannot tell from saying it two times.
    """

    client_id: str
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message was not passed on. The client is its receiver, if it had no room for it; else its sender."""

    client_id: str
    topic: str
    reason: str


Effect = Send | Close | Connected | Refused | Disconnected | Subscribed | Published | Dropped
