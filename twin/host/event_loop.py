"""The event loop of tkinter in virtual time: what is to be called when, and which windows are open."""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import Any, Callable

from .clock import Clock

SHORTEST_S = 0.001
"""Tk counts in ms: no wait is shorter, and a look at what is due takes as long."""

PATIENCE_S = 20.0
"""A window that shows for longer than this before the program connects waits for somebody to click."""

Script = Callable[[], Any]


class EventLoop:
    """One for all windows of a process, as in Tk. `windows` counts those that are open.

    `on_patience` is called `PATIENCE_S` after the first main loop began.
    """

    def __init__(self, clock: Clock, on_patience: Script) -> None:
        self._clock = clock
        self._on_patience = on_patience
        self.windows = 0
        self._has_begun = False
        self._quits = False
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._scripts: dict[str, Script] = {}
        self._due: list[tuple[float, int, str]] = []

    def sleep(self, delay_s: float) -> None:
        """Wait without calling anything."""
        self._clock.sleep(delay_s)

    def add(self, delay_s: float, script: Script, kind: str = "after") -> str:
        """Call a script when some time has passed. Returns its name, which has its kind: the program's own, or not."""
        number = next(self._numbers)
        name = f"{kind}#{number}"
        self._scripts[name] = script
        heapq.heappush(self._due, (self._clock.elapsed() + max(delay_s, SHORTEST_S), number, name))
        self.touch()
        return name

    def cancel(self, name: str) -> None:
        """Forget what was to be called."""
        self._scripts.pop(name, None)

    def awaited(self) -> tuple[str, ...]:
        """The names of the program's own scripts that are still to be called, the last first."""
        return tuple(name for name in reversed(list(self._scripts)) if name.startswith("after"))

    def touch(self) -> None:
        """Something has changed: a loop that runs looks again whether it is to end."""
        with self._changed:
            self._changed.notify_all()

    def quit(self) -> None:
        """End the main loop that runs."""
        self._quits = True
        self.touch()

    def run_main(self, most_windows: int) -> None:
        """Tk's main loop: until no more than so many windows are open, or somebody ends it."""
        if not self._has_begun:  # Libraries for forms begin one again and again.
            self._has_begun = True
            self.add(PATIENCE_S, self._on_patience, "patience")
        self._quits = False
        self.run(lambda: self._quits or self.windows <= most_windows)
        self._quits = False  # An outer main loop goes on.

    def run(self, ended: Callable[[], bool]) -> None:
        """Call what is due, and wait for it, until `ended` says so."""
        while True:
            with self._changed:
                while not ended() and not self._is_due():
                    self._changed.wait(self._due[0][0] - self._clock.elapsed() if self._due else None)
            if ended():
                return
            self._call_next()

    def update(self) -> None:
        """Call what is due by now."""
        self.sleep(SHORTEST_S)
        last = next(self._numbers)  # What these add is for the next time.
        while self._is_due() and self._due[0][1] < last:
            self._call_next()

    def _is_due(self) -> bool:
        while self._due and self._due[0][2] not in self._scripts:
            heapq.heappop(self._due)
        return bool(self._due) and self._due[0][0] <= self._clock.elapsed()

    def _call_next(self) -> None:
        _, _, name = heapq.heappop(self._due)
        self._scripts.pop(name)()
