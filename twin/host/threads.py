"""Threads under the baton: the replacements in `_thread`, for each known minor version of Python."""

from __future__ import annotations

import _thread
import sys
import traceback
from typing import Any, Callable

from .baton import Baton
from .clock import forget, replace_everywhere
from .functions import built_in
from .locks import Lock, RLock
from .signals import Signals

STALE = (
    "threading", "_threading_local", "queue", "selectors", "socket", "sched", "random", "tempfile", "subprocess",
    "logging", "asyncio", "concurrent", "multiprocessing", "http", "urllib", "ssl", "uuid", "secrets", "datetime",
)  # fmt: skip
"""Modules built on what is replaced here. If something has imported them before, they are imported anew."""


class Handle:
    """As `_thread._ThreadHandle`, with which Python 3.13 and later starts and joins threads."""

    baton: Baton

    def __init__(self) -> None:
        self.ident: int | None = None
        self.daemon = False
        self._over = Lock()
        self._over.acquire()
        self._done = False

    def is_done(self) -> bool:
        """Whether its thread has ended."""
        return self._done

    def join(self, timeout: float | None = None) -> None:
        """Wait for the thread. Raises `RuntimeError` for the calling thread itself."""
        if self.ident == self.baton.current.ident and not self._done:
            raise RuntimeError("Cannot join current thread")
        if self._over.acquire(True, -1 if timeout is None or timeout < 0 else timeout):
            self._over.release()

    def _set_done(self) -> None:
        if not self._done:
            self._done = True
            self._over.release()


class Threads:
    """The functions of `_thread`, under the baton."""

    def __init__(self, baton: Baton, signals: Signals) -> None:
        self._baton = baton
        self._signals = signals
        self._handles: list[Handle] = []
        Lock.baton = RLock.baton = Handle.baton = baton

    def get_ident(self) -> int:
        """The current thread's number: the same on every run."""
        return self._baton.current.ident

    def start_new_thread(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any = None) -> int:
        """Start a thread."""
        if not callable(function):
            raise TypeError("first arg must be callable")
        return self._baton.spawn(lambda: _run(function, args, kwargs or {})).ident

    def start_joinable_thread(
        self, function: Callable[[], Any], handle: Handle | None = None, daemon: bool = True
    ) -> Handle:
        """Start a thread that is joined by its handle."""
        handle = Handle() if handle is None else handle
        handle.daemon = daemon
        self._handles.append(handle)
        handle.ident = self._baton.spawn(lambda: _run(function, (), {}), handle._set_done).ident
        return handle

    def set_sentinel(self) -> Lock:
        """A lock that is released when the current thread ends, which `threading` uses until Python 3.12."""
        lock = Lock()
        self._baton.current.ends.append(lambda: lock.release() if lock.locked() else None)
        return lock

    def make_thread_handle(self, ident: int) -> Handle:
        """The handle of a running thread."""
        handle = Handle()
        handle.ident = ident
        return handle

    def shutdown(self) -> None:
        """Wait for all threads that are not daemons."""
        for handle in self._handles:
            if not handle.daemon:
                handle.join()

    def install(self) -> None:
        """Replace the real functions in `_thread` and in modules that are imported already."""
        names: dict[str, Any] = {
            "allocate_lock": Lock, "allocate": Lock, "LockType": Lock, "lock": Lock, "RLock": RLock,
            "get_ident": self.get_ident, "get_native_id": self.get_ident,
            "start_new_thread": self.start_new_thread, "start_new": self.start_new_thread,
            "start_joinable_thread": self.start_joinable_thread, "_set_sentinel": self.set_sentinel,
            "_ThreadHandle": Handle, "_make_thread_handle": self.make_thread_handle, "_shutdown": self.shutdown,
            "_get_main_thread_ident": built_in(lambda: self._baton.main.ident),
            "interrupt_main": self._signals.interrupt_main,
        }  # fmt: skip
        replaced = {}
        for name, new in names.items():
            if hasattr(_thread, name):
                replaced[getattr(_thread, name)] = new
                setattr(_thread, name, new)
        forget(*STALE)
        replace_everywhere(replaced)
        sys.modules["_queue"] = None  # type: ignore[assignment]  # `queue` has a SimpleQueue made of locks, then.
        import threading

        for module in list(sys.modules.values()):
            if getattr(module, "threading", threading) is not threading:
                vars(module)["threading"] = threading


def _run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> None:
    """Run a thread's function. An exception ends only this thread."""
    try:
        function(*args, **kwargs)
    except SystemExit:
        pass
    except BaseException:
        sys.stderr.write(f"Exception ignored in thread started by: {function!r}\n")
        traceback.print_exc()
