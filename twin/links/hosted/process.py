"""The process in which an unmodified Python program runs under a virtual clock, seen from the twin."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol, cast

from twin.errors import HostingError, ParticipantError, TwinError
from twin.host import protocol
from twin.links.program_origin import names_python

HOST: Final = Path(__file__).parents[2] / "host"
STALL_S: Final = 60.0
"""A program that computes for this long on the wall clock, in s, without waiting, hangs."""

GRACE_S: Final = 10.0
"""The further time, in s, in which the host must report where the program hangs."""

REPEATABLE: Final = {
    "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TZ": "UTC",
    "YOLO_OFFLINE": "true", "HF_HUB_OFFLINE": "1", "WANDB_MODE": "offline",
}  # fmt: skip
"""Environment variables that make a program repeatable on any machine: with no threads but its own, and without
reports of its libraries over the internet."""

TRACERS: Final = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""Variables that would make another tool trace the program's lines."""

VALUED_OPTIONS: Final = ("-W", "-X", "--check-hash-based-pycs")
"""Options of Python's command line that take a value."""


MEASURED_EARLIER_S: Final = 86_400.0
"""The run that measures begins a day before the first that counts, by the program's clocks, and draws other numbers.

A folder or a key that it named by the time or by chance is not in the way of the runs that follow.
"""

Computing = Sequence[tuple[str, int, float]] | None
"""The lines of a program that compute for long: file, line, and the time that they take, in s; None: to be measured."""


class Command(NamedTuple):
    """A command line that starts a Python program: Python with its options, and the program with its arguments."""

    python: tuple[str, ...]
    program: tuple[str, ...]


class Process(Protocol):
    """A process with a host in it, and the two streams to it.

    `answers` must not be buffered: whether there is an answer is asked of the system, which does not know of a buffer.
    """

    orders: IO[bytes]
    answers: IO[bytes]

    def kill(self) -> None:
        """End it at once."""

    def exit_words(self) -> str:
        """Wait for its end, and describe it."""


class StartedProcess:
    """A process started for one program, in a session and perhaps a folder of its own. Raises `TwinError`."""

    def __init__(self, command: Command, output: Path, folder: Path | None = None) -> None:
        words = [*command.python, str(HOST), *command.program]
        environment = {name: value for name, value in os.environ.items() if name not in TRACERS} | REPEATABLE
        try:
            with output.open("ab") as file:
                self._process = subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, env=environment,
                    start_new_session=True, cwd=folder, bufsize=0,
                )  # fmt: skip
        except OSError as error:
            raise TwinError(f"--controller: {words[0]}: {error.strerror or error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.orders = cast(IO[bytes], BufferedWriter(cast(FileIO, self._process.stdin)))
        self.answers = self._process.stdout

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self.orders, self.answers):
            with suppress(OSError):  # Unwritten data cannot be written any more.
                stream.close()

    def exit_words(self) -> str:
        """How it ended."""
        return f"exit code {self._process.wait()}"


