"""Computing takes time: that of the program's lines which computed for long in a run beforehand, as a model does.

They are measured once, by the processor's time of their thread, and take the same time of the line in all later runs.
"""

from __future__ import annotations

import time
from types import FrameType
from typing import Any, Callable

from .baton import Baton

LEAST_S = 0.02
"""A line that computes for less takes no time: most lines of a program need a thousandth of it."""

_cpu_s = time.thread_time


class Measurement:
    """Measures each line in each function that runs. `began`: whether the program has connected, which begins it all.

    What a line has another function of the program do counts for the lines there.
    """

    def __init__(self, baton: Baton, began: Callable[[], bool]) -> None:
        self._baton = baton
        self._began = began
        self._running: dict[int, tuple[FrameType | None, float]] = {}
        self._spent_s: dict[FrameType, float] = {}
        self._places: dict[FrameType, tuple[str, int]] = {}
        self._passed: dict[tuple[str, int], int] = {}
        self._found_s: dict[tuple[str, int], list[float]] = {}

    def see(self, frame: FrameType, event: str) -> bool:
        """A function is called, comes to its next line, or returns, in the current thread. Whether time has passed."""
        number = self._baton.current.number
        before, since_s = self._running.get(number, (None, 0.0))
        if before is not None:
            self._spent_s[before] = self._spent_s.get(before, 0.0) + _cpu_s() - since_s
        following: FrameType | None = frame
        if event != "call":
            self._end_line(frame)
        if event == "return":
            following = frame.f_back
            while following is not None and following not in self._places:
                following = following.f_back
        else:
            self._places[frame] = (frame.f_code.co_filename, frame.f_lineno)
        self._running[number] = (following, _cpu_s())
        return False

    def lines(self) -> list[Any]:
        """Each line that computed for long, mostly: file, line, and the median of the times that it took."""
        often = [(place, spent_s) for place, spent_s in self._found_s.items() if 2 * len(spent_s) > self._passed[place]]
        return [[*place, round(sorted(spent_s)[(len(spent_s) - 1) // 2], 2)] for place, spent_s in often]

    def _end_line(self, frame: FrameType) -> None:
        place, spent_s = self._places.pop(frame, None), self._spent_s.pop(frame, 0.0)
        if place is not None and self._began():
            self._passed[place] = self._passed.get(place, 0) + 1
            if spent_s >= LEAST_S:
                self._found_s.setdefault(place, []).append(spent_s)


class Model:
    """Lets the lines that were measured take their time, by `sleep`."""

    def __init__(self, lines: list[Any], sleep: Callable[[float], None]) -> None:
        self._takes_s = {(path, line): takes_s for path, line, takes_s in lines}
        self._sleep = sleep
        self._due_s: dict[FrameType, float] = {}

    def see(self, frame: FrameType, event: str) -> bool:
        """A function comes to its next line, or returns: the line before it may have taken time. Whether it has."""
        due_s = self._due_s.pop(frame, 0.0) if event != "call" else 0.0
        if event == "line":
            takes_s = self._takes_s.get((frame.f_code.co_filename, frame.f_lineno), 0.0)
            if takes_s:
                self._due_s[frame] = takes_s
        if due_s:
            self._sleep(due_s)
        return due_s > 0

    def lines(self) -> list[Any]:
        """Nothing was measured."""
        return []
