"""The process in which an unmodified Python program runs under a virtual clock, seen from the twin."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from twin.errors import HostingError, ParticipantError, TwinError
from twin.host import protocol

HOST: Final = Path(__file__).parents[2] / "host"
STALL_S: Final = 60.0
"""A program that computes for so long on the wall clock, without waiting for anything, hangs."""

GRACE_S: Final = 10.0
"""So much longer the host itself has to say where it hangs."""

REPEATABLE: Final = {"PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""What a program finds in its environment, so that it does the same on every run, and has no threads but its own."""

TRACERS: Final = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""What would have another trace the program's lines."""

VALUED_OPTIONS: Final = ("-W", "-X", "--check-hash-based-pycs")
"""Options of Python's command line that a value follows."""


Computing = Sequence[tuple[str, int, float]] | None
"""The lines of a program that compute for long: file, line, and the time that they take, in s; None: to be measured."""


class Command(NamedTuple):
    """A command line that starts a Python program: Python with its options, and the program with its arguments."""

    python: tuple[str, ...]
    program: tuple[str, ...]


class Process(Protocol):
    """A process with a host in it: its two streams, and its end."""

    hears: IO[bytes]
    says: IO[bytes]

    def kill(self) -> None:
        """End it at once."""

    def exit_words(self) -> str:
        """How it ended, in words; waits for its end."""


class StartedProcess:
    """A process that is started for one program, in a session of its own. Raises `TwinError` where that fails."""

    def __init__(self, command: Command, output: Path) -> None:
        words = [*command.python, str(HOST), *command.program]
        environment = {name: value for name, value in os.environ.items() if name not in TRACERS} | REPEATABLE
        try:
            with output.open("ab") as file:
                self._process = subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, env=environment,
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise TwinError(f"--controller: {words[0]}: {error.strerror or error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.hears, self.says = self._process.stdin, self._process.stdout

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self.hears, self.says):
            with suppress(OSError):  # What could not be written any more.
                stream.close()

    def exit_words(self) -> str:
        """How it ended."""
        return f"exit code {self._process.wait()}"


class HostProcess:
    """The program of a command line in a process, held until it is told how late it is.

    Raises `HostingError` where the program can't be hosted.
    """

    def __init__(self, process: Process, output: Path) -> None:
        self._process = process
        self._output = output
        try:
            hello = protocol.read(process.says)
        except protocol.EndedError:
            process.exit_words()
            raise HostingError(f"--controller can't be hosted{self._last_line()}") from None
        if hello.get("protocol") != protocol.VERSION:
            raise HostingError(f"--controller: the host speaks protocol {hello.get('protocol')}")
        self.pid = int(hello["pid"])

    def run(self, *, seed: int, schedule: int, computing: Computing, output: str | None = None) -> None:
        """Let the program begin; its output goes where the process's does, or to the end of another file."""
        order = {"seed": seed, "schedule": schedule, "stall_s": STALL_S, "output": output, "computing": computing}
        self.order(order)

    def order(self, message: dict[str, Any]) -> None:
        """Tell the host something. Raises `ParticipantError`."""
        try:
            protocol.write(self._process.hears, message)
        except protocol.EndedError:
            raise self._ended() from None

    def hear(self) -> dict[str, Any]:
        """What the program says when it can't go on at its time. Raises `ParticipantError` or `HostingError`."""
        if not _readable(self._process.says, STALL_S + GRACE_S):
            raise ParticipantError(f"the program made no progress for {STALL_S + GRACE_S:g} s")
        try:
            answer = protocol.read(self._process.says)
        except protocol.EndedError:
            raise self._ended() from None
        if "refused" in answer:
            raise HostingError(f"--controller can't be hosted: {answer['refused']}")
        if "hung" in answer:
            raise ParticipantError(answer["hung"])
        return answer

    def tell(self, now_s: float, until_s: float, messages: Sequence[Sequence[object]]) -> None:
        """What time it is, and what has arrived; until when nothing else will. Raises `ParticipantError`."""
        self.order({"now": now_s, "until": until_s, "in": messages})

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def _ended(self) -> ParticipantError:
        return ParticipantError(f"the program's process ended: {self._process.exit_words()}{self._last_line()}")

    def _last_line(self) -> str:
        """The last thing that it wrote, which may say why."""
        lines = self._output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""


def python_command(words: Sequence[str]) -> Command:
    """The parts of a command line that starts a Python program. Raises `HostingError` for any other."""
    program = shutil.which(words[0])
    if program is None:
        raise TwinError(f"--controller: {words[0]}: No such file or directory")
    if Path(words[0]).stem.lower().rstrip("w.0123456789") not in ("python", "pypy", "py"):
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
    return Command((program, *words[1:end]), tuple(words[end:]))


def _shebang(path: Path) -> list[str] | None:
    """The Python that a script asks for in its first line."""
    with path.open("rb") as file:
        first = file.readline(1024)
    if not first.startswith(b"#!"):
        return None
    words = shlex.split(first[2:].decode(errors="replace"))
    if words and Path(words[0]).name == "env":
        words = [found for word in words[1:2] if (found := shutil.which(word)) is not None]
    return words if words and "python" in Path(words[0]).name else None


if sys.platform == "win32":

    def _readable(stream: Any, timeout_s: float) -> bool:
        """A pipe can't be waited for there; the host itself says when it hangs."""
        return True

else:
    import select

    def _readable(stream: Any, timeout_s: float) -> bool:
        """Whether something can be read within the time."""
        return bool(select.select([stream], [], [], timeout_s)[0])
