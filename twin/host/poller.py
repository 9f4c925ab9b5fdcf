"""`select.poll` and `select.epoll` in virtual time, for virtual sockets and real files."""

from __future__ import annotations

import errno
import os
import select
from typing import TYPE_CHECKING, Any

from .sockets import CLOSED, FIRST_FD

if TYPE_CHECKING:
    from .network import Network

_IN, _PRI, _OUT, _ERR, _HUP, _INVALID = 1, 2, 4, 8, 16, 32
_ONCE, _EDGE = 1 << 30, 1 << 31
_real_poll: Any = getattr(select, "poll", None)


class Poll:
    """As what `select.poll` returns. Times are in ms."""

    network: Network

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = _IN | _PRI | _OUT) -> None:
        """Watch a socket or a file, also anew."""
        self._masks[_number(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int) -> None:
        """Watch for something else. Raises `FileNotFoundError` for what is not watched."""
        if _number(fd) not in self._masks:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._masks[_number(fd)] = eventmask

    def unregister(self, fd: Any) -> None:
        """Watch it no more. Raises `KeyError` for what is not watched."""
        del self._masks[_number(fd)]

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        """What is ready: numbers with events."""
        return self._wait(None if timeout is None or timeout < 0 else timeout / 1000)

    def _wait(self, timeout_s: float | None) -> list[tuple[int, int]]:
        watched = [self.network.find(number) or number for number in self._masks]
        return self.network.wait(self._look, watched, timeout_s)

    def _look(self) -> list[tuple[int, int]]:
        found = [(number, self._events(number, mask)) for number, mask in self._masks.items()]
        return [(number, events) for number, events in found if events]

    def _events(self, number: int, mask: int) -> int:
        one = self.network.find(number)
        if one is not None:
            error = _ERR | _HUP if one._error else 0
            return error | mask & ((_IN if one._readable() else 0) | (_OUT if one._writable() else 0))
        if number >= FIRST_FD:
            return _INVALID
        real = _real_poll()
        real.register(number, mask & 0xFFFF)
        return next((events for _, events in real.poll(0)), 0)


class Epoll(Poll):
    """As `select.epoll`. Times are in s."""

    def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
        super().__init__()
        self.closed = False
        self._seen: dict[int, int] = {}
        self._closing = self.network.pair()[0]  # For its number only.

    def __enter__(self) -> Epoll:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def fileno(self) -> int:
        """A number that no other file has."""
        self._check()
        return self._closing.fileno()

    def close(self) -> None:
        """Watch nothing any more."""
        self.closed = True
        self._masks.clear()
        self._closing.close()

    def register(self, fd: Any, eventmask: int = _IN | _PRI | _OUT) -> None:
        """Watch a socket or a file. Raises `FileExistsError` for one that is watched already."""
        self._check()
        if _number(fd) in self._masks:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        super().register(fd, eventmask)
        self._seen.pop(_number(fd), None)

    def modify(self, fd: Any, eventmask: int) -> None:
        """Watch for something else. Raises `FileNotFoundError` for what is not watched."""
        self._check()
        super().modify(fd, eventmask)
        self._seen.pop(_number(fd), None)

    def unregister(self, fd: Any) -> None:
        """Watch it no more. Raises `FileNotFoundError` for what is not watched."""
        self._check()
        if self._masks.pop(_number(fd), None) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        """What is ready: numbers with events, so many at most."""
        self._check()
        for number in [number for number in self._masks if number >= FIRST_FD and self.network.find(number) is None]:
            del self._masks[number]  # A closed file is watched no more.
        found = self._wait(None if timeout is None or timeout < 0 else timeout)
        found = found if maxevents < 0 else found[:maxevents]
        for number, _ in found:
            self._seen[number] = self._changes(number)
            if self._masks[number] & _ONCE:
                self._masks[number] = 0
        return found

    def _events(self, number: int, mask: int) -> int:
        if not mask or (mask & _EDGE and self._seen.get(number) == self._changes(number)):
            return 0
        events = super()._events(number, mask)
        return 0 if events == _INVALID else events

    def _changes(self, number: int) -> int:
        """How often something has happened to a socket: at each of these edges it is ready anew."""
        one = self.network.find(number)
        return -1 if one is None or one._state == CLOSED else one._changes

    def _check(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed epoll object")


def _number(fd: Any) -> int:
    number = fd if isinstance(fd, int) else fd.fileno()
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return int(number)
