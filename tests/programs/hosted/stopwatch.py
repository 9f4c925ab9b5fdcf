"""The program's own second file: what its clock must say."""

import time

began_s = time.monotonic()


def passed(seconds, within=0.05):
    """So much time has passed since the program began."""
    assert abs(time.monotonic() - began_s - seconds) < within, (time.monotonic() - began_s, seconds)
