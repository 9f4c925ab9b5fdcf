"""Hosts for one program: the first is started for its run; later ones wait beforehand, with the libraries imported."""

import os
import signal
import socket
import sys
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import IO, Final, cast

from twin.errors import TwinError
from twin.host import protocol
from twin.links.hosted.process import Command, Computing, HostProcess, StartedProcess

FORKS: Final = sys.platform == "linux"
"""Other systems can't fork, or should not."""

LONGEST_PATH_BYTES: Final = 100
"""The longest path of a local socket. The folder for temporary files may have a longer one."""

FORK_S: Final = 20.0
"""The longest time, in s, for a child to call back."""


class Hosts:
    """Makes hosts for the program of a command line. After one run, a host waits with the program's libraries imported.

    On Linux the waiting host is forked for each run if it has one thread only. Elsewhere it runs the program itself,
    and the next host is started meanwhile. It ends with this object.

    `compute_ms` is how long each line takes that computes for long (None: as long as it did when it was measured).
    `computing` has those lines if they are known, and `folder` is where the program runs (None: the current one).
    """

    def __init__(
        self, command: Command, compute_ms: float | None = 0, *, folder: Path | None = None, computing: Computing = None
    ) -> None:
        self._command = command
        self._compute_ms = compute_ms
        self._computing: Computing = () if compute_ms == 0 else computing
        self._folder = folder
        self._modules: tuple[str, ...] | None = None
        self._calls = Path(mkdtemp(prefix="hosts-"))
        weakref.finalize(self, rmtree, self._calls, ignore_errors=True)
        self._waiting: _Waiting | None = None
        self._let_go: Callable[[], object] = lambda: None

    @property
    def curious(self) -> bool:
        """Whether the libraries that the program imports are still unknown."""
        return self._modules is None

    def learn(self, modules: Iterable[str]) -> None:
        """Note the libraries that the program imports."""
        if self._modules is None:
            self._modules = tuple(modules)

    @property
    def measures(self) -> bool:
        """Whether the next run measures how long the program's lines compute."""
        return self._computing is None

    @property
    def computing(self) -> Sequence[tuple[str, int, float]]:
        """The lines that compute for long, as far as they are known."""
        return self._computing or ()

    def measured(self, lines: Iterable[tuple[str, int, float]]) -> None:
        """Note how long the program's lines computed."""
        if self._computing is None:
            takes_s = None if self._compute_ms is None else self._compute_ms / 1000
            self._computing = [
                (path, line, spent_s if takes_s is None else takes_s) for path, line, spent_s in lines
            ]  # fmt: skip

    def host(self, output: Path, *, seed: int, schedule: int, start: int, began_s: float) -> HostProcess:
        """Start the program in a host, for a run's first time or again, `began_s` after the first time.

        Its output is appended to a file. Raises `TwinError`.
        """
        host = self._waited(output)
        path = None if host is None else str(output)
        if host is None:
            host = HostProcess(StartedProcess(self._command, output, self._folder), output)
        host.run(
            seed=seed, schedule=schedule, computing=self._computing, output=path, start=start, began_s=began_s
        )  # fmt: skip
        return host

    def _waited(self, output: Path) -> HostProcess | None:
        """A host that has waited, or None if there is none or it failed."""
        if self._modules is None:
            return None
        waiting = self._waiting or self._another(self._modules)
        try:
            host = waiting.host(output)
            if not waiting.forks:
                self._let_go()
                self._another(self._modules)
        except TwinError:
            self._let_go()
            waiting.end()
            self._waiting = None
            return None
        return host

    def _another(self, modules: tuple[str, ...]) -> "_Waiting":
        """Start another waiting host."""
        waiting = self._waiting = _Waiting(self._command, self._calls, modules, self._folder)
        self._let_go = weakref.finalize(self, waiting.end).detach
        return waiting


class _Waiting:
    """A host that has imported the libraries and waits."""

    def __init__(self, command: Command, calls: Path, modules: tuple[str, ...], folder: Path | None) -> None:
        self._path = calls / "calls"
        self._output = calls / "output.txt"
        self._output.touch()
        self._process = StartedProcess(command, self._output, folder)
        with suppress(protocol.EndedError):  # Reading its answer raises the error.
            protocol.write(self._process.orders, {"import": modules})

    @cached_property
    def _host(self) -> HostProcess:
        return HostProcess(self._process, self._output)

    @cached_property
    def forks(self) -> bool:
        """Whether it can be forked: it has one thread, the system supports it, and its child can call back."""
        callable_back = len(os.fsencode(self._path)) <= LONGEST_PATH_BYTES
        return bool(self._host.receive()["single"]) and FORKS and callable_back

    def host(self, output: Path) -> HostProcess:
        """A child of this host if it forks, else this host itself."""
        if sys.platform == "win32" or not self.forks:
            return self._host
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self._path))
            try:
                listener.listen(1)
                listener.settimeout(FORK_S)
                self._host.order({"fork": str(self._path)})
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    raise TwinError("--controller: a host did not fork") from None
            finally:
                self._path.unlink()
        forked = _ForkedProcess(connection)
        host = HostProcess(forked, output)
        forked.pid = host.pid
        return host

    def end(self) -> None:
        """End it."""
        self._process.kill()


class _ForkedProcess:
    """A child of a waiting host, which also reaps it."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        self.pid: int | None = None
        self.orders: IO[bytes] = connection.makefile("wb")
        self.answers: IO[bytes] = cast(IO[bytes], connection.makefile("rb", buffering=0))
        connection.close()  # The streams keep it open.

    def kill(self) -> None:
        """End it at once."""
        if sys.platform != "win32" and self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        for stream in (self.orders, self.answers):
            with suppress(OSError):
                stream.close()

    def exit_words(self) -> str:
        """A placeholder: only the parent process knows the exit code."""
        return "without a word"
