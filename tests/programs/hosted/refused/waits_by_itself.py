"""Waits in a library that is not Python's."""

import ctypes

ctypes.CDLL(None).sleep(1000)
