"""A thread of the program, as the baton knows it."""

from __future__ import annotations

import _thread
from typing import Any, Callable

NEVER = -1_000_000
"""The number of no turn."""

_real_lock = _thread.allocate_lock


class Task:
    """One thread of the program. `ends` is called when it has ended."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.ident = 1000 + number
        self.real_ident = 0
        self.gate = _real_lock()
        self.gate.acquire()
        self.ends: list[Callable[[], None]] = []
        self.exception: Any = None  # What another thread has it raise in its next turn.
        self.parked = False
        self.epoch = 0
        self.late = False
        self.lines = 0
        self.seen = -1
        self.quiet = 0
        self.busy = 0
        self.states: set[int] = set()
        self.watched = False  # Whether the laps of its `while` loops are looked for.
        self.lap = NEVER  # The turn of the latest one.
        self.asked = NEVER  # The turn of the latest call that did not wait, which a library may repeat in a loop.
        self.read_clock = False
        self.clock_turns = 0
        self.look_s = 0.0
