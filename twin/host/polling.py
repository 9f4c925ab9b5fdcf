"""Notices endless loops: counts the lines of the program's own files that a thread runs without waiting."""

from __future__ import annotations

import collections
import inspect
import os
import sys
import sysconfig
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from .baton import QUANTUM, Baton


class Polling:
    """Traces the lines of all files in `folders`, except installed packages."""

    def __init__(self, baton: Baton, folders: list[str]) -> None:
        self._baton = baton
        self._folders = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
        here = os.path.dirname(os.path.abspath(__file__))
        paths = [here] + [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
        self._foreign = tuple(os.path.join(os.path.realpath(path), "") for path in paths if path)
        self._own: dict[str, bool] = {}

    def watch(self) -> None:
        """Trace the current thread."""
        sys.settrace(self._call)

    def libraries(self) -> list[str]:
        """The names of all modules that are not the program's own files."""
        host = __name__.split(".")[0]
        paths = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
        others = {name: path for name, path in paths.items() if isinstance(path, str) and not name.startswith(host)}
        return [name for name, path in others.items() if name != "__main__" and not self._is_own(path)]

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        own = self._own.get(name)
        if own is None:
            own = self._own[name] = self._is_own(name)
        return self._line if own else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            task = self._baton.current
            task.lines += 1
            if task.lines >= QUANTUM:
                try:
                    self._baton.step_aside()
                except (
                    BaseException
                ):  # What a signal's handler raises ends the tracing: it begins anew with the next call.
                    sys.setprofile(self._again)
                    raise
                # Until Python 3.12 the frame's variables are written back after this, those of closures too: what
                # other threads have set meanwhile would be undone. To ask for them brings them up to date.
                _variables(frame)
        return self._line

    def _again(self, frame: FrameType | None, event: str, argument: Any) -> None:
        sys.setprofile(None)
        self.watch()
        while frame is not None:
            if self._own.get(frame.f_code.co_filename):
                frame.f_trace = self._line
            frame = frame.f_back

    def state(self) -> int:
        """A digest of the current thread's variables: the same as before if it has made no progress."""
        found: list[Any] = []
        frame = sys._getframe(1)
        while frame is not None:
            if self._own.get(frame.f_code.co_filename):
                found.append(id(frame.f_code))
                for value in list(_variables(frame).values()):
                    found.append(_shown(value))
                    if type(value) not in _WITHOUT:
                        found.extend(_attributes(value))
            frame = frame.f_back  # type: ignore[assignment]
        return hash(tuple(found))

    def _is_own(self, name: str) -> bool:
        if name.startswith("<"):
            return False
        path = os.path.realpath(name)
        return path.startswith(self._folders) and not path.startswith(self._foreign) and "site-packages" not in path


_SCALARS = (int, float, bool, str, bytes, type(None), complex)
_CONTAINERS = (list, dict, set, tuple, bytearray, collections.deque)
_WITHOUT = (*_SCALARS, *_CONTAINERS, type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)


def _variables(frame: FrameType) -> Any:
    """The variables of a function or a module. Python 3.12 loses some of a module's if its local ones are read."""
    return frame.f_locals if frame.f_code.co_flags & inspect.CO_OPTIMIZED else frame.f_globals


def _shown(value: Any) -> Any:
    """A value that differs once the given value has changed."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    return (id(value), len(value)) if kind in _CONTAINERS else id(value)


def _attributes(value: Any) -> list[Any]:
    """The same for an object's attributes."""
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    return [_shown(attribute) for attribute in list(attributes.values())] if type(attributes) is dict else []
