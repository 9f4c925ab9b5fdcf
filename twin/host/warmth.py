"""A host that waits, with all libraries imported, to run its program; with `fork`, for many runs.

It imports libraries only, never the program's own files: the import of these is part of a run.
"""

from __future__ import annotations

import _thread
import importlib
import os
import signal
import sys
from typing import Any

from .baton import Baton
from .conversation import Conversation

_fork = getattr(os, "fork", None)
_getpid = os.getpid
_handle = signal.signal
_real_ident = _thread.get_ident


class Warmth:
    """Obeys the twin's orders until one starts the program."""

    def __init__(self, baton: Baton, conversation: Conversation) -> None:
        self._baton = baton
        self._conversation = conversation

    def await_order(self) -> dict[str, Any]:
        """Introduce the host, import and fork as ordered. Returns how to run the program, here or in a child."""
        conversation = self._conversation
        conversation.hello(_getpid())
        while True:
            order = conversation.receive()
            if "import" in order:
                self._import(order["import"])
                conversation.send({"single": _single() and len(self._baton.tasks) == 1})
            elif "fork" in order:
                if self._forked(order["fork"]):
                    conversation.hello(_getpid())
            else:
                return order

    def _import(self, names: list[str]) -> None:
        """Import these modules. If one fails, the program will find out itself."""
        self._baton.idle = _refuse_to_wait
        for name in names:
            try:
                importlib.import_module(name)
            except BaseException:  # A library may raise anything; the program that needs it will see that.
                continue

    def _forked(self, path: str) -> bool:
        """Fork. Returns whether this is the child, which has a conversation of its own."""
        if sys.platform == "win32" or _fork is None:
            return False
        _handle(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for the children: they are not to stay as zombies.
        if _fork():
            return False
        _handle(signal.SIGCHLD, signal.SIG_DFL)
        import _socket

        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.connect(path)
        self._conversation.move(os.fdopen(os.dup(connection.fileno()), "rb"), os.fdopen(connection.detach(), "wb"))
        self._baton.main.real_ident = _real_ident()
        return True


def _single() -> bool:
    """Whether the process has a single system thread, as far as that can be known."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return sys.platform != "linux"


def _refuse_to_wait() -> None:
    raise RuntimeError("a library that waits while it is imported")
