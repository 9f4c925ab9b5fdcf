"""A controller that is not ours: a program in any language that is told where the broker is, or whoever connects."""

import shlex
import subprocess
from typing import Final

from twin.errors import TwinError

END_S: Final = 5.0


class Foreign:
    """A program to start, `command` with `{host}` and `{port}` in it; without one, nobody is started.

    It is started when a run begins and ended with it.
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
            except (KeyError, IndexError, ValueError) as error:
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
                self._process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL)
            except OSError as error:
                raise TwinError(f"--controller: {self._words[0]}: {error.strerror or error}") from None

    def kill(self) -> None:
        """End the program as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def end(self) -> None:
        """Ask the program to end, and see to it that it does."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
