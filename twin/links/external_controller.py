"""An external controller: a program in any language that the twin starts, or that connects by itself."""

import shlex
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from classifier.recognition import SERVICE_PATH
from twin.errors import ArgumentError, TwinError
from twin.links.base import Exit
from twin.links.output_log import OutputFile, OutputLine
from twin.links.processes import Processes
from twin.links.program_origin import names_python, words_of

if TYPE_CHECKING:
    from twin.links.hosted.hosts import Hosts
    from twin.links.hosted.process import Computing

SERVICE_PORT: Final = 8088
"""Where a recognition service is usually."""

HOSTED_SERVICE: Final = f"http://127.0.0.1:{SERVICE_PORT}{SERVICE_PATH}"
HOSTED_BROKER: Final = ("127.0.0.1", 21883)
"""Where a hosted program is told that its broker is; wherever else it looks, it finds the same one."""

END_S: Final = 5.0
"""How long a program may take to end after it was asked to."""

CHILDREN_END_S: Final = 1.0
"""How long its child processes may run on after that."""

LOOK_S: Final = 0.02

LONGEST_COMPUTE_MS: Final = 60_000


class ExternalController:
    """A controller that is not ours. `command` is a command line with `{host}` and `{port}` for the broker's address.

    It may also have `{service}`, the address of the twin's recognition service. `service_port` is the port of that
    service, for a program that has its address in its text; without it the twin takes a free port for `{service}`. On
    the link hosted a program finds broker and service at any address.

    On the link hosted each line of the program that computes for long, as a model does, takes `compute_ms` of the
    line's time. None: as long as it took in a short run beforehand, which measures that once for all runs with this
    object; 0: none. `computing` has those lines, if they are known already. A hosted program runs in `folder` (None:
    the current one). Raises `ArgumentError` for a time out of range.

    The twin starts the program at the beginning of a run. At the end it ends the program and its child processes: a
    controller that a wrapper script left behind would disturb the next run. Without a command the twin starts nothing,
    and a controller connects by itself.
    """

    def __init__(
        self, command: str | None = None, *, service_port: int | None = None, compute_ms: float | None = None,
        folder: Path | None = None, computing: "Computing" = None,
    ) -> None:  # fmt: skip
        if compute_ms is not None and not 0 <= compute_ms <= LONGEST_COMPUTE_MS:
            raise ArgumentError("compute_ms", compute_ms, f"0 to {LONGEST_COMPUTE_MS:g}")
        self._command = command
        self._compute_ms = compute_ms
        self._folder = folder
        self._computing = computing
        self.service_port = service_port
        self._hosts: Hosts | None = None
        self._placed: ExternalController | None = None
        self._output: OutputFile | None = None
        self._output_lines: tuple[OutputLine, ...] = ()
        self._processes: Processes | None = None
        self._words: list[str] = []

    def at(self, host: str, port: int, service: str | None = None) -> "ExternalController":
        """The same program, with the addresses of this broker, and of this recognition service, in its command line.

        Raises `TwinError` for a command line that cannot be split, or has other placeholders.
        """
        placed = self._placed = ExternalController(self._command)
        if self._command is not None:
            addresses = {"host": host, "port": port} | ({} if service is None else {"service": service})
            try:
                placed._words = [word.format(**addresses) for word in shlex.split(self._command)]
            except (LookupError, ValueError, AttributeError, TypeError) as error:  # As of {host.x} or {port[0]}.
                must = "a command line with {host} and {port} in it"
                raise TwinError(f"--controller must be {must}, got {self._command!r} ({error})") from None
        return placed

    @property
    def words(self) -> list[str]:
        """The command line, once it has been told its broker."""
        return list(self._words)

    def hosts(self) -> "Hosts":
        """What runs the program under a virtual clock: the same for all runs with this object.

        Raises `TwinError` for a program that can't be hosted.
        """
        from twin.links.hosted.hosts import Hosts
        from twin.links.hosted.process import python_command  # Only where a program is to be hosted.

        if self._hosts is None:
            command = python_command(self.at(*HOSTED_BROKER, HOSTED_SERVICE).words, self._folder)
            self._hosts = Hosts(command, self._compute_ms, folder=self._folder, computing=self._computing)
        return self._hosts

    @property
    def served(self) -> bool:
        """Whether the twin recognises its pictures in real time."""
        return self.service_port is not None or (self._command is not None and "{service}" in self._command)

    @property
    def output_lines(self) -> tuple[OutputLine, ...]:
        """What the program wrote in its last run, except on the link hosted; the end of it, if that was much."""
        return self._output_lines if self._placed is None else self._placed._output_lines

    def note_output(self, now_s: float) -> None:
        """What it has written so far, it wrote by this time."""
        if self._output is not None:
            self._output.note(now_s)

    @property
    def command(self) -> str | None:
        """The command line as it was given; None where nobody is started."""
        return self._command

    @property
    def compute_ms(self) -> float | None:
        """How long its lines take that compute for long; None: as long as is measured."""
        return self._compute_ms

    @property
    def started(self) -> bool:
        """Whether the twin starts the program; otherwise a controller connects by itself."""
        return bool(self._words)

    def exit(self) -> Exit | None:
        """How the program ended; None while it runs, or if the twin has not started it."""
        if self._processes is None or (code := self._processes.exit_code()) is None:
            return None
        reason = f"{self._words[0]} ended with exit code {code}"
        last = "" if self._output is None or not code else self._output.last_line
        return Exit(code, f"{reason}: {last}" if last else reason)

    def stop(self, number: signal.Signals) -> None:
        """Ask the program to end, by a signal. What it does then is up to the program."""
        if self._processes is not None:
            self._processes.ask(number)

    def start(self) -> None:
        """Start the program. Raises `TwinError` if it cannot be started."""
        if self._words:
            self._output = OutputFile()
            try:
                self._processes = Processes(self._words, self._output.file)
            except OSError as error:
                self._keep_output()
                raise TwinError(f"--controller: {self._words[0]}: {error.strerror or error}") from None

    def kill(self) -> None:
        """End the program and its child processes at once."""
        if self._processes is not None:
            self._processes.kill()
            self._processes = None
        self._keep_output()

    def end(self) -> None:
        """Ask the program to end, and kill it if it does not within `END_S`."""
        try:
            if self._processes is not None:
                self._processes.ask()
                self._processes.wait(END_S)
                _await_children(self._processes)
        except subprocess.TimeoutExpired:
            pass  # It is killed below.
        finally:
            self.kill()

    def _keep_output(self) -> None:
        """Read what the program wrote, and close its file."""
        if self._output is not None:
            self._output_lines += self._output.close()
            self._output = None


def starts_python(command: str) -> bool:
    """Whether a command line starts Python, or a Python file, so that the link hosted may run it."""
    words = words_of(command)
    return bool(words) and (names_python(words[0]) or Path(words[0]).suffix.lower() in (".py", ".pyw"))


def _await_children(processes: Processes) -> None:
    """Wait for the program's child processes. The wait is short because a zombie process counts as running."""
    pause = threading.Event()
    for _ in range(round(CHILDREN_END_S / LOOK_S)):
        if not processes.any_left():
            return
        pause.wait(LOOK_S)
