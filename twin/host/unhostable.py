"""What can't be hosted. The program ends at once, with the name and a remedy, instead of running in real time."""

from __future__ import annotations

import os
import sys
from types import FrameType, ModuleType
from typing import Any, Callable

from .functions import built_in
from .imports import when_imported

INSTEAD = "; use --link realtime"
TOOLKITS = ("PyQt4", "PyQt5", "PyQt6", "PySide2", "PySide6", "wx", "gi", "kivy", "pygame")
"""Libraries for windows, which a program imports only if it uses them."""

SCREENS = ("ttkbootstrap", "guizero")
"""Libraries that ask tkinter's windows for more than one knows who has no screen."""

LOOPS = {
    "uvloop": ("install", "run", "new_event_loop", "EventLoopPolicy"), "trio": ("run",),
    "gevent": ("sleep", "spawn", "joinall", "wait"), "gevent.monkey": ("patch_all",),
    "eventlet": ("sleep", "spawn", "monkey_patch"),
}  # fmt: skip
"""Event loops, which a library may import if they are installed, with the function that starts each."""

SCREEN = ("cls", "clear", "color", "title", "chcp", "pause", "reset")
"""Commands for a screen."""

ALLOWED = (
    "/platform.py", "/ctypes/util.py", "/uuid.py", "/sysconfig.py", "/_aix_support.py", "/_osx_support.py",
    "/matplotlib/font_manager.py", "/multiprocessing/resource_tracker.py",
)  # fmt: skip
"""The ends of the paths of modules that start a program which needs no clock: nearly all ask the system by it, and wait
for it. That of multiprocessing only removes what is left of shared memory.
"""

STARTERS = ("subprocess.py", "os.py", "/multiprocessing/util.py")
"""The ends of the paths of modules that start what another one asks them for."""


class Unhostable:
    """Ends the program by `refuse` when it does something that can't be hosted."""

    def __init__(self, refuse: Callable[[str], None]) -> None:
        self._refuse = refuse

    def install(self) -> None:
        """Replace the functions that would leave the virtual clock."""
        for name in ("posix_spawn", "posix_spawnp"):
            if hasattr(os, name):
                setattr(os, name, self._process(getattr(os, name)))
        os.system = self._system  # type: ignore[assignment]
        for name in ("fork", "forkpty", "startfile"):
            if hasattr(os, name):
                setattr(os, name, self._instead_of(f"os.{name}", "starts another process"))
        for name in ("execv", "execve"):
            setattr(os, name, self._instead_of(f"os.{name}", "becomes another program"))
        if sys.platform == "win32":
            import _winapi

            _winapi.CreateProcess = self._process(_winapi.CreateProcess)
        else:
            import _posixsubprocess

            _posixsubprocess.fork_exec = self._process(_posixsubprocess.fork_exec)
        for name in TOOLKITS:
            when_imported(name, self._at_import(f"it uses {name}, whose windows wait outside Python{INSTEAD}"))
        for name in SCREENS:
            when_imported(name, self._at_import(f"it uses {name}, whose windows need a screen{INSTEAD}"))
        for name in LOOPS:
            when_imported(name, self._no_loop)

    def _instead_of(self, name: str, what: str) -> Any:
        return built_in(lambda *_, **__: self._refuse(f"it {what} ({name}), which has no virtual clock{INSTEAD}"))

    def _system(self, command: str) -> int:
        """As `os.system`, for commands that concern only the screen, which does not exist."""
        if command.split()[:1] and command.split(maxsplit=1)[0] not in SCREEN:
            self._refuse(f"it starts another process (os.system), which has no virtual clock{INSTEAD}")
        return 0

    def _process(self, real: Any) -> Any:
        def start(*arguments: Any, **options: Any) -> Any:
            frame = sys._getframe(1)
            while frame.f_back is not None and _path(frame).endswith(STARTERS):
                frame = frame.f_back
            if _path(frame).endswith(ALLOWED):
                return real(*arguments, **options)
            return self._refuse(f"it starts another process, which has no virtual clock{INSTEAD}")

        return built_in(start)

    def _at_import(self, what: str) -> Callable[[ModuleType], None]:
        return lambda module: self._refuse(what)

    def _no_loop(self, module: ModuleType) -> None:
        name = module.__name__
        what = f"it uses {name.split('.')[0]}, whose event loop waits outside Python{INSTEAD}"
        for function in LOOPS[name]:
            if hasattr(module, function):
                setattr(module, function, lambda *_, **__: self._refuse(what))


def _path(frame: FrameType) -> str:
    """The path of a frame's module, with the slashes of every system."""
    return frame.f_code.co_filename.replace(os.sep, "/")
