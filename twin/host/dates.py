"""Dates in virtual time: `datetime.now` and `datetime.utcnow`. All others ask `time`."""

from __future__ import annotations

import datetime
import gc
import sys
import warnings
from typing import Any, Callable

_DEPRECATED = (
    "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use timezone-aware "
    "objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC)."
)

_REAL = dict(datetime.datetime.__dict__)
"""What is replaced must live on: Python remembers what it found in a class without holding it."""


def install(time_s: Callable[[], float]) -> None:
    """Let the real class read `time_s`. One in its place would not be what pickle, sqlite3 and C libraries know."""
    real: Any = datetime.datetime
    from_timestamp = _REAL["fromtimestamp"]

    def now(cls: Any, tz: Any = None) -> Any:
        return from_timestamp.__get__(None, cls)(time_s(), tz)

    def utcnow(cls: Any) -> Any:
        if sys.version_info >= (3, 12):
            warnings.warn(_DEPRECATED, DeprecationWarning, stacklevel=2)
        return from_timestamp.__get__(None, cls)(time_s(), datetime.timezone.utc).replace(tzinfo=None)

    (names,) = gc.get_referents(real.__dict__)  # Nobody else can change a class that is written in C.
    for function in (now, utcnow):
        names[function.__name__] = classmethod(function)
    if any(not hasattr(found, "__func__") for found in (real.now, real.utcnow)):  # Called before, and remembered.
        import ctypes

        ctypes.pythonapi.PyType_Modified(ctypes.py_object(real))
