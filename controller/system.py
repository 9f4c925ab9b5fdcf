"""The operating system for a program that keeps real time and can be asked to end: its clock, signals and waits.

Windows: Ctrl-Break takes the place of SIGTERM, which nobody can send there; and a wait lasts until the system's next
tick, up to 15.6 ms later, unless the program asks for finer ones.
"""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

if sys.platform == "win32":
    import ctypes

    END_SIGNALS: Final = (signal.SIGTERM, signal.SIGBREAK)
    """By which another program asks this one to end; a person at its terminal sends SIGINT."""

    @contextmanager
    def fine_waits() -> Iterator[None]:
        """Waits in here end within about a millisecond of their time."""
        timer = ctypes.WinDLL("winmm")
        timer.timeBeginPeriod(1)
        try:
            yield
        finally:
            timer.timeEndPeriod(1)

else:
    END_SIGNALS: Final = (signal.SIGTERM,)
    """By which another program asks this one to end; a person at its terminal sends SIGINT."""

    @contextmanager
    def fine_waits() -> Iterator[None]:
        """Waits in here end within about a millisecond of their time, as they always do on this system."""
        yield


def wall_s() -> float:
    """Seconds on the wall clock, from an arbitrary beginning, never falling."""
    return time.perf_counter()  # On Windows monotonic() stands still for up to 15.6 ms, before Python 3.13.
