"""The link in lockstep: a real controller over a real broker, its clock granted by the twin.

The twin publishes feedback and then a grant; every participant, having received as many messages as the grant
says, acts and answers with how many commands it has sent and when it wants to be woken. Counting both ways makes
it independent of ordering across topics; numbered grants make a resent one harmless.

paho's network loop runs in the caller's own thread: waiting for an answer then costs no change of thread.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from controller import codec
from controller.errors import WireError
from twin.errors import BrokerError, ParticipantError
from twin.link import Reply
from twin.outlet import no_delay
from twin.pacing import wall_s

CONNECT_TIMEOUT_S: Final = 10.0
RESEND_S: Final = 1.0
SPEAK_UP_S: Final = 2.0
ANSWER_TIMEOUT_S: Final = 15.0
JOIN_TIMEOUT_S: Final = 60.0
LOOP_S: Final = 0.1
KEEP_ALIVE_S: Final = 50


@dataclass(slots=True)
class _Seat:
    """A participant, as its answers describe it; `before` counts the commands of its earlier lives."""

    grant: int = 0
    sent: int = 0
    before: int = 0
    next_s: float | None = None


class LockstepLink:
    """Participants reached over the broker at `host`:`port`. `on_waiting` is told who makes the twin wait.

    `obituary` says what a participant died of, if one is known to be dead: nobody need wait for it.
    """

    def __init__(
        self, host: str, port: int, *, answer_timeout_s: float = ANSWER_TIMEOUT_S,
        on_waiting: Callable[[str], None] = lambda text: None, obituary: Callable[[], str | None] = lambda: None,
    ) -> None:  # fmt: skip
        self._address = (host, port)
        self._answer_timeout_s = answer_timeout_s
        self._on_waiting = on_waiting
        self._obituary = obituary
        self._seats: dict[str, _Seat] = {}
        self._commands: list[bytes] = []
        self._received = 0
        self._sent = 0
        self._grant = codec.Grant(grant=0, now_s=0.0, sent=0)
        self._subscribed = False
        self._refused: str | None = None
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"twin-{os.getpid()}-{port}-{id(self) % 9973}",
            protocol=mqtt.MQTTv311,
        )  # fmt: skip
        self._client.on_socket_open = no_delay
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed_to
        self._client.message_callback_add(codec.COMMANDS, self._commanded)
        self._client.message_callback_add(codec.CLOCK_DONE, self._done)
        self._client.message_callback_add(codec.CLOCK_HELLO, self._hello)

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` if that fails or takes too long."""
        host, port = self._address
        try:
            self._client.connect(host, port, keepalive=KEEP_ALIVE_S)
        except OSError as error:
            raise BrokerError(f"broker {host}:{port}: {error}; start one there, or leave --broker out") from None
        until_s = wall_s() + CONNECT_TIMEOUT_S
        while not self._subscribed:
            code = self._client.loop(LOOP_S)
            if self._refused is not None or code != mqtt.MQTT_ERR_SUCCESS or wall_s() > until_s:
                why = self._refused or (mqtt.error_string(code) if code else f"no answer in {CONNECT_TIMEOUT_S} s")
                raise BrokerError(f"broker {host}:{port}: {why}; it must let the twin in, MQTT 3.1.1")

    def await_participants(self, count: int = 1, timeout_s: float = JOIN_TIMEOUT_S) -> None:
        """Wait until `count` participants have said hello. Raises `ParticipantError`."""
        self._wait(
            lambda: len(self._seats) >= count, timeout_s,
            lambda: f"{count} participant(s) to say hello on {codec.CLOCK_HELLO}, so far {list(self._seats) or 'none'}",
        )  # fmt: skip

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Publish, grant, and wait for every answer and every command. Raises `ParticipantError`."""
        for payload in feedback:
            self._client.publish(codec.FEEDBACK, payload)
        self._sent += len(feedback)
        self._grant = codec.Grant(grant=self._grant.grant + 1, now_s=now_s, sent=self._sent)
        self._send_grant()
        if not self._settled():
            self._wait(self._settled, self._answer_timeout_s, self._debts)
        commands, self._commands = self._commands, []
        deadlines_s = [seat.next_s for seat in self._seats.values() if seat.next_s is not None]
        return Reply(commands, min(deadlines_s, default=None))

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop(LOOP_S)
        del self._client  # paho closes its inner sockets when it is collected, which our callbacks would put off.

    def _wait(self, met: Callable[[], bool], timeout_s: float, debts: Callable[[], str]) -> None:
        began_s = wall_s()
        resend_s, speak_s = began_s + RESEND_S, began_s + SPEAK_UP_S
        while not met():
            if self._client.loop(LOOP_S) != mqtt.MQTT_ERR_SUCCESS:
                self._reconnect()
            died_of = self._obituary()
            if died_of is not None:
                raise ParticipantError(died_of)
            now_s = wall_s()
            if now_s < resend_s:
                continue
            resend_s = now_s + RESEND_S
            self._send_grant()
            if now_s > speak_s:
                self._on_waiting(f"waiting for {debts()}")
                speak_s = now_s + SPEAK_UP_S
            if now_s - began_s > timeout_s:
                raise ParticipantError(f"no answer within {timeout_s:g} s: {debts()}")

    def _settled(self) -> bool:
        number = self._grant.grant
        expected = 0
        for seat in self._seats.values():
            if seat.grant != number:
                return False
            expected += seat.before + seat.sent
        return self._received >= expected

    def _debts(self) -> str:
        """Who owes what."""
        number = self._grant.grant
        late = [who for who, seat in self._seats.items() if seat.grant != number]
        if late:
            return f"{', '.join(late)} owes the answer to grant {number} (at {self._grant.now_s:.3f} s)"
        expected = sum(seat.before + seat.sent for seat in self._seats.values())
        owed = expected - self._received
        return f"{', '.join(self._seats)} owes {owed} of {expected} commands announced up to grant {number}"

    def _send_grant(self) -> None:
        if self._grant.grant:
            self._client.publish(codec.CLOCK_GRANT, codec.encode_clock(self._grant))

    def _reconnect(self) -> None:
        """The broker went away. What it lost on the way is sent again with the grant; commands lost stay owed."""
        try:
            self._client.reconnect()
        except OSError:
            self._client.loop(LOOP_S)

    def _connected(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            return
        client.subscribe([(topic, 0) for topic in (codec.COMMANDS, codec.CLOCK_DONE, codec.CLOCK_HELLO)])

    def _subscribed_to(self, *_: Any) -> None:
        self._subscribed = True
        self._send_grant()

    def _commanded(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._received += 1
        self._commands.append(bytes(message.payload))

    def _done(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        try:
            done = codec.decode_done(bytes(message.payload))
        except WireError:
            return
        seat = self._seats.get(done.who)
        if seat is not None and done.grant == self._grant.grant:
            seat.grant, seat.sent, seat.next_s = done.grant, done.sent, done.next_s

    def _hello(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        """A participant joins; one that has answered before was restarted, and counts from zero again.

        A participant repeats its hello until its first grant, so a hello behind its first answer is a new life's.
        """
        try:
            who = codec.decode_hello(bytes(message.payload)).who
        except WireError:
            return
        seat = self._seats.setdefault(who, _Seat())
        if seat.grant:
            others = sum(other.before + other.sent for name, other in self._seats.items() if name != who)
            self._seats[who] = _Seat(before=self._received - others)
            self._send_grant()
