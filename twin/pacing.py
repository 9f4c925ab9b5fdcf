"""The twin's only door to the wall clock."""

import time


def wall_s() -> float:
    """Seconds on the wall clock, from an arbitrary beginning, never falling."""
    return time.perf_counter()
