"""Dates in virtual time: `datetime.now` and its like."""

from __future__ import annotations

import datetime
from datetime import date as _date
from datetime import datetime as _datetime
from typing import Any, Callable


class _AlsoReal(type):
    """Makes real dates instances of ours: the standard library's C code creates real ones."""

    def __instancecheck__(cls, other: object) -> bool:
        return isinstance(other, _datetime if cls.__name__ == "datetime" else _date)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _datetime if cls.__name__ == "datetime" else _date)


def install(time_s: Callable[[], float]) -> None:
    """Replace the dates by ones that read `time_s`."""

    class VirtualDate(_date, metaclass=_AlsoReal):
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(time_s())

    class VirtualDatetime(_datetime, metaclass=_AlsoReal):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(time_s(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(time_s(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(time_s())

    for new, name in ((VirtualDate, "date"), (VirtualDatetime, "datetime")):
        new.__name__ = new.__qualname__ = name
        new.__module__ = "datetime"
        setattr(datetime, name, new)
