"""multiprocessing in a program of one process: what its threads share are locks, events and queues of threads.

The real ones wait in the system. A second process, which they are made for, can't be hosted anyway.
"""

from __future__ import annotations

import errno
import os
import pickle
import queue
import threading
import traceback
from types import ModuleType
from typing import Any, Callable

from .imports import when_imported
from .sockets import VirtualSocket
from .unhostable import INSTEAD


def install(refuse: Callable[[str], None]) -> None:
    """Replace them once multiprocessing is imported. What is made of processes is refused."""
    when_imported("multiprocessing.context", lambda module: _replace(module, refuse))
    when_imported("multiprocessing.connection", _replace_pipes)
    when_imported("multiprocessing.process", lambda module: _refuse_start(module, refuse))


def _refuse_start(module: ModuleType, refuse: Callable[[str], None]) -> None:
    """Before anything is pickled for the process, which may fail, or a server is asked for it."""
    what = f"it starts another process (multiprocessing.Process), which has no virtual clock{INSTEAD}"
    module.__dict__["BaseProcess"].start = lambda process: refuse(what)


def _replace(module: ModuleType, refuse: Callable[[str], None]) -> None:
    context: Any = module.BaseContext
    kinds: dict[str, Any] = {
        "Lock": Lock, "RLock": RLock, "Condition": threading.Condition, "Event": threading.Event,
        "Semaphore": threading.Semaphore, "BoundedSemaphore": threading.BoundedSemaphore, "Barrier": threading.Barrier,
        "Queue": Queue, "JoinableQueue": Queue,
    }  # fmt: skip
    for name, kind in kinds.items():
        setattr(context, name, _method(kind))
    for name in ("Pool", "Manager"):
        what = f"it starts another process (multiprocessing.{name}), which has no virtual clock{INSTEAD}"
        setattr(context, name, lambda *_, what=what, **__: refuse(what))


def _method(kind: Any) -> Any:
    return lambda context, *arguments, **options: kind(*arguments, **options)


def _replace_pipes(module: ModuleType) -> None:
    """Let a connection be one of two virtual sockets. The rest of it, and SimpleQueue, is made of what is replaced."""
    connections: Any = module
    kind = connections.Connection

    def pipe(duplex: bool = True) -> tuple[Any, Any]:
        ends = VirtualSocket.network.pair()
        for end in ends:
            end.setblocking(True)
        one, other = (end.fileno() for end in ends)
        return kind(one, writable=duplex), kind(other, readable=duplex)

    def wait(object_list: Any, timeout: float | None = None) -> list[Any]:
        wait_s = None if timeout is None else max(0.0, timeout)
        return list(VirtualSocket.network.select(list(object_list), [], [], wait_s)[0])

    kind._recv.__defaults__ = (lambda number, size: _socket(number).recv(size),)
    kind._send.__defaults__ = (lambda number, data: _socket(number).send(data),)
    kind._close = lambda connection, _close=None: _socket(connection._handle).close()
    connections.Pipe, connections.wait = pipe, wait


def _socket(number: int) -> VirtualSocket:
    found = VirtualSocket.network.find(number)
    if found is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return found


class Lock:
    """As `multiprocessing.Lock`, whose arguments have other names than those of `threading.Lock`."""

    def __init__(self) -> None:
        self._lock: Any = threading.Lock()

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take the lock."""
        wait_s = -1 if timeout is None or not block else max(0.0, timeout)
        return bool(self._lock.acquire(block, wait_s))

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: Any) -> None:
        self.release()


class RLock(Lock):
    """As `multiprocessing.RLock`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()


class Queue(queue.Queue):  # type: ignore[type-arg]
    """As `multiprocessing.Queue` and `JoinableQueue`: whoever gets something gets a copy of it.

    What can't be pickled is lost, as in the thread that feeds a real one.
    """

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a copy into the queue."""
        try:
            copied = pickle.dumps(item)
        except Exception:
            traceback.print_exc()
            return
        super().put(copied, block, _wait(timeout))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Get the next copy."""
        return pickle.loads(super().get(block, _wait(timeout)))

    def close(self) -> None:
        """Nothing has to be closed."""

    join_thread = cancel_join_thread = close


def _wait(timeout: float | None) -> float | None:
    """A timeout of `threading` for one of multiprocessing, which may be in the past."""
    return None if timeout is None else max(0.0, timeout)
