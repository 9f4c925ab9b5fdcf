"""The host's own streams to the twin, apart from the program's output."""

from __future__ import annotations

import os
import sys
from typing import IO


def take_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Take standard input and output for the twin. The program gets an empty file and standard error instead."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # It may be killed at any time.
    return orders, answers


def write_to(path: str) -> None:
    """Append the program's standard output and error to a file."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
