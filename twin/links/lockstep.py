"""The link in lockstep: controllers over a real broker, with a clock that the twin grants.

The twin publishes feedback and then a grant. Each participant acts once it has received as many messages as the grant
counts. It answers with the number of commands that it has sent and with its next deadline. Both sides count, so the
protocol does not depend on the order across topics. Grants have numbers, so a repeated grant does no harm.

A broker or a connection that is lost between grants costs nothing: the twin notices before it publishes, and first
waits until every participant is back. A message that is lost on its way cannot be replaced, because feedback has no
number. The error then names the participant and what happened.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from controller import wire
from controller.errors import WireError
from controller.system import wall_s
from twin.errors import ParticipantError
from twin.links.base import Exit, Reply
from twin.links.broker_client import POLL_S, GrantClient

RESEND_S: Final = 1.0
WAITING_NOTICE_S: Final = 2.0
ANSWER_TIMEOUT_S: Final = 15.0
JOIN_TIMEOUT_S: Final = 60.0

_TOPICS: Final = (wire.COMMANDS, wire.CLOCK_DONE, wire.CLOCK_HELLO)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Participant:
    """A participant, as its answers describe it.

    `grant` is the last grant that it answered, `sent` how many commands it has announced, `settled` how many of these
    had arrived by the end of the last grant, `next_s` its deadline.
    """

    grant: int = 0
    sent: int = 0
    settled: int = 0
    next_s: float | None = None


class GrantClientFactory(Protocol):
    """Makes the twin's client for one broker: a `BrokerClient` or an `EmbeddedClient`."""

    def __call__(
        self, *, topics: Sequence[str], on_message: Callable[[str, bytes], None], on_back: Callable[[], None]
    ) -> GrantClient:
        """A client that passes messages on `topics` to `on_message`, and calls `on_back` when a lost broker is back."""


