"""The link to an unmodified Python program in virtual time: its process, the broker and the service it talks to.

The program's sockets are virtual and lead here. What a connection is for shows in its first byte: MQTT's CONNECT, or
a request to the recognition service. Time zero is the program's first CONNECT; what it does before takes none.
"""

import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from classifier import Recognizer
from controller import wire
from twin.broker.observation import Observation
from twin.errors import HostingError, TwinError
from twin.links.external_controller import Exit
from twin.links.host_process import HostProcess
from twin.links.hosts import Hosts
from twin.links.mqtt_effects import Close, Connected, Disconnected, Effect, Published, Refused, Send, Subscribed
from twin.links.recognition_endpoint import RecognitionEndpoint, StrangeRequestError
from twin.links.session_broker import SessionBroker
from twin.trace import Event

LONGEST_START_S: Final = 60.0
"""A program that has not connected by then, on its own clock, meets a line that has begun without it."""

LOOKAHEAD_S: Final = 60.0
"""No further does the program's time run without the twin."""

SERVICE_PORT: Final = 8088
"""The recognition service is there, whatever befalls the broker."""

_ENDINGS: Final[dict[str, Event]] = {"disconnected": "disconnected", "taken over": "taken over"}
_CONNECT: Final = 0x10
_HTTP: Final = b"GPHDOC"
"""First letters of HTTP's methods."""


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
        self._broker = SessionBroker()
        self._service = RecognitionEndpoint(recognizer)
        self._process: HostProcess | None = None
        self._lives = 0
        self._open: dict[int, str] = {}
        self._inbox: list[Sequence[object]] = []
        self._zero_s = 0.0
        self._host_s = 0.0
        self._next: tuple[float, float] | None = None
        self._ever_connected = False
        self.down = False

    @property
    def output(self) -> str:
        """What the program wrote to its standard output and error."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def start(self, now_s: float) -> Heard:
        """Start the program: the first one until it connects, which is time zero."""
        self._lives += 1
        self._process = self._hosts.host(self._output, seed=self._seed, schedule=self._schedule)
        self._zero_s, self._host_s, self._next = now_s, 0.0, None
        heard = Heard(now_s)
        self._take(self._process.hear(), heard, now_s)
        while self._lives == 1 and not self._ever_connected and heard.exit is None:
            if not self._inbox and (self._next is None or self._next[1] >= LONGEST_START_S):
                break  # It waits for too long, or for something that never comes.
            self._zero_s = now_s - self._host_s
            self._converse(now_s, heard, until_host_s=LONGEST_START_S)
        self._zero_s = now_s - self._host_s
        heard.at_s = now_s
        return self._settled(now_s, now_s, heard)

    def exchange(self, now_s: float, until_s: float, feedback: Sequence[bytes] = ()) -> Heard:
        """Publish feedback, and let the program go on: at `now_s`, and before `until_s` while it says nothing."""
        for payload in feedback:
            if not self.down:
                self._broker.publish(wire.FEEDBACK, payload)
        return self._settled(now_s, until_s, Heard(now_s))

    def show_stacks(self) -> None:
        """The program's threads say where they stand, in its output."""
        if self._process is not None:
            self._ask("stacks")

    def _ask(self, what: str) -> dict[str, Any]:
        """Ask the host itself, while the program stands still."""
        assert self._process is not None
        self._process.tell(self._host_s, self._host_s, [(what,)])
        return self._process.hear()

    def send_signal(self, number: int = signal.SIGTERM) -> None:
        """The program gets a signal with the next exchange."""
        self._inbox.append(("signal", int(number)))

    def cut_off(self, *, goodbye: bool) -> None:
        """Every connection to the broker breaks, and none is let in until `down` is over.

        `goodbye`: the broker is there to send their last wills.
        """
        self.down = True
        if goodbye:
            for connection, kind in list(self._open.items()):
                if kind == "mqtt":
                    self._broker.cut_off(connection)
        else:
            self._broker.restart()

    def kill(self) -> None:
        """The program dies without a word; the broker notices."""
        if self._process is not None:
            self._process.kill()
            self._process = self._next = None
        for connection in list(self._open):
            self._close(connection)
        self._inbox.clear()

    def close(self) -> None:
        """Let go of the program."""
        if self._process is not None and self._hosts.curious:
            with suppress(TwinError):
                self._hosts.learn(self._ask("modules").get("modules", ()))
        self.kill()
        self._folder.cleanup()

    def _settled(self, now_s: float, until_s: float, heard: Heard) -> Heard:
        """Converse until nothing more is to be said at the time that the program has got to."""
        self._broker.tick(now_s)
        self._answer_requests(now_s)
        self._act(heard)
        while self._process is not None:
            others_s = (self._broker.next_deadline_s, self._service.next_due_s)
            until_host_s = min(min((due_s for due_s in others_s if due_s is not None), default=until_s), until_s)
            until_host_s = min(until_host_s - self._zero_s, self._host_s + LOOKAHEAD_S)
            if heard.commands or heard.seen:
                until_host_s = self._host_s  # What it said, it said at this time; the rest is for the next exchange.
            self._converse(now_s, heard, until_host_s=until_host_s)
            now_s = heard.at_s
            if not self._inbox:
                break
        wakes = [self._next and self._next[0], self._broker.next_deadline_s, self._service.next_due_s]
        heard.next_s = min((wake_s for wake_s in wakes if wake_s is not None), default=None)
        return heard

    def _converse(self, now_s: float, heard: Heard, *, until_host_s: float) -> None:
        """Tell the program what time it is and what has arrived, and take what it does."""
        assert self._process is not None
        inbox, self._inbox = self._inbox, []
        if self._next is not None and now_s == self._next[0]:
            self._host_s = self._next[1]
        self._host_s = max(self._host_s, now_s - self._zero_s)
        self._process.tell(self._host_s, until_host_s, inbox)
        self._take(self._process.hear(), heard, now_s)

    def _take(self, answer: dict[str, Any], heard: Heard, now_s: float) -> None:
        """What the program did, and when."""
        before_s, self._host_s = self._host_s, max(self._host_s, float(answer["at"]))
        heard.at_s = max(now_s, self._zero_s + self._host_s) if self._host_s > before_s else now_s
        next_s = answer["next"]
        self._next = None if next_s is None else (max(self._zero_s + next_s, heard.at_s), next_s)
        for kind, number, *rest in answer["out"]:
            connection = self._lives * 1_000_000 + number
            if kind == "open":
                self._connect(connection, number, *rest)
            elif kind == "data":
                self._receive(connection, rest[0].encode("latin-1"), heard.at_s)
            else:
                self._close(connection)
            self._act(heard)
        if "ended" in answer:
            ended = answer["ended"]
            reason = ended["reason"] or f"the program ended with exit code {ended['code']}"
            heard.exit = Exit(ended["code"], reason)
            self.kill()
            self._act(heard)

    def _connect(self, connection: int, number: int, host: str, port: int) -> None:
        if self.down and port != SERVICE_PORT:
            self._inbox.append(("refuse", number))
        else:
            self._open[connection] = ""
            self._inbox.append(("accept", number))

    def _receive(self, connection: int, data: bytes, now_s: float) -> None:
        kind = self._open.get(connection)
        if kind == "" and data:
            kind = self._open[connection] = _kind(data[0])
            if kind == "mqtt":
                self._broker.opened(connection)
        if kind == "mqtt":
            self._broker.received(connection, data, now_s)
        elif kind == "http":
            try:
                self._service.received(connection, data, now_s)
            except StrangeRequestError as strange:
                must = f"to the broker or {wire.FEEDBACK and 'the recognition service'}"
                raise HostingError(f"--controller can't be hosted: it speaks {must} only, got {strange}") from None

    def _close(self, connection: int) -> None:
        kind = self._open.pop(connection, None)
        if kind == "mqtt":
            self._broker.closed(connection)
        elif kind == "http":
            self._service.closed(connection)

    def _answer_requests(self, now_s: float) -> None:
        for connection, data, last in self._service.due(now_s):
            self._inbox.append(("data", connection % 1_000_000, data.decode("latin-1")))
            if last:
                self._close(connection)
                self._inbox.append(("close", connection % 1_000_000))

    def _act(self, heard: Heard) -> None:
        """Do what the broker wants done, and keep what it wants known."""
        for effect in self._broker.take():
            if isinstance(effect, Send):
                self._inbox.append(("data", effect.connection % 1_000_000, effect.data.decode("latin-1")))
            elif isinstance(effect, Close):
                self._open.pop(effect.connection, None)
                self._inbox.append(("close", effect.connection % 1_000_000))
            elif isinstance(effect, Published):
                if effect.topic == wire.COMMANDS:
                    heard.commands.append(effect.payload)
            else:
                self._ever_connected |= isinstance(effect, Connected)
                heard.seen.extend(_observed(effect))


def _kind(first: int) -> str:
    """What a connection is for. Raises `HostingError` for what the twin doesn't speak."""
    if first == _CONNECT:
        return "mqtt"
    if first in _HTTP:
        return "http"
    raise HostingError(
        "--controller can't be hosted: its connections must be MQTT or HTTP without TLS; try --link realtime"
    )


def _observed(effect: Effect) -> list[Observation]:
    """What the broker sees of a connection, as every link records it."""
    if isinstance(effect, Connected):
        return [Observation(effect.client_id, "connected", "MQTT 3.1.1")]
    if isinstance(effect, Subscribed):
        return [Observation(effect.client_id, "subscribed", effect.topic_filter)]
    if isinstance(effect, Refused):
        return [Observation(effect.client_id, "refused", f"it speaks {effect.protocol}, code {effect.code}")]
    if isinstance(effect, Disconnected):
        event = _ENDINGS.get(effect.reason, "lost")
        return [Observation(effect.client_id, event, "" if event == effect.reason else effect.reason)]
    return []
