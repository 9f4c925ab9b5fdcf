"""Functions in place of those written in C."""

from __future__ import annotations

from typing import Any


def built_in(function: Any) -> Any:
    """The same function, but no method of a class that has it as an attribute, just as one written in C.

    `functools.partial` would do so, too, but for the warning that Python 3.13 gives.
    """
    return function.__call__
