"""Waits in a library that is not Python's, each time not for long."""

import ctypes

library = ctypes.CDLL(None)
while True:
    library.usleep(2000)