class LockstepLink:
    """The link to one or more participants over a broker.

    `on_waiting` gets a text that names the participants for which the twin waits. `exit_of` returns how the
    participants' program ended, or None while it runs; the twin does not wait for an ended program. `kill` ends the
    participants abruptly, `revive` starts others in their place.
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
        self._participants: dict[str, _Participant] = {}
        self._expected = 1
        self._commands: list[bytes] = []
        self._received = 0
        self._sent = 0
        self._grant = wire.Grant(grant=0, now_s=0.0, sent=0)
        self._granting = False
        self._joined = False
        self._losses_at_grant = 0
        self._client = make_client(topics=_TOPICS, on_message=self._receive, on_back=self._send_grant)

    def open(self) -> None:
        """Connect and subscribe. Raises `BrokerError` if that fails or takes too long."""
        self._client.open()

    def await_participants(self, count: int = 1, timeout_s: float = JOIN_TIMEOUT_S) -> None:
        """Wait until `count` participants have said hello. Raises `ParticipantError` after `timeout_s`."""
        self._expected = count
        self._wait(
            lambda: len(self._participants) >= count, timeout_s,
            lambda: f"{count} participant(s) must say hello on {wire.CLOCK_HELLO}, so far {self._names() or 'none'}; "
            "a program without the grant protocol runs with --link realtime",
        )  # fmt: skip

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Publish feedback, grant, and wait for every answer and command.

        Raises `ParticipantError` if one does not arrive in time.
        """
        while self._client.poll(0.0):
            pass
        if feedback and (self._joined or not self._client.up or self._client.losses > self._losses_at_grant):
            self._complete_grant(now_s, ())
        self._complete_grant(now_s, feedback)
        return self._reply()

    def rejoin(self, now_s: float) -> Reply:
        """Cut the participants' connections, and grant when the participants are back.

        Each participant's name must be its client id. Raises `ParticipantError` if one does not come back.
        """
        for name in self._participants:
            self._client.end_connection(name)
        return self.exchange(now_s, ())

    def stop(self, now_s: float) -> Reply:
        """Grant once more, with the request to end.

        Raises `ParticipantError` if a participant does not answer.
        """
        self._complete_grant(now_s, (), stop=True)
        return self._reply()

    def kill(self) -> None:
        """End the participants abruptly. The twin waits for them no longer."""
        self._kill()
        self._participants.clear()

    def revive(self, now_s: float) -> Reply:
        """Start others in place of the killed participants, and grant `now_s` once they have said hello.

        Raises `ParticipantError` if they do not.
        """
        while self._client.poll(0.0):
            pass
        self._participants.clear()  # A killed participant's last messages may have arrived since.
        self._revive()
        self.await_participants(self._expected)
        return self.exchange(now_s, ())

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def _reply(self) -> Reply:
        commands, self._commands = self._commands, []
        deadlines_s = [
            participant.next_s for participant in self._participants.values() if participant.next_s is not None
        ]
        return Reply(commands, min(deadlines_s, default=None))

    def _complete_grant(self, now_s: float, feedback: Sequence[bytes], *, stop: bool = False) -> None:
        """Publish feedback and one grant, and wait for its last answer and command."""
        self._losses_at_grant, self._joined = self._client.losses, False
        for payload in feedback:
            self._client.publish(wire.FEEDBACK, payload)
        self._sent += len(feedback)
        self._received = 0
        self._grant = wire.Grant(grant=self._grant.grant + 1, now_s=now_s, sent=self._sent, stop=stop)
        self._granting = True
        self._send_grant()
        self._wait(self._settled, self._answer_timeout_s, self._missing)
        self._granting = False
        for participant in self._participants.values():
            participant.settled = participant.sent

    def _wait(self, done: Callable[[], bool], timeout_s: float, missing: Callable[[], str]) -> None:
        began_s = wall_s()
        resend_s, notice_s = began_s + RESEND_S, began_s + WAITING_NOTICE_S
        while not done():
            busy = self._client.poll(POLL_S)
            now_s = wall_s()
            if now_s - began_s > timeout_s:
                raise ParticipantError(f"no answer within {timeout_s:g} s: {missing()}")
            if busy:
                continue
            if (ended := self._exit_of()) is not None:
                raise ParticipantError(ended.reason)
            if now_s > resend_s:
                self._send_grant()
                resend_s = now_s + RESEND_S
            if now_s > notice_s:
                self._on_waiting(f"waiting: {missing()}")
                notice_s = now_s + WAITING_NOTICE_S

    def _settled(self) -> bool:
        """Whether every participant has answered the grant, and all commands that they announced have arrived."""
        number, announced = self._grant.grant, 0
        for participant in self._participants.values():
            if participant.grant != number:
                return False
            announced += participant.sent - participant.settled
        return self._received >= announced

    def _names(self) -> str:
        return ", ".join(self._participants)

    def _missing(self) -> str:
        """Which participants owe what, and a likely cause."""
        number = self._grant.grant
        late = [name for name, participant in self._participants.items() if participant.grant != number]
        lost = "; the broker was lost meanwhile" if self._client.losses > self._losses_at_grant else ""
        if not self._client.up:
            lost = "; the broker is away"
        if late:
            return f"{', '.join(late)} owes the answer to grant {number} (at {self._grant.now_s:.3f} s){lost}"
        announced = sum(participant.sent - participant.settled for participant in self._participants.values())
        owed = announced - self._received
        return f"{self._names()} owes {owed} of {announced} commands announced with grant {number}{lost}"

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
            # No participant acts between grants, so this is a last will. The twin models last wills in virtual time.
            _log.info("command_between_grants payload=%s t_s=%s", payload[:80], self._grant.now_s)

    def _done(self, done: wire.Done) -> None:
        """Handle an answer. A participant that answers an earlier grant missed the last one, which is sent again."""
        participant = self._participants.get(done.who)
        if participant is None:
            return
        if done.grant == self._grant.grant:
            participant.grant, participant.sent, participant.next_s = done.grant, done.sent, done.next_s
        else:
            self._send_grant()

    def _hello(self, name: str) -> None:
        """Let a participant join. One that has answered before was restarted, and counts from zero again.

        A participant repeats its hello until its first grant, so a hello after its first answer means a restart.
        """
        participant = self._participants.get(name)
        if participant is None or participant.grant:
            self._participants[name] = _Participant()
            self._joined = True
        self._send_grant()
