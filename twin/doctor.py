"""Checks of a broker and the line behind it, with advice. They never publish on the line's topics."""

import os
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple

import msgspec

from controller import wire
from controller.address import address_text
from controller.arrivals import Arrival, Sign
from controller.errors import BrokerError, WireError
from controller.mqtt import Address, Connection
from controller.system import wall_s
from twin.broker.observation import DOCTOR

ROUND_TRIPS: Final = 20
SLOW_TRIP_S: Final = 0.05
"""Above this round-trip time a rod of the default line may be pushed too late."""

PAYLOADS_MIB: Final = (1, 4, 12)
NEEDED_MIB: Final = 1
ANSWER_TIMEOUT_S: Final = 10.0
WELCOME_TIMEOUT_S: Final = 3.0
"""A healthy MQTT broker accepts a client within milliseconds."""

State = Literal["well", "silent", "ill"]


class _LostError(Exception):
    """The connection to the broker was lost."""


class Finding(NamedTuple):
    """The result of one check: what was checked, what was seen, and advice if something is wrong or missing."""

    what: str
    state: State
    seen: str
    advice: str = ""


def examine(address: Address, listen_s: float, report: Callable[[str], None]) -> Iterator[Finding]:
    """Check a broker and its line; yields one finding after another. `report` is called with the progress.

    `listen_s` is how long to listen for messages of the line.
    """
    # The connection has a last will that stops the belt. Here it goes to a topic without subscribers.
    own = f"twin/doctor/{os.getpid()}"
    address = msgspec.structs.replace(address, client_id=f"{DOCTOR}{os.getpid()}", commands_topic=own)
    topics = (own, wire.FEEDBACK, wire.CLOCK_HELLO, wire.PLANT)
    where = address_text(address.host, address.port)
    report(f"connecting to {where}")
    try:
        with _connected(Connection(address, topics=topics)) as connection:
            yield Finding("broker", "well", f"{where} accepts MQTT 3.1.1 clients")
            arrivals: list[Arrival] = []
            report(f"sending {ROUND_TRIPS} messages to the broker and back")
            trips_s = _round_trips(connection, own, arrivals)
            yield _latency(trips_s)
            if len(trips_s) == ROUND_TRIPS:
                yield _payload(connection, own, arrivals, report)
            report(f"listening to the line for {listen_s:g} s")
            if _listen(connection, listen_s, arrivals):
                advice = "see in the broker's log why it ended the connection"
                yield Finding("connection", "ill", f"{where} was lost for a moment", advice)
            yield _plant(arrivals)
            yield _lockstep(arrivals)
    except BrokerError as error:
        advice = "start the broker there; check host, port, firewall, user name, password and --tls"
        yield Finding("broker", "ill", str(error), advice)
    except _LostError:
        advice = "start the broker again, or see in its log why it ended the connection"
        yield Finding("connection", "ill", f"{where} was lost, and is not back", advice)


