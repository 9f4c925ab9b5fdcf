"""The exception that one thread has another raise, by a function of Python's own that is called through ctypes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .baton import Baton
from .imports import when_imported

NAME = "PyThreadState_SetAsyncExc"


def install(baton: Baton) -> None:
    """Let the other thread raise the exception when it has the baton next: a wait ends before, as one in C does.

    The real function would have it raised even between two turns, and Python 3.11 can't go on before it is.
    """
    when_imported("ctypes", lambda module: _replace(module, baton))


def _replace(module: ModuleType, baton: Baton) -> None:
    ctypes: Any = module
    kind: Any = type(ctypes.pythonapi[NAME])

    class ByNumber(kind):  # type: ignore[misc]
        """As any function that ctypes has found, with its `argtypes` and `restype`."""

        _flags_, _restype_ = kind._flags_, kind._restype_

        def __call__(self, ident: Any, exception: Any) -> Any:
            number = getattr(ident, "value", ident)
            task = next((task for task in baton.tasks if task.ident == number), None)
            content = exception.value if isinstance(exception, ctypes.py_object) else exception
            if task is None or (content and task is baton.current):
                real = 0 if task is None else task.real_ident
                return super().__call__(ctypes.c_ulong(real) if self.argtypes is None else real, exception)
            task.exception = content or None
            return 1

    setattr(ctypes.pythonapi, NAME, ByNumber((NAME, ctypes.pythonapi)))
