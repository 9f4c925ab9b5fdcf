"""A controller that is not ours: a program in any language that is told where the broker is, or whoever connects."""

import shlex
import subprocess
import threading
from typing import Final, NamedTuple

from twin.errors import TwinError
from twin.links.host_process import python_command
from twin.links.hosts import Hosts
from twin.links.processes import Processes

HOSTED_BROKER: Final = ("127.0.0.1", 21883)
"""Where a hosted program is told that its broker is; wherever else it looks, it finds the same one."""

END_S: Final = 5.0
REST_S: Final = 1.0
"""So long may those whom the program started go on after it, when they are asked to end."""

LOOK_S: Final = 0.02


class Exit(NamedTuple):
    """How a controller ended: exit code (0: its work was done), and in words."""

    code: int
    reason: str


class ExternalController:
    """A program to start, `command` with `{host}` and `{port}` in it; without one, nobody is started.

    It is started when a run begins and ended with it, and so is whatever it starts itself: a wrapper script's
    controller would spoil the next run.
    """

    def __init__(self, command: str | None = None) -> None:
        self.command = command
        self._hosts: Hosts | None = None
        self._processes: Processes | None = None
        self._words: list[str] = []

    def at(self, host: str, port: int) -> "ExternalController":
        """The same program, to be told this broker."""
        placed = ExternalController(self.command)
        if self.command is not None:
            try:
                placed._words = [word.format(host=host, port=port) for word in shlex.split(self.command)]
            except (LookupError, ValueError, AttributeError, TypeError) as error:  # As of {host.x} or {port[0]}.
                why = "a command line with {host} and {port} in it"
                raise TwinError(f"--controller = {self.command!r}: {error}; allowed is {why}") from None
        return placed

    @property
    def words(self) -> list[str]:
        """The command line, once it has been told its broker."""
        return list(self._words)

    def hosts(self) -> Hosts:
        """What runs the program under a virtual clock: the same for all runs with this object.

        Raises `TwinError` for a program that can't be hosted.
        """
        if self._hosts is None:
            self._hosts = Hosts(python_command(self.at(*HOSTED_BROKER).words))
        return self._hosts

    @property
    def started(self) -> bool:
        """Whether the twin starts it, and not somebody else."""
        return bool(self._words)

    def exit(self) -> Exit | None:
        """How the program ended, if it did; with code 0 it has done its work."""
        if self._processes is None or (code := self._processes.exit_code()) is None:
            return None
        return Exit(code, f"{self._words[0]} ended with exit code {code}")

    def stop(self) -> None:
        """Ask the program to end, as a person would; what it makes of that is its own."""
        if self._processes is not None:
            self._processes.ask()

    def start(self) -> None:
        """Start the program. Raises `TwinError` where it cannot be started."""
        if self._words:
            try:
                self._processes = Processes(self._words)
            except OSError as error:
                raise TwinError(f"--controller: {self._words[0]}: {error.strerror or error}") from None

    def kill(self) -> None:
        """End the program as a power cut would."""
        if self._processes is not None:
            self._processes.kill()
            self._processes = None

    def end(self) -> None:
        """Ask the program to end, and see to it that it does."""
        if self._processes is None:
            return
        try:
            self._processes.ask()
            self._processes.wait(END_S)
            _await_rest(self._processes)
        except subprocess.TimeoutExpired:
            pass  # It has had its time.
        finally:
            self.kill()


def _await_rest(processes: Processes) -> None:
    """Wait for those whom the program started; not for long, as who is dead and not buried looks alive."""
    pause = threading.Event()
    for _ in range(round(REST_S / LOOK_S)):
        if not processes.any_left():
            return
        pause.wait(LOOK_S)