@contextmanager
def _connected(connection: Connection) -> Iterator[Connection]:
    connection.open(timeout_s=WELCOME_TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.close()


def _round_trips(connection: Connection, own: str, arrivals: list[Arrival]) -> list[float]:
    """The times that messages took to the broker and back, in s, up to the first that did not come back."""
    trips_s: list[float] = []
    for number in range(ROUND_TRIPS):
        try:
            trip_s = _echo(connection, own, b"%d" % number, arrivals)
        except _LostError:  # So a broker may refuse what a client may not publish.
            _await_back(connection)
            break
        if trip_s is None:
            break
        trips_s.append(trip_s)
    return trips_s


def _latency(trips_s: Sequence[float]) -> Finding:
    if len(trips_s) < ROUND_TRIPS:
        advice = "allow this client to publish and subscribe on twin/doctor/#; if it may, the broker drops messages"
        seen = f"message {len(trips_s) + 1} did not come back"
        return Finding("round trip", "ill", seen, advice)
    seen = f"median {statistics.median(trips_s) * 1e3:.1f} ms, longest {max(trips_s) * 1e3:.1f} ms"
    if statistics.median(trips_s) > SLOW_TRIP_S:
        return Finding(
            "round trip", "ill", seen, "move broker and controller closer together, or switch on TCP_NODELAY"
        )
    return Finding("round trip", "well", seen)


def _payload(connection: Connection, own: str, arrivals: list[Arrival], report: Callable[[str], None]) -> Finding:
    passed_mib = 0
    for size_mib in PAYLOADS_MIB:
        report(f"sending {size_mib} MiB to the broker and back")
        try:
            if _echo(connection, own, b"\0" * (size_mib * 1024 * 1024 - 1024), arrivals) is None:
                break
        except _LostError:  # So a broker refuses what is too large; it lets the client in again.
            _await_back(connection)
            break
        passed_mib = size_mib
    if passed_mib < NEEDED_MIB:
        return Finding(
            "payload",
            "ill",
            f"less than {PAYLOADS_MIB[0]} MiB",
            "raise the broker's payload limit: images can be that large",
        )
    return Finding("payload", "well", f"up to {passed_mib} MiB accepted")


def _echo(connection: Connection, own: str, payload: bytes, arrivals: list[Arrival]) -> float | None:
    """Seconds until the broker has sent a message back; None if it does not send it."""
    began_s = wall_s()
    connection.send(own, payload)
    for arrival in _arriving(connection, ANSWER_TIMEOUT_S):
        if arrival.topic == own and arrival.payload == payload:
            return wall_s() - began_s
        arrivals.append(arrival)
    return None


def _listen(connection: Connection, listen_s: float, arrivals: list[Arrival]) -> bool:
    """Take what arrives; returns whether the connection was lost meanwhile. Raises `_LostError` if it stays so."""
    until_s, lost = wall_s() + listen_s, False
    while (left_s := until_s - wall_s()) > 0:
        try:
            arrivals.extend(_arriving(connection, left_s))
        except _LostError:
            lost = True
            _await_back(connection)
    return lost


def _arriving(connection: Connection, lasts_s: float) -> Iterator[Arrival]:
    """What arrives for so long. Raises `_LostError` with the connection."""
    until_s = wall_s() + lasts_s
    while (left_s := until_s - wall_s()) > 0:
        arrival = connection.next(left_s)
        if arrival is not None and arrival.sign is Sign.LOST:
            raise _LostError
        if arrival is not None:
            yield arrival


def _await_back(connection: Connection) -> None:
    """Wait until the connection is back. Raises `_LostError` if it is not soon."""
    until_s = wall_s() + ANSWER_TIMEOUT_S
    while (left_s := until_s - wall_s()) > 0:
        arrival = connection.next(left_s)
        if arrival is not None and arrival.sign is Sign.BACK:
            return
    raise _LostError


def _plant(arrivals: list[Arrival]) -> Finding:
    """Whether a plant publishes on `bb`, and only valid messages."""
    kinds: Counter[str] = Counter()
    twin_waits = any(arrival.topic == wire.PLANT and arrival.payload for arrival in arrivals)
    refused: list[WireError] = []
    for arrival in arrivals:
        if arrival.topic != wire.FEEDBACK:
            continue
        try:
            kinds[type(wire.decode_feedback(arrival.payload)).__name__] += 1
        except WireError as error:
            refused.append(error)
    seen = f"{kinds['GateEdge']} gate edges, {kinds['Image']} images"
    if refused:
        advice = "find out which client publishes there: a plant with another protocol, or an unrelated program"
        return Finding("plant", "ill", f"{seen}; {len(refused)} invalid messages, the first: {refused[0]}", advice)
    if not kinds and twin_waits:
        advice = "connect a controller; the line starts then"
        return Finding(
            "plant", "well", "a twin stands in for the plant; it waits for a controller, or its belt is empty", advice
        )
    if not kinds:
        advice = "start the plant, or `twin serve`; an empty belt sends no messages, so try a longer --listen"
        return Finding("plant", "silent", f"no messages on {wire.FEEDBACK}", advice)
    return Finding("plant", "well", seen)


def _lockstep(arrivals: list[Arrival]) -> Finding:
    """Whether a controller waits for a clock that is granted by a twin (lockstep)."""
    names = set()
    for arrival in arrivals:
        if arrival.topic == wire.CLOCK_HELLO:
            try:
                names.add(wire.decode_hello(arrival.payload).who)
            except WireError:
                continue
    if names:
        return Finding("lockstep", "well", f"waiting for the first grant: {', '.join(sorted(names))}")
    advice = "for `twin run --broker`, start the controller with --clock granted; a real line needs no lockstep"
    return Finding("lockstep", "silent", f"no controller announced itself on {wire.CLOCK_HELLO}", advice)
