"""Functions that take the number of a process, and psutil: the program's own number, and its parent's, are virtual."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any, Callable

from .functions import built_in
from .imports import when_imported

FIRST = (
    "getpgid", "getsid", "sched_getaffinity", "sched_setaffinity", "sched_getscheduler", "sched_setscheduler",
    "sched_getparam", "sched_setparam", "sched_rr_get_interval", "pidfd_open",
)  # fmt: skip
"""Functions of `os` whose first argument is the number of a process."""

SECOND = ("getpriority", "setpriority")
"""Those whose second argument is one, or that of a group or a user, which are real ones."""

_getpid, _getppid = os.getpid, getattr(os, "getppid", os.getpid)


def install() -> None:
    """Let them take the numbers that `os.getpid` and `os.getppid` give."""
    for place, names in enumerate((FIRST, SECOND)):
        for name in names:
            if hasattr(os, name):
                setattr(os, name, _taking(getattr(os, name), place))
    when_imported("psutil", _replace)


def _real(number: Any) -> Any:
    """The system's number of a process, for the program's."""
    return {os.getpid(): _getpid, os.getppid(): _getppid}.get(number, lambda: number)()


def _taking(function: Callable[..., Any], place: int) -> Any:
    def call(*arguments: Any, **options: Any) -> Any:
        options.update({name: _real(options[name]) for name in ("pid", "who") if name in options})
        return function(
            *arguments[:place], *map(_real, arguments[place : place + 1]), *arguments[place + 1 :], **options
        )

    return built_in(call)


def _replace(module: ModuleType) -> None:
    """A process of psutil has the program's number, but tells what the real one does."""
    psutil: Any = module
    begin, exists, pids = psutil.Process._init, psutil.pid_exists, psutil.pids

    def _init(process: Any, pid: int | None, *arguments: Any, **options: Any) -> None:
        shown = os.getpid() if pid is None else pid
        begin(process, _real(shown), *arguments, **options)
        process._pid = shown

    psutil.Process._init = _init
    psutil.pid_exists = lambda pid: pid in (os.getpid(), os.getppid()) or exists(pid)
    psutil.pids = lambda: sorted(os.getpid() if pid == _getpid() else pid for pid in pids())
