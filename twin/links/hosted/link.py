"""The link to an unmodified Python program in virtual time: its process, the broker and the service it talks to.

The program's sockets are virtual and lead to the switchboard. Time zero is the program's first CONNECT; what happens
before takes no time of the line.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from classifier import Recognizer
from twin.broker.observation import Observation
from twin.errors import TwinError
from twin.links.base import Exit
from twin.links.hosted.hosts import Hosts
from twin.links.hosted.process import HostProcess
from twin.links.hosted.switchboard import Switchboard
from twin.links.output_log import OutputLine, OutputLog

LONGEST_START_S: Final = 60.0
"""If a program has not connected after this time, in s of its own clock, the line starts without it."""

LOOKAHEAD_S: Final = 60.0
"""The longest time, in s, for which the program goes on without the twin."""


@dataclass(slots=True)
class Progress:
    """The result of an exchange: the time that the program has reached, and what it did then.

    `next_s` is its next deadline. `exit` is how it ended, or None.
    """

    at_s: float
    next_s: float | None = None
    commands: list[bytes] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    exit: Exit | None = None


class HostedLink:
    """A program that can be started, killed and started again, and the other ends of its sockets.

    All methods raise `ParticipantError` if the program does not answer, and `HostingError` if it does something that
    can't be hosted.
    """

    def __init__(
        self, hosts: Hosts, recognizer: Recognizer, *, seed: int = 0, schedule: int = 0,
        original: Callable[[bytes], bytes] = lambda image: image,
    ) -> None:  # fmt: skip
        self._hosts = hosts
        self._seed = seed
        self._schedule = schedule
        self._folder = TemporaryDirectory(prefix="hosted-")
        self._output = Path(self._folder.name) / "output.txt"
        self._output.touch()
        self._log = OutputLog()
        self._switchboard = Switchboard(recognizer, original)
        self._process: HostProcess | None = None
        self._starts = 0
        self._at_s = 0.0
        self._offset_s = 0.0
        self._has_begun = False
        self._wake: tuple[float, float] | None = None
        self._started_s = 0.0
        self._host_s = 0.0
        self._host_next: tuple[float, float] | None = None

    @property
    def output(self) -> str:
        """What the program wrote to its standard output and error."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def output_lines(self) -> tuple[OutputLine, ...]:
        """The same, line by line, with the line's time of each."""
        written = self._output.read_bytes()
        return tuple(self._log.lines(written, len(written)))

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """The first host and port at which the program looked for the broker (`mqtt`) and the service (`http`)."""
        return dict(self._switchboard.addresses)

    def start(self, now_s: float) -> Progress:
        """Start the program. The first time, wait until it connects, which is time zero."""
        at_s = self._own_time(now_s)
        self._starts += 1
        self._switchboard.begin()
        self._process = self._hosts.host(
            self._output, seed=self._seed, schedule=self._schedule, start=self._starts, began_s=at_s
        )
        self._started_s, self._host_s, self._host_next = at_s, 0.0, None
        progress = Progress(now_s)
        self._at_s = at_s
        self._take(self._process.receive(), progress)
        self._settle(progress, at_s)
        if self._starts == 1:
            self._await_connection(progress)
            at_s = self._offset_s = self._at_s
            self._has_begun = True
        return self._in_line_time(progress, now_s, at_s)

    def publish(self, payload: bytes) -> bool:
        """Publish feedback, which the program gets with the next exchange. Returns whether any client gets it."""
        return self._switchboard.publish(payload)

    def exchange(self, now_s: float, until_s: float) -> Progress:
        """Let the program go on at `now_s`, and until `until_s` at most while it sends nothing."""
        progress = Progress(now_s)
        at_s = self._at_s = self._own_time(now_s)
        self._settle(progress, until_s + self._offset_s)
        return self._in_line_time(progress, now_s, at_s)

    def show_stacks(self) -> None:
        """Write where the program's threads stand to its output."""
        if self._process is not None:
            self._ask("stacks")

    def _ask(self, what: str) -> dict[str, Any]:
        """Ask the host itself while the program is stopped."""
        assert self._process is not None
        self._process.advance(self._host_s, self._host_s, [(what,)])
        return self._process.receive()

    def send_signal(self, number: signal.Signals) -> None:
        """Send the program a signal with the next exchange."""
        self._switchboard.inbox.append(("signal", int(number)))

    def cut_off(self, *, goodbye: bool) -> None:
        """Break every connection to the broker, and refuse new ones until `let_in`.

        With `goodbye` the broker runs on and publishes the clients' last wills.
        """
        self._switchboard.cut_off(goodbye=goodbye)

    def let_in(self) -> None:
        """Let clients connect again."""
        self._switchboard.down = False

    def take_over(self) -> bool:
        """Another client takes the place of each of the program's. Returns whether it had not got that already."""
        return self._switchboard.take_over(self._at_s)

    def leave(self) -> None:
        """The other client disconnects."""
        self._switchboard.leave(self._at_s)

    def retain(self, payload: bytes) -> None:
        """Keep a message on `bb` for whoever subscribes; b"" for none."""
        self._switchboard.retain(payload)

    def kill(self) -> None:
        """Kill the program. The broker notices that its connections are gone."""
        if self._process is not None:
            self._process.kill()
            self._process = self._host_next = None
        self._switchboard.end()

    def close(self) -> None:
        """End the program."""
        if self._process is not None and (self._hosts.curious or self._hosts.measures):
            with suppress(TwinError):
                self._learn(self._ask("findings"))
        self.kill()
        self._folder.cleanup()

    def _learn(self, findings: dict[str, Any]) -> None:
        self._hosts.learn(findings["modules"])
        self._hosts.measured(findings["computing"])

    def _own_time(self, now_s: float) -> float:
        """Convert the line's time to the link's own, which began with the first process."""
        if self._wake is not None and now_s == self._wake[0]:
            return self._wake[1]  # A time that both agreed on is not computed again, which would round it.
        return max(self._at_s, now_s + self._offset_s)

    def _in_line_time(self, progress: Progress, now_s: float, at_s: float) -> Progress:
        """Convert the progress to the line's time. `now_s` of the line is `at_s` of the link's own."""
        board = self._switchboard
        progress.commands, board.commands = board.commands, []
        progress.observations, board.observations = board.observations, []
        progress.at_s = now_s if self._at_s == at_s else max(now_s, self._at_s - self._offset_s)
        self._log.mark(self._output.stat().st_size, progress.at_s)
        next_s = self._next_s()
        self._wake = None if next_s is None else (max(next_s - self._offset_s, progress.at_s), next_s)
        progress.next_s = None if self._wake is None else self._wake[0]
        return progress

    def _next_s(self) -> float | None:
        """The next deadline of the program, the broker or the service."""
        host_s = None if self._host_next is None else self._host_next[0]
        wakes_s = (host_s, self._switchboard.next_s)
        return min((wake_s for wake_s in wakes_s if wake_s is not None), default=None)

    def _await_connection(self, progress: Progress) -> None:
        """Let time pass for the program alone until it connects."""
        while not self._switchboard.ever_connected and progress.exit is None:
            next_s = self._next_s()
            if next_s is None or next_s >= LONGEST_START_S:
                return  # It waits for too long, or without a deadline.
            self._at_s = max(self._at_s, next_s)
            self._settle(progress, LONGEST_START_S)

    def _settle(self, progress: Progress, until_s: float) -> None:
        """Exchange messages until neither side has more to send at the time that the program has reached."""
        board = self._switchboard
        board.tick(self._at_s)
        while self._process is not None:
            horizon_s = min(until_s, self._at_s + LOOKAHEAD_S)
            if board.next_s is not None:
                horizon_s = min(horizon_s, board.next_s)
            if board.commands or board.observations:
                horizon_s = self._at_s  # It sent these at this time; the rest belongs to the next exchange.
            self._converse(progress, horizon_s)
            if not board.inbox:
                break

    def _converse(self, progress: Progress, horizon_s: float) -> None:
        """Send the program the time and its messages, and take its answer."""
        assert self._process is not None
        inbox, self._switchboard.inbox = self._switchboard.inbox, []
        agreed = self._host_next is not None and self._at_s == self._host_next[0]
        now_s = self._host_next[1] if agreed and self._host_next is not None else self._at_s - self._started_s
        self._host_s = max(self._host_s, now_s)
        self._process.advance(self._host_s, horizon_s - self._started_s, inbox)
        self._take(self._process.receive(), progress)

    def _take(self, answer: dict[str, Any], progress: Progress) -> None:
        """Take the program's answer: what it did, and when."""
        if answer["at"] > self._host_s:
            self._host_s = float(answer["at"])
            self._at_s = max(self._at_s, self._started_s + self._host_s)
        if self._has_begun:  # What was written before belongs to time zero.
            for size_bytes, wrote_s in answer.get("wrote", ()):
                self._log.mark(size_bytes, max(0.0, self._started_s + wrote_s - self._offset_s))
        next_s = answer["next"]
        self._host_next = None if next_s is None else (max(self._started_s + next_s, self._at_s), next_s)
        for message in answer["out"]:
            self._switchboard.take(message, self._at_s)
        if "ended" in answer:
            ended = answer["ended"]
            self._learn(answer)
            reason = ended["reason"] or f"the program ended with exit code {ended['code']}"
            progress.exit = Exit(ended["code"], reason)
            self.kill()
