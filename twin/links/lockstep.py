"""The link in lockstep: a real controller over a real broker, its clock granted by the twin.

The twin publishes feedback and then a grant; every participant, having received as many messages as the grant
says, acts and answers with how many commands it has sent and when it wants to be woken. Counting both ways makes
it independent of ordering across topics; numbered grants make a resent one harmless.

What is lost with a broker or a connection while nothing is under way costs nothing: the twin finds out before it
publishes, and first makes sure that everybody is there again. A message that is lost on its way cannot be made
good, since feedback carries no number; then the participant is named, and what happened.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from controller import wire
from controller.errors import WireError
from controller.system import wall_s
from twin.errors import ParticipantError
from twin.links.base import Reply
from twin.links.blocking_client import LOOK_UP_S, GrantClient
from twin.links.external_controller import Exit

RESEND_S: Final = 1.0
SPEAK_UP_S: Final = 2.0
ANSWER_TIMEOUT_S: Final = 15.0
JOIN_TIMEOUT_S: Final = 60.0

_TOPICS: Final = (wire.COMMANDS, wire.CLOCK_DONE, wire.CLOCK_HELLO)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Seat:
    """A participant, as its answers describe it: the last grant it answered, commands announced and received."""

    grant: int = 0
    sent: int = 0
    settled: int = 0
    next_s: float | None = None


class GrantClientFactory(Protocol):
    """Makes the twin's end of the wire: `BlockingClient` or `EmbeddedClient`, but for where."""

    def __call__(
        self, *, topics: Sequence[str], on_message: Callable[[str, bytes], None], on_back: Callable[[], None]
    ) -> GrantClient:
        """What listens to `topics` and tells `on_message`; a lost broker that is there again is told to `on_back`."""