class HostProcess:
    """The program of a command line in a process. It waits until it gets the time.

    Raises `HostingError` if the program can't be hosted.
    """

    def __init__(self, process: Process, output: Path) -> None:
        self._process = process
        self._output = output
        self._owes_answer = False
        try:
            hello = protocol.read(process.answers)
        except protocol.EndedError:
            process.exit_words()
            raise HostingError(f"--controller can't be hosted{self._last_line()}") from None
        if hello.get("protocol") != protocol.VERSION:
            raise HostingError(f"--controller: the host speaks protocol {hello.get('protocol')}")
        self.pid = int(hello["pid"])

    def run(
        self, *, seed: int, schedule: int, computing: Computing, output: str | None = None, start: int = 1,
        began_s: float = 0.0,
    ) -> None:  # fmt: skip
        """Let the program begin. Its output goes where the process's goes, or is appended to another file.

        `start` is the number of this start within a run: a process that was killed and its follower differ. It begins
        `began_s` after the first start.
        """
        order = {"seed": seed, "schedule": schedule, "stall_s": STALL_S, "output": output, "computing": computing}
        measures = computing is None  # Such a run comes before the first.
        order["start"] = -start if measures else start
        order["began"] = began_s - MEASURED_EARLIER_S if measures else began_s
        self._owes_answer = True
        self.order(order)

    def order(self, message: dict[str, Any]) -> None:
        """Send the host an order. Raises `ParticipantError`."""
        try:
            protocol.write(self._process.orders, message)
        except protocol.EndedError:
            raise self._ended() from None

    def receive(self) -> dict[str, Any]:
        """Receive the program's message once it can't go on. Raises `ParticipantError` or `HostingError`."""
        if not _readable(self._process.answers, STALL_S + GRACE_S):
            raise ParticipantError(f"the program made no progress for {STALL_S + GRACE_S:g} s")
        try:
            answer = protocol.read(self._process.answers)
        except protocol.EndedError:
            raise self._ended() from None
        self._owes_answer = False
        if "refused" in answer:
            raise HostingError(f"--controller can't be hosted: {answer['refused']}")
        if "hung" in answer:
            raise ParticipantError(answer["hung"])
        return answer

    def advance(self, now_s: float, until_s: float, messages: Sequence[Sequence[object]]) -> None:
        """Send the time, the messages, and until when there are no others. Raises `ParticipantError`.

        A wait for an answer may have been given up. No other order follows, since that answer may still come.
        """
        if self._owes_answer:
            raise ParticipantError("the program has not answered yet")
        self._owes_answer = True
        self.order({"now": now_s, "until": until_s, "in": messages})

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def _ended(self) -> ParticipantError:
        return ParticipantError(f"the program's process ended: {self._process.exit_words()}{self._last_line()}")

    def _last_line(self) -> str:
        """The last line of its output, which may give the reason."""
        lines = self._output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""


def python_command(words: Sequence[str], folder: Path | None = None) -> Command:
    """Split a command line that starts a Python program in a folder (None: the current one).

    Raises `HostingError` for any other, `TwinError` where the program is not there.
    """
    program = shutil.which(words[0])
    if program is None:
        raise TwinError(f"--controller: {words[0]}: No such file or directory")
    if not names_python(words[0]):
        interpreter = _shebang(Path(program))
        if interpreter is None:
            must = "a Python program on the link hosted (--link realtime takes any)"
            raise HostingError(f"--controller must be {must}, got {shlex.join(words)}")
        return Command(tuple(interpreter), (program, *words[1:]))
    end = 1
    while end < len(words) and words[end].startswith("-") and words[end] not in ("-m", "-c", "-"):
        end += 2 if words[end] in VALUED_OPTIONS else 1
    if end == len(words) or words[end] == "-":
        raise HostingError(f"--controller must name a Python program, got {shlex.join(words)}")
    if words[end] not in ("-m", "-c") and not (folder or Path()).joinpath(words[end]).exists():
        raise TwinError(f"--controller: {words[end]}: No such file or directory")
    return Command((program, *words[1:end]), tuple(words[end:]))


def _shebang(path: Path) -> list[str] | None:
    """The Python that a script names in its first line."""
    with path.open("rb") as file:
        first = file.readline(1024)
    if not first.startswith(b"#!"):
        return None
    words = shlex.split(first[2:].decode(errors="replace"))
    if words and Path(words[0]).name == "env":
        words = words[2:] if words[1:2] in (["-S"], ["--split-string"]) else words[1:2]
        words = [shutil.which(words[0]) or "", *words[1:]] if words else []
    return words if words and "python" in Path(words[0]).name else None


if sys.platform == "win32":

    def _readable(stream: Any, timeout_s: float) -> bool:
        """Return True: Windows cannot wait for a pipe, and the host itself notices when it hangs."""
        return True

else:
    import select

    def _readable(stream: Any, timeout_s: float) -> bool:
        """Whether the stream has something to read within the timeout."""
        return bool(select.select([stream], [], [], timeout_s)[0])
