"""The addresses of sockets of the family AF_UNIX, which are paths. Only the program's own listeners are behind them."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

FAMILY: Any = getattr(socket, "AF_UNIX", None)
"""None where the system has no such sockets."""

UNNAMED = ""
"""The address of a socket that was not bound."""

_real = socket.socket


def bind(address: Any) -> str:
    """Make the file of a socket, as a real one does, which stays until somebody removes it. Returns its path."""
    with _real(FAMILY) as file:
        file.bind(address)
    return os.fsdecode(address)


def key(path: str) -> str:
    """What is the same for each path of a file."""
    return path if _is_abstract(path) else os.path.abspath(path)


def refuse(path: str) -> None:
    """Raise what a socket raises if nobody listens there."""
    number = errno.ECONNREFUSED if _is_abstract(path) or os.path.exists(path) else errno.ENOENT
    raise OSError(number, os.strerror(number))


def _is_abstract(path: str) -> bool:
    """Whether there is no file: a name that Linux has for sockets only."""
    return path.startswith("\0")
