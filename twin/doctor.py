"""What is wrong with a broker and the line behind it, and what to do about it. Listens; never speaks to the line."""

import os
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
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
"""Above this a rod of the default line may be pushed too late: items pass it in 0.3 s."""

PAYLOADS_MIB: Final = (1, 4, 12)
NEEDED_MIB: Final = 1
ANSWER_TIMEOUT_S: Final = 10.0
WELCOME_TIMEOUT_S: Final = 3.0
"""A broker welcomes a client within milliseconds; what does not within this time is none, or ill."""

State = Literal["well", "silent", "ill"]


class Finding(NamedTuple):
    """One thing that was looked at: what was seen, and what to do if it is not well."""

    what: str
    state: State
    seen: str
    advice: str = ""


def examine(address: Address, listen_s: float, report: Callable[[str], None]) -> Iterator[Finding]:
    """Look at a broker and a line, one finding after another; `report` hears what is waited for.

    `listen_s`: for how long to listen to the line.
    """
    # The connection's last will is for a controller: here it goes where nobody listens.
    own = f"twin/doctor/{os.getpid()}"
    address = msgspec.structs.replace(address, client_id=f"{DOCTOR}{os.getpid()}", commands_topic=own)
    topics = (own, wire.FEEDBACK, wire.CLOCK_HELLO, wire.PLANT)
    where = address_text(address.host, address.port)
    report(f"connecting to {where}")
    try:
        with _connected(Connection(address, topics=topics)) as connection:
            yield Finding("broker", "well", f"{where} lets clients in, MQTT 3.1.1")
            heard: list[Arrival] = []
            yield _round_trip(connection, own, heard)
            yield _payload(connection, own, heard, report)
            report(f"listening to the line for {listen_s:g} s")
            _listen(connection, listen_s, heard)
            yield _plant(heard)
            yield _lockstep(heard)
    except BrokerError as error:
        advice = "start the broker there, look at host, port and firewall, at user name and password, and at --tls"
        yield Finding("broker", "ill", str(error), advice)


@contextmanager
def _connected(connection: Connection) -> Iterator[Connection]:
    connection.open(timeout_s=WELCOME_TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.close()


def _round_trip(connection: Connection, own: str, heard: list[Arrival]) -> Finding:
    trips_s = [_echo(connection, own, b"%d" % number, heard) for number in range(ROUND_TRIPS)]
    known_s = [trip_s for trip_s in trips_s if trip_s is not None]
    if len(known_s) < len(trips_s):
        advice = "let this client publish and subscribe on twin/doctor/#, or look for a broker that drops messages"
        return Finding("round trip", "ill", f"{len(trips_s) - len(known_s)} of {len(trips_s)} never came back", advice)
    seen = f"median {statistics.median(known_s) * 1e3:.1f} ms, longest {max(known_s) * 1e3:.1f} ms"
    if statistics.median(known_s) > SLOW_TRIP_S:
        return Finding("round trip", "ill", seen, "move broker and controller closer together, switch TCP_NODELAY on")
    return Finding("round trip", "well", seen)


def _payload(connection: Connection, own: str, heard: list[Arrival], report: Callable[[str], None]) -> Finding:
    passed_mib = 0
    for size_mib in PAYLOADS_MIB:
        report(f"sending {size_mib} MiB to and fro")
        if _echo(connection, own, b"\0" * (size_mib * 1024 * 1024 - 1024), heard) is None:
            break
        passed_mib = size_mib
    if passed_mib < NEEDED_MIB:
        return Finding(
            "payload", "ill", f"under {PAYLOADS_MIB[0]} MiB", "raise the broker's limit: images are that large"
        )
    return Finding("payload", "well", f"{passed_mib} MiB come through")


def _echo(connection: Connection, own: str, payload: bytes, heard: list[Arrival]) -> float | None:
    """Seconds until the broker has sent a message back; None if it does not."""
    began_s = wall_s()
    connection.send(own, payload)
    while (left_s := began_s + ANSWER_TIMEOUT_S - wall_s()) > 0:
        arrival = connection.next(left_s)
        if arrival is None or arrival.sign is Sign.LOST:
            return None
        if arrival.topic == own and arrival.payload == payload:
            return wall_s() - began_s
        heard.append(arrival)
    return None


def _listen(connection: Connection, listen_s: float, heard: list[Arrival]) -> None:
    until_s = wall_s() + listen_s
    while (left_s := until_s - wall_s()) > 0:
        if (arrival := connection.next(left_s)) is not None:
            heard.append(arrival)


def _plant(heard: list[Arrival]) -> Finding:
    """Whether somebody speaks on `bb`, and the line's language."""
    kinds: Counter[str] = Counter()
    stands_in = any(arrival.topic == wire.PLANT and arrival.payload for arrival in heard)
    refused: list[WireError] = []
    for arrival in heard:
        if arrival.topic != wire.FEEDBACK:
            continue
        try:
            kinds[type(wire.decode_feedback(arrival.payload)).__name__] += 1
        except WireError as error:
            refused.append(error)
    seen = f"{kinds['GateEdge']} gate edges, {kinds['Image']} images"
    if refused:
        advice = "look at who publishes there: a plant of another protocol, or a stranger"
        return Finding("plant", "ill", f"{seen}; {len(refused)} that are neither, the first: {refused[0]}", advice)
    if not kinds and stands_in:
        advice = "point a controller at it: the line begins when one connects"
        return Finding("plant", "well", "a twin stands in for it and waits, or its belt is empty", advice)
    if not kinds:
        advice = "start the plant, or `twin serve`; a line with an empty belt says nothing, so look longer: --listen"
        return Finding("plant", "silent", f"nobody spoke on {wire.FEEDBACK}", advice)
    return Finding("plant", "well", seen)


def _lockstep(heard: list[Arrival]) -> Finding:
    """Whether somebody waits for a granted clock."""
    names = set()
    for arrival in heard:
        if arrival.topic == wire.CLOCK_HELLO:
            try:
                names.add(wire.decode_hello(arrival.payload).who)
            except WireError:
                continue
    if names:
        return Finding("lockstep", "well", f"{', '.join(sorted(names))} waits for the first grant")
    advice = "for `twin run --broker`, start controllers with --clock granted; a real line needs none"
    return Finding("lockstep", "silent", f"nobody said hello on {wire.CLOCK_HELLO}", advice)
