"""The link to an unmodified Python program in virtual time: its process, the broker and the service it talks to.

The program's sockets are virtual and lead to the switchboard. Time zero is the program's first CONNECT; what it does
before takes none.
"""

import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from classifier import Recognizer
from twin.broker.observation import Observation
from twin.errors import TwinError
from twin.links.external_controller import Exit
from twin.links.hosted.hosts import Hosts
from twin.links.hosted.process import HostProcess
from twin.links.hosted.switchboard import Switchboard
from twin.links.output_log import OutputLog, Said

LONGEST_START_S: Final = 60.0
"""A program that has not connected by then, on its own clock, meets a line that has begun without it."""

LOOKAHEAD_S: Final = 60.0
"""No further does the program's time run without the twin."""


@dataclass(slots=True)
class Heard:
    """What came of an exchange: the time up to which the program has got, and what it did then.

    `next_s`: when it wants to be woken at the latest. `exit`: how it ended, if it did.
    """

    at_s: float
    next_s: float | None = None
    commands: list[bytes] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    exit: Exit | None = None


class HostedLink:
    """A program, started, killed and started again, and what its sockets lead to.

    Everything raises `ParticipantError` for a program that does not answer, and `HostingError` for one that does what
    can't be hosted.
    """

    def __init__(self, hosts: Hosts, recognizer: Recognizer, *, seed: int = 0, schedule: int = 0) -> None:
        self._hosts = hosts
        self._seed = seed
        self._schedule = schedule
        self._folder = TemporaryDirectory(prefix="hosted-")
        self._output = Path(self._folder.name) / "output.txt"
        self._output.touch()
        self._log = OutputLog()
        self._switchboard = Switchboard(recognizer)
        self._process: HostProcess | None = None
        self._lives = 0
        self._at_s = 0.0
        self._offset_s = 0.0
        self._wake: tuple[float, float] | None = None
        self._born_s = 0.0
        self._host_s = 0.0
        self._host_next: tuple[float, float] | None = None

    @property
    def output(self) -> str:
        """What the program wrote to its standard output and error."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def said(self) -> tuple[Said, ...]:
        """The same, line by line, with the line's time of each."""
        written = self._output.read_bytes()
        return tuple(self._log.lines(written, len(written)))

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """The first host and port at which the program looked for the broker (`mqtt`) and the service (`http`)."""
        return dict(self._switchboard.addresses)

    def start(self, now_s: float) -> Heard:
        """Start the program: the first one until it connects, which is time zero."""
        at_s = self._own_time(now_s)
        self._lives += 1
        self._switchboard.begin()
        self._process = self._hosts.host(self._output, seed=self._seed, schedule=self._schedule)
        self._born_s, self._host_s, self._host_next = at_s, 0.0, None
        heard = Heard(now_s)
        self._at_s = at_s
        self._take(self._process.hear(), heard)
        self._settle(heard, at_s)
        if self._lives == 1:
            self._await_connection(heard)
            at_s = self._offset_s = self._at_s
        return self._heard(heard, now_s, at_s)

    def publish(self, payload: bytes) -> bool:
        """Publish feedback; the program gets it with the next exchange. Whether anybody does."""
        return self._switchboard.publish(payload)

    def exchange(self, now_s: float, until_s: float) -> Heard:
        """Let the program go on: at `now_s`, and before `until_s` while it says nothing."""
        heard = Heard(now_s)
        at_s = self._at_s = self._own_time(now_s)
        self._settle(heard, until_s + self._offset_s)
        return self._heard(heard, now_s, at_s)

    def show_stacks(self) -> None:
        """The program's threads say where they stand, in its output."""
        if self._process is not None:
            self._ask("stacks")

    def _ask(self, what: str) -> dict[str, Any]:
        """Ask the host itself, while the program stands still."""
        assert self._process is not None
        self._process.tell(self._host_s, self._host_s, [(what,)])
        return self._process.hear()

    def send_signal(self, number: signal.Signals) -> None:
        """The program gets a signal with the next exchange."""
        self._switchboard.inbox.append(("signal", int(number)))

    def cut_off(self, *, goodbye: bool) -> None:
        """Every connection to the broker breaks, and none is let in until `let_in`.

        `goodbye`: the broker is there to send their last wills.
        """
        self._switchboard.cut_off(goodbye=goodbye)

    def let_in(self) -> None:
        """Whoever was cut off may connect again."""
        self._switchboard.down = False

    def take_over(self) -> bool:
        """Another client takes the place of each of the program's. Returns whether it had not got that already."""
        return self._switchboard.take_over(self._at_s)

    def leave(self) -> None:
        """The other client disconnects."""
        self._switchboard.leave(self._at_s)

    def retain(self, payload: bytes) -> None:
        """The broker keeps a message on `bb` for whoever subscribes, or none."""
        self._switchboard.retain(payload)

    def kill(self) -> None:
        """The program dies without a word; the broker notices."""
        if self._process is not None:
            self._process.kill()
            self._process = self._host_next = None
        self._switchboard.end()

    def close(self) -> None:
        """Let go of the program."""
        if self._process is not None and (self._hosts.curious or self._hosts.measures):
            with suppress(TwinError):
                self._learn(self._ask("findings"))
        self.kill()
        self._folder.cleanup()

    def _learn(self, findings: dict[str, Any]) -> None:
        self._hosts.learn(findings["modules"])
        self._hosts.measured(findings["computing"])

    def _own_time(self, now_s: float) -> float:
        """The line's time in the link's own, which began with the first program's process."""
        if self._wake is not None and now_s == self._wake[0]:
            return self._wake[1]  # What was agreed on is not computed again: it would be rounded.
        return max(self._at_s, now_s + self._offset_s)

    def _heard(self, heard: Heard, now_s: float, at_s: float) -> Heard:
        """What is heard, in the line's time; `now_s` was `at_s` of the link's own."""
        board = self._switchboard
        heard.commands, board.commands = board.commands, []
        heard.seen, board.seen = board.seen, []
        heard.at_s = now_s if self._at_s == at_s else max(now_s, self._at_s - self._offset_s)
        self._log.mark(self._output.stat().st_size, heard.at_s)
        next_s = self._next_s()
        self._wake = None if next_s is None else (max(next_s - self._offset_s, heard.at_s), next_s)
        heard.next_s = None if self._wake is None else self._wake[0]
        return heard

    def _next_s(self) -> float | None:
        """When somebody is to be woken."""
        host_s = None if self._host_next is None else self._host_next[0]
        wakes_s = (host_s, self._switchboard.next_s)
        return min((wake_s for wake_s in wakes_s if wake_s is not None), default=None)

    def _await_connection(self, heard: Heard) -> None:
        """Let time pass for the program alone, until it connects."""
        while not self._switchboard.ever_connected and heard.exit is None:
            next_s = self._next_s()
            if next_s is None or next_s >= LONGEST_START_S:
                return  # It waits for too long, or for something that never comes.
            self._at_s = max(self._at_s, next_s)
            self._settle(heard, LONGEST_START_S)

    def _settle(self, heard: Heard, until_s: float) -> None:
        """Converse until nothing more is to be said at the time that the program has got to."""
        board = self._switchboard
        board.tick(self._at_s)
        while self._process is not None:
            horizon_s = min(until_s, self._at_s + LOOKAHEAD_S)
            if board.next_s is not None:
                horizon_s = min(horizon_s, board.next_s)
            if board.commands or board.seen:
                horizon_s = self._at_s  # What it said, it said at this time; the rest is for the next exchange.
            self._converse(heard, horizon_s)
            if not board.inbox:
                break

    def _converse(self, heard: Heard, horizon_s: float) -> None:
        """Tell the program what time it is and what has arrived, and take what it does."""
        assert self._process is not None
        inbox, self._switchboard.inbox = self._switchboard.inbox, []
        agreed = self._host_next is not None and self._at_s == self._host_next[0]
        now_s = self._host_next[1] if agreed and self._host_next is not None else self._at_s - self._born_s
        self._host_s = max(self._host_s, now_s)
        self._process.tell(self._host_s, horizon_s - self._born_s, inbox)
        self._take(self._process.hear(), heard)

    def _take(self, answer: dict[str, Any], heard: Heard) -> None:
        """What the program did, and when."""
        if answer["at"] > self._host_s:
            self._host_s = float(answer["at"])
            self._at_s = max(self._at_s, self._born_s + self._host_s)
        next_s = answer["next"]
        self._host_next = None if next_s is None else (max(self._born_s + next_s, self._at_s), next_s)
        for message in answer["out"]:
            self._switchboard.take(message, self._at_s)
        if "ended" in answer:
            ended = answer["ended"]
            self._learn(answer)
            reason = ended["reason"] or f"the program ended with exit code {ended['code']}"
            heard.exit = Exit(ended["code"], reason)
            self.kill()
