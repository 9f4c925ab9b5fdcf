"""Hosts for one program: the first is started for its run; later ones wait beforehand, with the libraries imported."""

import os
import signal
import socket
import sys
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import IO, Final

from twin.errors import TwinError
from twin.host import protocol
from twin.links.hosted.process import Command, HostProcess, StartedProcess

FORKS: Final = sys.platform == "linux"
"""Other systems can't fork, or should not."""

FORK_S: Final = 20.0
"""The longest time, in s, for a child to call back."""


class Hosts:
    """Makes hosts for the program of a command line. After one run, a host waits with the program's libraries imported.

    On Linux the waiting host is forked for each run if it has one thread only. Elsewhere it runs the program itself,
    and the next host is started meanwhile. It ends with this object.
    """

    def __init__(self, command: Command) -> None:
        self._command = command
        self._modules: tuple[str, ...] | None = None
        self._folder = Path(mkdtemp(prefix="hosts-"))
        weakref.finalize(self, rmtree, self._folder, ignore_errors=True)
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

    def host(self, output: Path, *, seed: int, schedule: int) -> HostProcess:
        """Start the program in a host. Its output is appended to a file. Raises `TwinError`."""
        host = self._waited(output)
        if host is None:
            host = HostProcess(StartedProcess(self._command, output), output)
            host.run(seed=seed, schedule=schedule)
        else:
            host.run(seed=seed, schedule=schedule, output=str(output))
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
        waiting = self._waiting = _Waiting(self._command, self._folder, modules)
        self._let_go = weakref.finalize(self, waiting.end).detach
        return waiting


class _Waiting:
    """A host that has imported the libraries and waits."""

    def __init__(self, command: Command, folder: Path, modules: tuple[str, ...]) -> None:
        self._path = folder / "calls"
        self._output = folder / "output.txt"
        self._output.touch()
        self._process = StartedProcess(command, self._output)
        with suppress(protocol.EndedError):  # Reading its answer raises the error.
            protocol.write(self._process.orders, {"import": modules})

    @cached_property
    def _host(self) -> HostProcess:
        return HostProcess(self._process, self._output)

    @cached_property
    def forks(self) -> bool:
        """Whether it can be forked: it has one thread, and the system supports it."""
        return bool(self._host.receive()["single"]) and FORKS

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
        self.answers: IO[bytes] = connection.makefile("rb")
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
