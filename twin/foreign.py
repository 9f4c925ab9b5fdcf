"""A controller that is not ours: a program in any language that is told where the broker is, or whoever connects."""

import os
import shlex
import signal
import subprocess
import threading
from typing import Final

from twin.errors import TwinError

END_S: Final = 5.0
REST_S: Final = 1.0
"""So long may those whom the program started go on after it, when they are asked to end."""

LOOK_S: Final = 0.02


class Foreign:
    """A program to start, `command` with `{host}` and `{port}` in it; without one, nobody is started.

    It is started when a run begins and ended with it, and so is whatever it starts itself: a wrapper script's
    controller would spoil the next run.
    """

    def __init__(self, command: str | None = None) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._words: list[str] = []

    def at(self, host: str, port: int) -> "Foreign":
        """The same program, to be told this broker."""
        placed = Foreign(self._command)
        if self._command is not None:
            try:
                placed._words = [word.format(host=host, port=port) for word in shlex.split(self._command)]
            except (LookupError, ValueError, AttributeError, TypeError) as error:  # As of {host.x} or {port[0]}.
                why = "a command line with {host} and {port} in it"
                raise TwinError(f"--controller = {self._command!r}: {error}; allowed is {why}") from None
        return placed

    @property
    def started(self) -> bool:
        """Whether the twin starts it, and not somebody else."""
        return bool(self._words)

    def obituary(self) -> str | None:
        """What the program died of, if it did; one that ends with exit code 0 has done its work."""
        if self._process is None or not self._process.poll():
            return None
        return f"{self._words[0]} ended with exit code {self._process.returncode}"

    def start(self) -> None:
        """Start the program. Raises `TwinError` where it cannot be started."""
        if self._words:
            try:
                # A session of its own makes it the leader of a group, which all that it starts belong to.
                self._process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, start_new_session=True)
            except OSError as error:
                raise TwinError(f"--controller: {self._words[0]}: {error.strerror or error}") from None

    def kill(self) -> None:
        """End the program as a power cut would."""
        if self._process is not None:
            _signal_group(self._process, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def end(self) -> None:
        """Ask the program to end, and see to it that it does."""
        if self._process is None:
            return
        try:
            _signal_group(self._process, signal.SIGTERM)
            self._process.wait(END_S)
            _await_rest(self._process)
        except subprocess.TimeoutExpired:
            pass  # It has had its time.
        finally:
            self.kill()


def _signal_group(leader: subprocess.Popen[bytes], number: int) -> bool:
    """Signal the program and all that it started, though it may have ended itself. Returns whether any was there."""
    try:
        os.killpg(leader.pid, number)
    except (ProcessLookupError, PermissionError):  # The latter is what macOS says of a group that has ended.
        return False
    return True


def _await_rest(leader: subprocess.Popen[bytes]) -> None:
    """Wait for those whom the program started; not for long, as who is dead and not buried looks alive."""
    pause = threading.Event()
    for _ in range(round(REST_S / LOOK_S)):
        if not _signal_group(leader, 0):
            return
        pause.wait(LOOK_S)
