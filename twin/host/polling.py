"""Notices endless loops: counts the lines of the program's own files that a thread runs without waiting."""

from __future__ import annotations

import collections
import inspect
import os
import sys
import sysconfig
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any, Callable, Set

from .baton import QUANTUM, Baton
from .laps import laps, silent_laps

INSTALLED = {"site-packages", "dist-packages"}
"""Folders of libraries that were installed."""

_set_trace = sys.settrace
_Offsets = Set[int]


class Polling:
    """Traces the lines of all files in `folders`, and where else the program looks for its modules.

    Installed packages are no files of the program.
    """

    def __init__(self, baton: Baton, folders: list[str]) -> None:
        self._baton = baton
        self._folders = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
        here = os.path.dirname(os.path.abspath(__file__))
        paths = [here] + [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
        self._foreign = tuple(os.path.join(os.path.realpath(path), "") for path in paths if path)
        self._path = set(sys.path)
        self._own: dict[str, bool] = {}
        self._laps: dict[int, tuple[CodeType, _Offsets]] = {}
        self._silent: dict[int, tuple[CodeType, _Offsets]] = {}
        self.computing: Any = None  # Sees the lines, too: a `Measurement` or a `Model`.

    def watch(self) -> None:
        """Trace the current thread."""
        _set_trace(self._call)

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
        if own and self.computing is not None:
            self.computing.see(frame, event)
        if own and self._silent_of(frame.f_code):
            frame.f_trace_opcodes = True
        return self._line if own else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        try:
            if event == "opcode":
                if frame.f_lasti not in self._silent_of(frame.f_code):
                    return self._line
                event = "line"
            waited = self.computing is not None and event != "exception" and self.computing.see(frame, event)
            if event == "line":
                task = self._baton.current
                task.lines += 1
                if task.watched and frame.f_lasti in self._laps_of(frame.f_code):
                    task.lap = task.busy
                if task.lines >= QUANTUM:
                    self._baton.step_aside()
                    waited = True
            if waited:
                # Until Python 3.12 the frame's variables are written back after this, those of closures too: what
                # other threads have set meanwhile would be undone. To ask for them brings them up to date.
                _variables(frame)
        except BaseException:  # What a signal's handler raises ends the tracing: it begins anew with the next call.
            sys.setprofile(self._again)
            raise
        return self._line

    def _laps_of(self, code: CodeType) -> _Offsets:
        """Where its `while` loops begin another lap."""
        return _once(self._laps, code, laps)

    def _silent_of(self, code: CodeType) -> _Offsets:
        """Where it has loops of which no lap begins a line."""
        return _once(self._silent, code, silent_laps)

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
        added = tuple(os.path.join(os.path.realpath(folder), "") for folder in sys.path if folder not in self._path)
        folders = self._folders + added
        is_foreign = path.startswith(self._foreign) or not INSTALLED.isdisjoint(path.split(os.sep))
        return path.startswith(folders) and not is_foreign


_SCALARS = (int, float, bool, str, bytes, type(None), complex)
_CONTAINERS = (list, dict, set, tuple, bytearray, collections.deque)
_WITHOUT = (*_SCALARS, *_CONTAINERS, type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)


def _once(
    known: dict[int, tuple[CodeType, _Offsets]], code: CodeType, look: Callable[[CodeType], _Offsets]
) -> _Offsets:  # fmt: skip
    """What is seen in a code. Its number is its own as long as it is kept."""
    found = known.get(id(code))
    if found is None:
        found = known[id(code)] = (code, look(code))
    return found[1]


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
