"""What a real-time program needs of the operating system: a clock, signals that end it, and precise waits.

On Windows, Ctrl-Break takes the place of SIGTERM, which cannot be sent there. A wait there ends at the system's next
tick, up to 15.6 ms late, unless the program asks for finer ticks.
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
    """Signals with which another program asks this one to end. A person at the terminal sends SIGINT."""

    @contextmanager
    def fine_waits() -> Iterator[None]:
        """In the body, waits end within about a millisecond of their time."""
        timer = ctypes.WinDLL("winmm")
        timer.timeBeginPeriod(1)
        try:
            yield
        finally:
            timer.timeEndPeriod(1)

else:
    END_SIGNALS: Final = (signal.SIGTERM,)
    """Signals with which another program asks this one to end. A person at the terminal sends SIGINT."""

    @contextmanager
    def fine_waits() -> Iterator[None]:
        """Nothing to do: on this system waits always end within about a millisecond of their time."""
        yield


def wall_s() -> float:
    """Seconds on a monotonic wall clock with an arbitrary start."""
    return time.perf_counter()  # On Windows monotonic() stands still for up to 15.6 ms, before Python 3.13.
