"""The host's own streams, apart from the program's: to the twin, and where the program's output goes."""

from __future__ import annotations

import io
import os
import sys
from typing import IO, Any, Callable

_unused: list[int] = []
"""The other end of the program's standard input: while it is open, there is neither input nor its end."""


def take_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The twin's end of standard input and output.

    The program gets a keyboard that nobody types on, and standard error, instead of them.
    """
    hears, says = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silent, write_end = os.pipe()
    _unused.append(write_end)
    os.dup2(silent, 0)
    os.close(silent)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # It may be killed at any time.
    return hears, says


def write_to(path: str) -> None:
    """The program's output, and what it says of errors, goes to the end of a file."""
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
