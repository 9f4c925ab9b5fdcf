"""The virtual network: every connection of the program leads to the twin, or to the program itself."""

from __future__ import annotations

import errno
import os
import select
import socket
from typing import Any, Callable, TypeVar

from . import socket_paths
from .baton import Baton
from .clock import forget
from .functions import built_in
from .host_names import HostNames
from .poller import Epoll, Poll
from .sockets import CLOSED, CONNECTED, CONNECTING, FIRST_FD, VirtualSocket
from .unhostable import INSTEAD

FIRST_PORT = 50_000

PATIENCE_S = 5.0
"""A program that has waited for so long to receive from a server that it has sent nothing waits for ever."""

CONNECT_BYTE = b"\x10"
"""With this a client of MQTT begins."""

_Found = TypeVar("_Found", "tuple[Any, ...]", "list[tuple[int, int]]", "list[bool]")
_real_select = select.select
_GONE = ("poll", "epoll", "kqueue", "kevent", "devpoll")


class Network:
    """The program's sockets. `out` takes the messages to the twin: `open`, `data`, `close` of a numbered connection."""

    def __init__(self, baton: Baton, out: Callable[..., None], refuse: Callable[[str], None]) -> None:
        self.baton = baton
        self.refuse = refuse
        self.default_timeout: float | None = None
        self._listeners: dict[Any, VirtualSocket] = {}
        self._out = out
        self._sockets: dict[int, VirtualSocket] = {}
        self._outside: dict[int, VirtualSocket] = {}
        self._names = HostNames()
        self._fd, self._port, self._number = FIRST_FD, FIRST_PORT, 0
        VirtualSocket.network = self
        VirtualSocket.__name__ = VirtualSocket.__qualname__ = VirtualSocket.__module__ = "socket"

    def add(self, new: VirtualSocket) -> int:
        """Add a socket. Returns its number."""
        self._fd += 1
        self._sockets[self._fd] = new
        return self._fd

    def remove(self, old: VirtualSocket) -> None:
        """Remove a closed socket."""
        self._sockets.pop(old.fileno(), None)
        if self._listeners.get(_key(old)) is old:
            del self._listeners[_key(old)]

    def listen(self, one: VirtualSocket) -> None:
        """Let a socket get the connections to its address."""
        self._listeners[_key(one)] = one

    def place(self, one: VirtualSocket, address: Any) -> Any:
        """An address of the program's own for a socket. Port 0 stands for any port."""
        if one.family == socket_paths.FAMILY:
            return socket_paths.bind(address)
        host, port = address[0], address[1]
        if not port:
            self._port += 1
        return host or "0.0.0.0", port or self._port

    def connect(self, one: VirtualSocket, address: Any) -> None:
        """Connect to a listening socket of the program, or else to the twin."""
        if one.family == socket_paths.FAMILY:
            one._there = os.fsdecode(address)
            listener = self._listeners.get(socket_paths.key(one._there))
            one._there = one._there if listener is None else listener._here
        else:
            one._here, one._there = self.place(one, ("127.0.0.1", 0)), (address[0], address[1])
            listener = self._listener(str(address[0]).lower(), address[1])
        if one.type != socket.SOCK_STREAM:
            one._state = CONNECTED
        elif listener is not None:
            other = VirtualSocket(one.family, one.type)
            other._here, other._there = one._there, one._here
            self._join(one, other)
            listener._queue.append(other)
            listener._notify()
        elif one.family == socket_paths.FAMILY:
            socket_paths.refuse(one._there)
        else:
            host, port = one._there
            self._number += 1
            one._number, one._state = self._number, CONNECTING
            self._outside[self._number] = one
            self._out("open", self._number, self._names.name(host), port)

    def _listener(self, host: str, port: int) -> VirtualSocket | None:
        """The socket of the program that listens there, and not at the same port of another host."""
        found = self._listeners.get(port)
        if found is None or self._names.is_here(host) or found._here[0] in (host, self._names.name(host)):
            return found
        return None

    def send(self, one: VirtualSocket, data: bytes) -> None:
        """Deliver data to the other end."""
        self.baton.own()
        if one._peer is not None:
            one._peer._deliver(data)
        elif one._number is not None:
            one._first = one._first or data[:1]
            self._out("data", one._number, data.decode("latin-1"))

    def reaches(self, one: VirtualSocket) -> bool:
        """Whether the other end is still there to take what this one sends."""
        return one._number in self._outside if one._peer is None else one._peer._state != CLOSED

    def end_sending(self, one: VirtualSocket) -> None:
        """One end sends no more, but may receive. The broker then hangs up; the service answers first."""
        if one._peer is not None:
            one._peer._deliver_end()
        elif one._first == CONNECT_BYTE:
            self.hang_up(one)
            one._deliver_end()

    def hang_up(self, one: VirtualSocket) -> None:
        """Close one end."""
        if one._peer is not None:
            one._peer._deliver_end()
            one._peer = None
        if one._number is not None and self._outside.pop(one._number, None) is not None:
            self._out("close", one._number)

    def take(self, kind: str, number: int, data: str = "") -> None:
        """Take a message from the twin: `accept`, `refuse`, `data`, `close` of a connection."""
        one = self._outside.get(number)
        if one is None:
            return
        if kind == "data":
            one._deliver(data.encode("latin-1"))
        elif kind == "accept":
            one._state = CONNECTED
            one._notify()
        else:
            del self._outside[number]
            if kind == "refuse":
                one._error = errno.ECONNREFUSED
                one._state = "new"
            one._deliver_end()

    def pair(self, family: int = -1, type: int = socket.SOCK_STREAM, proto: int = 0) -> tuple[VirtualSocket, ...]:
        """As `socket.socketpair`."""
        one, other = VirtualSocket(family, type, proto), VirtualSocket(family, type, proto)
        self._join(one, other)
        return one, other

    def write(self, descriptor: int, data: bytes) -> None:
        """Send data over the socket with this number, if there is one."""
        if descriptor in self._sockets:
            self._sockets[descriptor].send(data)

    def find(self, descriptor: int) -> VirtualSocket | None:
        """The open socket with this number, if there is one."""
        return self._sockets.get(descriptor)

    def select(self, read: Any, write: Any, exceptional: Any, timeout: float | None = None) -> tuple[Any, ...]:
        """As `select.select`, also for real files among the sockets."""
        if timeout is not None and timeout < 0:
            raise ValueError("timeout must be non-negative")
        reads, writes = self._found(read), self._found(write)
        return self.wait(lambda: self._ready(reads, writes), [one for _, one in reads + writes], timeout)

    def wait(self, look: Callable[[], _Found], watched: list[Any], timeout: float | None) -> _Found:
        """Wait until `look` finds anything at one of these sockets and numbers of real files. Returns what it found."""
        deadline_s = None if timeout is None else self.baton.after(timeout)
        task = self.baton.current
        while True:
            ready = look()
            if any(ready):
                return ready
            if timeout is not None and timeout <= 0:
                self.baton.tick()
                return ready
            if self._pause(watched, deadline_s, task):
                return look()

    def _pause(self, watched: list[Any], deadline_s: float | None, task: Any) -> bool:
        """Wait for any of these. Returns whether the deadline passed."""
        if any(isinstance(one, int) for one in watched):
            task.read_clock = True
            self.baton.step_aside()  # Nobody says when a real file is ready.
            return deadline_s is not None and self.baton.now_s >= deadline_s
        patience_s = self._patience_s(watched)
        ends_s = [end_s for end_s in (deadline_s, patience_s) if end_s is not None]
        for one in watched:
            one._watchers.append(task)
        try:
            is_late = self.baton.park(min(ends_s, default=None))
        finally:
            for one in watched:
                one._watchers.remove(task)
        if is_late and patience_s is not None and self.baton.now_s >= patience_s:
            self._refuse_silence(watched)
        return is_late and deadline_s is not None and self.baton.now_s >= deadline_s

    def _patience_s(self, watched: list[VirtualSocket]) -> float | None:
        """Until when a wait for any of these may last, or None if the program has spoken first with each of them."""
        silent = [one for one in watched if one._awaits_greeting()]
        for one in silent:
            if one._speaks_by_s is None:
                one._speaks_by_s = self.baton.after(PATIENCE_S)
        return min((one._speaks_by_s for one in silent if one._speaks_by_s is not None), default=None)

    def _refuse_silence(self, watched: list[VirtualSocket]) -> None:
        """End the program if it has waited in vain for a server that speaks first, as those of mail and MySQL do."""
        for one in watched:
            if one._awaits_greeting() and one._speaks_by_s is not None and self.baton.now_s >= one._speaks_by_s:
                where = f"{self._names.name(one._there[0])}:{one._there[1]}"
                what = f"it waits for {where} to speak first; its connections must be MQTT or HTTP without TLS"
                self.refuse(f"{what}{INSTEAD}")

    def _found(self, objects: Any) -> list[tuple[Any, Any]]:
        """Each object with its virtual socket, or with the number of its real file."""
        found = []
        for one in objects:
            descriptor = one if isinstance(one, int) else one.fileno()
            if descriptor < 0:
                raise ValueError(f"file descriptor cannot be a negative integer ({descriptor})")
            found.append((one, self._sockets.get(descriptor, descriptor)))
        return found

    @staticmethod
    def _ready(reads: list[tuple[Any, Any]], writes: list[tuple[Any, Any]]) -> tuple[list[Any], list[Any], list[Any]]:
        ready_to_read = [found for found, one in reads if not isinstance(one, int) and one._readable()]
        ready_to_write = [found for found, one in writes if not isinstance(one, int) and one._writable()]
        files = [one for _, one in reads if isinstance(one, int)], [one for _, one in writes if isinstance(one, int)]
        if any(files):
            real = _real_select(files[0], files[1], [], 0)
            ready_to_read += [found for found, one in reads if isinstance(one, int) and one in real[0]]
            ready_to_write += [found for found, one in writes if isinstance(one, int) and one in real[1]]
        return ready_to_read, ready_to_write, []

    @staticmethod
    def _join(one: VirtualSocket, other: VirtualSocket) -> None:
        one._peer, other._peer = other, one
        one._state = other._state = CONNECTED

    def install(self) -> None:
        """Replace the real network in `select` and `socket`."""
        here = {name for name in _GONE if hasattr(select, name)}
        for name in here:
            delattr(select, name)
        select.select = self.select
        forget("selectors")  # Made of what `select` had.
        import selectors

        for name, kind, selector in (("poll", Poll, "PollSelector"), ("epoll", Epoll, "EpollSelector")):
            if name in here:  # After `selectors` chose the one that waits by `select`.
                setattr(select, name, kind)
                setattr(selectors, selector, selectors.SelectSelector)
        Poll.network = self
        socket.selectors = selectors  # type: ignore[attr-defined]
        socket.socket = socket.SocketType = VirtualSocket  # type: ignore[misc, assignment]
        socket.socketpair = self.pair  # type: ignore[assignment]
        self._names.install()
        socket.setdefaulttimeout = self._set_default_timeout
        socket.getdefaulttimeout = built_in(lambda: self.default_timeout)

    def _set_default_timeout(self, timeout: float | None) -> None:
        self.default_timeout = timeout


def _key(listener: VirtualSocket) -> Any:
    """What a listening socket is found by: its port or its path."""
    here = listener.getsockname()
    return socket_paths.key(here) if isinstance(here, str) else here[1]
