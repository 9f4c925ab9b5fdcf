"""Watches the program on the wall clock, and ends one that computes for ever or waits outside the virtual clock."""

from __future__ import annotations

import _thread
import time
from typing import Any, Callable

from .baton import Baton

LOOK_S = 0.5

_start = _thread.start_new_thread
_lock = _thread.allocate_lock
_monotonic = time.monotonic


class Watchdog:
    """Calls `bark` when no thread has passed the baton on for `stall_s` of real time while the program was running.

    `busy` returns whether the program is running.
    """

    def __init__(self, baton: Baton, stall_s: float, busy: Callable[[], bool], bark: Callable[[], Any]) -> None:
        self._baton = baton
        self._stall_s = stall_s
        self._busy = busy
        self._bark = bark

    def start(self) -> None:
        """Start to watch, in a thread of the host's own."""
        _start(self._watch, ())

    def _watch(self) -> None:
        self._baton.excuse()
        pause = _lock()
        pause.acquire()
        turns, since_s = -1, _monotonic()
        while True:
            pause.acquire(True, LOOK_S)
            if turns != self._baton.turns or not self._busy():
                turns, since_s = self._baton.turns, _monotonic()
            elif _monotonic() - since_s > self._stall_s:
                self._bark()
