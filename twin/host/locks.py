"""Locks in virtual time, which replace those of `_thread`. All other classes of `threading` are built on them."""

from __future__ import annotations

import _thread
from collections import deque
from typing import Any

from .baton import Baton
from .task import Task

TIMEOUT_MAX: float = _thread.TIMEOUT_MAX


PASSED_OVER = 3
"""A lock that was taken again so often before the thread that waits for it could try is handed over to that thread.

A system switches threads at any instruction, so that a thread in a loop sometimes loses the processor between two
`with lock`. Here a loop may have a rhythm in which it always holds the lock when its turn ends.
"""


class Lock:
    """As `_thread.lock`. The thread that releases it goes on; the first waiting thread may try next."""

    baton: Baton
    __slots__ = ("__weakref__", "_locked", "_passed_over", "_waiters")

    def __init__(self) -> None:
        self._locked = False
        self._passed_over = 0
        self._waiters: deque[Task] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock. Raises `ValueError` for an invalid timeout."""
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        if timeout > TIMEOUT_MAX:
            raise OverflowError("timeout value is too large")
        self.baton.own()
        if not self._locked:
            self._locked = True
            return True
        if not blocking or timeout == 0:
            self.baton.tick()
            return False
        return self._wait(None if timeout < 0 else self.baton.after(timeout))

    def release(self) -> None:
        """Release the lock. Raises `RuntimeError` if no thread holds it."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False
        if self._waiters:
            self.baton.wake(self._waiters[0])
            if self._passed_over >= PASSED_OVER:
                self.baton.step_back()
            else:
                self.baton.yield_by_chance()

    def locked(self) -> bool:
        """Whether a thread holds the lock."""
        return self._locked

    __enter__ = acquire
    acquire_lock = acquire
    release_lock = release
    locked_lock = locked

    def __exit__(self, *_: Any) -> None:
        self.release()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle '_thread.lock' object")

    def _at_fork_reinit(self) -> None:
        self._locked = False
        self._waiters.clear()

    def _wait(self, deadline_s: float | None) -> bool:
        baton = self.baton
        task = baton.current
        self._waiters.append(task)
        try:
            while self._locked:
                if baton.park(deadline_s) and self._locked:
                    return False
                self._passed_over += self._locked
            self._locked, self._passed_over = True, 0
            return True
        finally:
            self._waiters.remove(task)
            if not self._locked and self._waiters:
                baton.wake(self._waiters[0])


class RLock:
    """As `_thread.RLock`."""

    baton: Baton
    __slots__ = ("__weakref__", "_count", "_lock", "_owner")

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner: Task | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, also once more."""
        task = self.baton.current
        if self._owner is task:
            self._count += 1
            return True
        if not self._lock.acquire(blocking, timeout):
            return False
        self._owner, self._count = task, 1
        return True

    def release(self) -> None:
        """Release the lock once. Raises `RuntimeError` if the current thread does not hold it."""
        if self._owner is not self.baton.current:
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()

    def locked(self) -> bool:
        """Whether a thread holds the lock."""
        return self._lock.locked()

    __enter__ = acquire

    def __exit__(self, *_: Any) -> None:
        self.release()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle '_thread.RLock' object")

    def _is_owned(self) -> bool:
        return self._owner is self.baton.current

    def _recursion_count(self) -> int:
        return self._count if self._is_owned() else 0

    def _release_save(self) -> tuple[int, Task | None]:
        if not self._count:
            raise RuntimeError("cannot release un-acquired lock")
        state = (self._count, self._owner)
        self._count, self._owner = 0, None
        self._lock.release()
        return state

    def _acquire_restore(self, state: tuple[int, Task | None]) -> None:
        self._lock.acquire()
        self._count, self._owner = state

    def _at_fork_reinit(self) -> None:
        self._lock._at_fork_reinit()
        self._owner, self._count = None, 0
