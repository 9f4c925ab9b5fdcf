"""The host's own streams, apart from the program's: to the twin, and where the program's output goes."""

from __future__ import annotations

import os
import sys
from typing import IO


def take_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The twin's end of standard input and output; the program gets none and standard error instead of them."""
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # It may be killed at any time.
    return orders, answers


def write_to(path: str) -> None:
    """The program's output, and what it says of errors, goes to the end of a file."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
