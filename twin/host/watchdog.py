"""Watches the program on the wall clock: ends one that computes for ever or waits outside the virtual clock.

It also ends one whose twin is gone, which a program that computes would not notice.
"""

from __future__ import annotations

import _thread
import os
import sys
import time
from types import FrameType
from typing import Any, Callable

from .baton import Baton

LOOK_S = 0.5

LEAST_SHARE = 0.1
"""A program that runs, but computes for less of the time than this, waits outside the virtual clock again and again."""

_HERE = os.path.dirname(os.path.abspath(__file__))

_start = _thread.start_new_thread
_lock = _thread.allocate_lock
_monotonic = time.monotonic
_cpu_s = time.process_time
_parent = os.getppid
_exit = os._exit


class Watchdog:
    """Calls `bark` when no thread has passed the baton on for `stall_s` of real time while the program was running.

    It also does when the program has run for as long, but hardly computed. `order` returns the number of the twin's
    order that the program carries out, or 0 while it waits for one.
    """

    def __init__(self, baton: Baton, stall_s: float, order: Callable[[], int], bark: Callable[[], Any]) -> None:
        self._baton = baton
        self._stall_s = stall_s
        self._order = order
        self._bark = bark

    def start(self) -> None:
        """Start to watch, in a thread of the host's own."""
        _start(self._watch, ())

    def _watch(self) -> None:
        self._baton.excuse()
        pause = _lock()
        pause.acquire()
        turns, order, since_s = -1, 0, _monotonic()
        ran_s, computed_s, cpu_s = 0.0, 0.0, _cpu_s()
        strangers: set[int] = set()
        parent = _parent()
        while True:
            pause.acquire(True, LOOK_S)
            if _parent() != parent:  # On Windows it never changes.
                _exit(0)
            before, strangers = strangers, _strangers(self._baton.main.real_ident)
            if before & strangers:
                self._baton.on_stranger()
            before_s, cpu_s, last, order = cpu_s, _cpu_s(), order, self._order()
            if order and order == last:  # It has run all the time since the last look.
                ran_s, computed_s = ran_s + LOOK_S, computed_s + cpu_s - before_s
            if ran_s > self._stall_s:
                if computed_s < LEAST_SHARE * ran_s:
                    self._bark()
                ran_s = computed_s = 0.0
            if turns != self._baton.turns or not order:
                turns, since_s = self._baton.turns, _monotonic()
            elif _monotonic() - since_s > self._stall_s:
                self._bark()


def _strangers(main: int) -> set[int]:
    """Threads that run Python code, and were started neither by Python nor by the host."""
    found = set()
    for ident, frame in sys._current_frames().items():
        if ident == main:
            continue
        outermost: FrameType | None = frame
        while outermost is not None and outermost.f_back is not None:
            outermost = outermost.f_back
        if outermost is not None and os.path.dirname(os.path.abspath(outermost.f_code.co_filename)) != _HERE:
            found.add(ident)
    return found
