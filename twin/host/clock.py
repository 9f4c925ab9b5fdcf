"""The program's clocks: `time` in virtual time. No two readings are equal, as on a real system."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any, Callable

from .baton import Baton
from .functions import built_in

BEGAN_S = 1_700_000_000.0
"""`time.time` when the program first begins: the same on every run."""

UPTIME_S = 2.0**17
"""`time.monotonic` then, a day and a half: no real system has just begun, and `last_push = 0.0` means long ago there.
A power of two, so that what is added to it loses the least.
"""

STEP_S = 1e-6
"""The least difference between two readings, in s, even if no time has passed."""

real_monotonic = time.monotonic
real_sleep = time.sleep


class Clock:
    """The replacement of the clocks in `time`."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._began_s = 0.0

    def begin(self, began_s: float) -> None:
        """Let the program begin so many s after its first start: the clocks of a system outlive its processes."""
        self._began_s = began_s
        _move_start_of_logging(began_s)

    def elapsed(self) -> float:
        """Seconds since this start of the program."""
        baton = self._baton
        baton.read_clock()
        reading = baton.now_s
        if reading <= baton.read_s:
            reading = baton.read_s + STEP_S
        baton.read_s = reading
        return reading

    def elapsed_ns(self) -> int:
        """The same in ns."""
        return int(self.elapsed() * 1e9)

    def monotonic(self) -> float:
        """Seconds since the system began, long before the program."""
        return UPTIME_S + self._began_s + self.elapsed()

    def monotonic_ns(self) -> int:
        """The same in ns."""
        return int(self.monotonic() * 1e9)

    def time(self) -> float:
        """Seconds since 1970."""
        return BEGAN_S + self._began_s + self.elapsed()

    def time_ns(self) -> int:
        """The same in ns."""
        return int(BEGAN_S) * 10**9 + int((self._began_s + self.elapsed()) * 1e9)

    def sleep(self, seconds: float) -> None:
        """Wait. A wait of 0 s lets the other threads run."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if seconds == 0:
            self._baton.tick()
            return
        deadline_s = self._baton.after(seconds)
        while not self._baton.park(deadline_s):
            pass

    def clock_gettime(self, clock: int) -> float:
        """As `time.clock_gettime`, for any clock."""
        if clock == getattr(time, "CLOCK_REALTIME", 0):
            return self.time()
        own = [getattr(time, f"CLOCK_{kind}_CPUTIME_ID", None) for kind in ("PROCESS", "THREAD")]
        return self.elapsed() if clock in own else self.monotonic()

    def clock_gettime_ns(self, clock: int) -> int:
        """The same in ns."""
        return int(self.clock_gettime(clock) * 1e9)

    def install(self) -> None:
        """Replace the real clocks, also in modules that have imported their names already."""
        self._broken_down()
        names = {
            "monotonic": self.monotonic, "monotonic_ns": self.monotonic_ns,
            "perf_counter": self.monotonic, "perf_counter_ns": self.monotonic_ns,
            "process_time": self.elapsed, "process_time_ns": self.elapsed_ns,
            "thread_time": self.elapsed, "thread_time_ns": self.elapsed_ns,
            "time": self.time, "time_ns": self.time_ns, "sleep": self.sleep,
            "clock_gettime": self.clock_gettime, "clock_gettime_ns": self.clock_gettime_ns,
        }  # fmt: skip
        replaced = {}
        for name, function in names.items():
            if hasattr(time, name):
                replaced[getattr(time, name)] = function
                setattr(time, name, function)
        replace_everywhere(replaced)

    def _broken_down(self) -> None:
        """The functions of `time` whose default argument is now."""
        localtime = time.localtime
        for name, most in (("localtime", 1), ("gmtime", 1), ("ctime", 1), ("asctime", 1), ("strftime", 2)):
            now = (lambda: localtime(self.time())) if name in ("asctime", "strftime") else self.time
            setattr(time, name, built_in(partial(_with_now, getattr(time, name), most, now)))


def _move_start_of_logging(by_s: float) -> None:
    """The host has imported `logging` already, which then notes when its program began: in ns from Python 3.13 on."""
    logging: Any = sys.modules.get("logging")
    if logging is not None:
        logging._startTime += by_s if isinstance(logging._startTime, float) else int(by_s * 1e9)


def _with_now(real: Callable[..., Any], most: int, now: Callable[[], Any], *arguments: Any) -> Any:
    if len(arguments) < most or arguments[-1] is None:
        return real(*arguments[: most - 1], now())
    return real(*arguments)


def replace_everywhere(replaced: dict[Any, Any]) -> None:
    """In every module that is loaded already, replace each key, under any name, by its value."""
    for name, module in list(sys.modules.items()):
        if name.startswith(__package__ or "?") or not hasattr(module, "__dict__"):
            continue
        for attribute, value in list(vars(module).items()):
            try:
                new = replaced.get(value)
            except TypeError:
                continue
            if new is not None:
                setattr(module, attribute, new)


def forget(*names: str) -> None:
    """Let modules and their submodules be imported anew."""
    for name in list(sys.modules):
        if name.split(".")[0] in names:
            del sys.modules[name]
