"""The host's own streams to the twin, apart from the program's output."""

from __future__ import annotations

import io
import os
import sys
from typing import IO, Any, Callable

_unused: list[int] = []
"""The other end of the program's standard input: while it is open, there is neither input nor its end."""


def take_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Take standard input and output for the twin.

    The program gets a keyboard that nobody types on, and standard error, instead of them.
    """
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silent, write_end = os.pipe()
    _unused.append(write_end)
    os.dup2(silent, 0)
    os.close(silent)
    os.dup2(2, 1)
    # It may be killed at any time, and the twin reads UTF-8 whatever the locale.
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    return orders, answers


def write_to(path: str) -> None:
    """Append the program's standard output and error to a file."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


class Keyboard(io.TextIOBase):
    """The program's standard input: a keyboard that nobody types on. `wait` returns when a signal has come."""

    encoding = "utf-8"
    name = "<stdin>"

    def __init__(self, wait: Callable[[], Any]) -> None:
        self._wait = wait
        self.buffer = Keys(wait)

    def fileno(self) -> int:
        """The real one's number."""
        return 0

    def readable(self) -> bool:
        """It could be read."""
        return True

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        """Wait for ever."""
        while True:
            self._wait()

    read = readline  # type: ignore[assignment]


class Keys(io.BufferedIOBase):
    """The same as bytes."""

    name = Keyboard.name

    def __init__(self, wait: Callable[[], Any]) -> None:
        self._wait = wait

    def fileno(self) -> int:
        """The real one's number."""
        return 0

    def readable(self) -> bool:
        """It could be read."""
        return True

    def read(self, size: Any = -1, /) -> Any:
        """Wait for ever."""
        while True:
            self._wait()

    read1 = readline = readinto = readinto1 = peek = read