class LockstepLink:
    """Participants reached over a broker. `on_waiting` is told who makes the twin wait.

    `exit_of` says how the participants ended, if they did: nobody need wait for them. `kill` ends the
    participants without a word, `revive` starts others in their place.
    """

    def __init__(
        self, make_client: GrantClientFactory, *, answer_timeout_s: float = ANSWER_TIMEOUT_S,
        on_waiting: Callable[[str], None] = lambda text: None, exit_of: Callable[[], Exit | None] = lambda: None,
        kill: Callable[[], None] = lambda: None, revive: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._answer_timeout_s = answer_timeout_s
        self._on_waiting = on_waiting
        self._exit_of = exit_of
        self._kill = kill
        self._revive = revive
        self._seats: dict[str, _Seat] = {}
        self._places = 1
        self._commands: list[bytes] = []
        self._received = 0
        self._sent = 0
        self._grant = wire.Grant(grant=0, now_s=0.0, sent=0)
        self._granting = False
        self._unsure = False
        self._losses = 0
        self._client = make_client(topics=_TOPICS, on_message=self._receive, on_back=self._send_grant)

    def open(self) -> None:
        """Begin to hear. Raises `BrokerError` if that fails or takes too long."""
        self._client.open()

    def await_participants(self, count: int = 1, timeout_s: float = JOIN_TIMEOUT_S) -> None:
        """Wait until `count` participants have said hello. Raises `ParticipantError`."""
        self._places = count
        self._wait(
            lambda: len(self._seats) >= count, timeout_s,
            lambda: f"{count} participant(s) to say hello on {wire.CLOCK_HELLO}, so far {list(self._seats) or 'none'}",
        )  # fmt: skip

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Publish, grant, and wait for every answer and every command. Raises `ParticipantError`."""
        while self._client.poll(0.0):
            pass
        if feedback and (self._unsure or not self._client.up or self._client.losses > self._losses):
            self._agree(now_s, ())
        self._agree(now_s, feedback)
        return self._reply()

    def rejoin(self, now_s: float) -> Reply:
        """End the participants' connections, and grant when they are there again.

        Each must have its name in lockstep for its client id. Raises `ParticipantError` when one does not come back.
        """
        for who in self._seats:
            self._client.end_connection(who)
        return self.exchange(now_s, ())

    def stop(self, now_s: float) -> Reply:
        """Grant once more, and tell the participants to end with it.

        Raises `ParticipantError` when one does not answer.
        """
        self._agree(now_s, (), stop=True)
        return self._reply()

    def kill(self) -> None:
        """The participants die without a word, and are not waited for from now on."""
        self._kill()
        self._seats.clear()

    def revive(self, now_s: float) -> Reply:
        """Others start in the dead ones' place; they are told what time it is when they have said hello.

        Raises `ParticipantError` when they do not.
        """
        while self._client.poll(0.0):
            pass
        self._seats.clear()  # What the dead ones still said was on its way.
        self._revive()
        self.await_participants(self._places)
        return self.exchange(now_s, ())

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def _reply(self) -> Reply:
        commands, self._commands = self._commands, []
        deadlines_s = [seat.next_s for seat in self._seats.values() if seat.next_s is not None]
        return Reply(commands, min(deadlines_s, default=None))

    def _agree(self, now_s: float, feedback: Sequence[bytes], *, stop: bool = False) -> None:
        """One grant, to its last answer and command."""
        self._losses, self._unsure = self._client.losses, False
        for payload in feedback:
            self._client.publish(wire.FEEDBACK, payload)
        self._sent += len(feedback)
        self._received = 0
        self._grant = wire.Grant(grant=self._grant.grant + 1, now_s=now_s, sent=self._sent, stop=stop)
        self._granting = True
        self._send_grant()
        self._wait(self._settled, self._answer_timeout_s, self._debts)
        self._granting = False
        for seat in self._seats.values():
            seat.settled = seat.sent

    def _wait(self, met: Callable[[], bool], timeout_s: float, debts: Callable[[], str]) -> None:
        began_s = wall_s()
        resend_s, speak_s = began_s + RESEND_S, began_s + SPEAK_UP_S
        while not met():
            busy = self._client.poll(LOOK_UP_S)
            now_s = wall_s()
            if now_s - began_s > timeout_s:
                raise ParticipantError(f"no answer within {timeout_s:g} s: {debts()}")
            if busy:
                continue
            if (ended := self._exit_of()) is not None:
                raise ParticipantError(ended.reason)
            if now_s > resend_s:
                self._send_grant()
                resend_s = now_s + RESEND_S
            if now_s > speak_s:
                self._on_waiting(f"waiting for {debts()}")
                speak_s = now_s + SPEAK_UP_S

    def _settled(self) -> bool:
        """Whether everybody has answered the grant, and all that they say they sent is here."""
        number, announced = self._grant.grant, 0
        for seat in self._seats.values():
            if seat.grant != number:
                return False
            announced += seat.sent - seat.settled
        return self._received >= announced

    def _debts(self) -> str:
        """Who owes what, and what may have come of it."""
        number = self._grant.grant
        late = [who for who, seat in self._seats.items() if seat.grant != number]
        lost = "; the broker was lost meanwhile" if self._client.losses > self._losses else ""
        if not self._client.up:
            lost = "; the broker is away"
        if late:
            return f"{', '.join(late)} owes the answer to grant {number} (at {self._grant.now_s:.3f} s){lost}"
        announced = sum(seat.sent - seat.settled for seat in self._seats.values())
        owed = announced - self._received
        return f"{', '.join(self._seats)} owes {owed} of {announced} commands announced with grant {number}{lost}"

    def _send_grant(self) -> None:
        if self._granting:
            self._client.publish(wire.CLOCK_GRANT, wire.encode_clock(self._grant))

    def _receive(self, topic: str, payload: bytes) -> None:
        if topic == wire.COMMANDS:
            self._commanded(payload)
            return
        try:
            if topic == wire.CLOCK_DONE:
                self._done(wire.decode_done(payload))
            else:
                self._hello(wire.decode_hello(payload).who)
        except WireError as error:
            _log.warning("clock_message_refused topic=%s error=%s t_s=%s", topic, error, self._grant.now_s)

    def _commanded(self, payload: bytes) -> None:
        if self._granting:
            self._received += 1
            self._commands.append(payload)
        else:
            # Nobody acts between grants: it is a last will, and those have their place in the twin's own time.
            _log.info("command_between_grants payload=%s t_s=%s", payload[:80], self._grant.now_s)

    def _done(self, done: wire.Done) -> None:
        """An answer. One to an earlier grant comes from whoever was away when the last was sent: it asks for that."""
        seat = self._seats.get(done.who)
        if seat is None:
            return
        if done.grant == self._grant.grant:
            seat.grant, seat.sent, seat.next_s = done.grant, done.sent, done.next_s
        else:
            self._send_grant()

    def _hello(self, who: str) -> None:
        """A participant joins; one that has answered before was restarted, and counts from zero again.

        A participant repeats its hello until its first grant, so a hello behind its first answer is a new life's.
        """
        seat = self._seats.get(who)
        if seat is None or seat.grant:
            self._seats[who] = _Seat()
            self._unsure = True
        self._send_grant()
