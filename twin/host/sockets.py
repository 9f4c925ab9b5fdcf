"""Virtual sockets to the twin, or to another socket of the program. To the program they look real."""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from . import socket_paths
from .task import Task

if TYPE_CHECKING:
    from .network import Network

FIRST_FD = 100_000  # No real file has a number as high.
NEW, CONNECTING, CONNECTED, LISTENING, CLOSED = "new", "connecting", "connected", "listening", "closed"
_real = socket.socket
_timed_out = socket.timeout


class VirtualSocket:
    """As `socket.socket`, for TCP. Datagrams over UDP are lost."""

    network: Network

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None) -> None:
        if fileno is not None:
            self.network.refuse("it uses TLS, or a socket by its file descriptor; use --link realtime")
        self.family = socket.AddressFamily(socket.AF_INET if family == -1 else family)
        plain = socket.SOCK_STREAM if type == -1 else type & ~getattr(socket, "SOCK_NONBLOCK", 0)
        self.type = socket.SocketKind(plain & ~getattr(socket, "SOCK_CLOEXEC", 0))
        self.proto = 0 if proto == -1 else proto
        self._state = NEW
        self._watchers: list[Task] = []
        self._received = bytearray()
        self._ended = self._shut = False  # Whether nothing more will come; whether it sends nothing more.
        self._first = b""
        self._speaks_by_s: float | None = None
        self._changes = 0
        self._error = 0
        self._queue: deque[VirtualSocket] = deque()
        self._peer: VirtualSocket | None = None
        self._number: int | None = None
        self._timeout: float | None = self.network.default_timeout
        self._io_refs = 0
        self._closed = False
        self._here: Any = socket_paths.UNNAMED if self.family == socket_paths.FAMILY else ("0.0.0.0", 0)
        self._there: Any = None
        self._fd = self.network.add(self)

    makefile: Any = _real.makefile
    _decref_socketios: Any = _real._decref_socketios  # type: ignore[attr-defined]

    def __enter__(self) -> VirtualSocket:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("cannot pickle 'socket' object")

    def __repr__(self) -> str:
        return f"<socket fd={self.fileno()}, {self._state}, laddr={self._here}, raddr={self._there}>"

    @property
    def timeout(self) -> float | None:
        """The timeout, in s; None waits without limit."""
        return self._timeout

    def fileno(self) -> int:
        """The socket's number, or -1 if it is closed."""
        return -1 if self._state == CLOSED else self._fd

    def settimeout(self, timeout: float | None) -> None:
        """As of a real one."""
        if timeout is not None and timeout < 0:
            raise ValueError("Timeout value out of range")
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        """As of a real one."""
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        """As of a real one."""
        self._timeout = None if flag else 0.0

    def getblocking(self) -> bool:
        """As of a real one."""
        return self._timeout != 0

    def setsockopt(self, *_: Any) -> None:
        """Do nothing: a virtual socket has no options."""

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        """The pending error for `SO_ERROR`, 0 for every other option."""
        if level == socket.SOL_SOCKET and option == socket.SO_ERROR:
            error, self._error = self._error, 0
            return error
        if level == socket.SOL_SOCKET and option == socket.SO_TYPE:
            return int(self.type)
        return bytes(size) if size else 0

    def set_inheritable(self, flag: bool) -> None:
        """There is nobody to inherit it."""

    def get_inheritable(self) -> bool:
        """There is nobody to inherit it."""
        return False

    def getsockname(self) -> Any:
        """The socket's own address."""
        return self._here

    def getpeername(self) -> Any:
        """The address of the other end."""
        if self._state != CONNECTED:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._there

    def bind(self, address: Any) -> None:
        """Take an address of the program's own."""
        self._here = self.network.place(self, address)

    def listen(self, backlog: int = 0) -> None:
        """Listen for other sockets of the program."""
        self._state = LISTENING
        self.network.listen(self)

    def accept(self) -> tuple[VirtualSocket, Any]:
        """The next socket that connects, with its address."""
        self._await(lambda: bool(self._queue))
        found = self._queue.popleft()
        return found, found._there

    def connect(self, address: Any) -> None:
        """Connect. Raises `ConnectionRefusedError`, or what a real socket raises that does not wait."""
        if self._state == CONNECTED and self.type == socket.SOCK_STREAM:
            raise OSError(errno.EISCONN, os.strerror(errno.EISCONN))
        if self._state == CONNECTING:
            raise OSError(errno.EALREADY, os.strerror(errno.EALREADY))
        self._ended, self._error = False, 0  # Of an earlier try.
        self.network.connect(self, address)
        if self._state == CONNECTING and self._timeout == 0:
            raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))
        self._await(lambda: self._state != CONNECTING)
        self._raise_error()

    def connect_ex(self, address: Any) -> int:
        """Connect. Returns the error's number, or 0."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EAGAIN
        return 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """The received bytes; empty once the other end has closed."""
        is_unconnected = self._state == NEW and self.type == socket.SOCK_STREAM and not self._ended
        if (is_unconnected or self._state in (LISTENING, CLOSED)) and not self._error:
            number = errno.EBADF if self._state == CLOSED else errno.ENOTCONN
            raise OSError(number, os.strerror(number))
        self._await(self._readable)
        if not self._received:
            self._raise_error()
        found = bytes(self._received[:size])
        if not flags & socket.MSG_PEEK:
            del self._received[:size]
        return found

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As `recv`, into a buffer."""
        found = self.recv(nbytes or len(memoryview(buffer).cast("B")), flags)
        memoryview(buffer).cast("B")[: len(found)] = found
        return len(found)

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Any]:
        """As `recv`, with the sender's address."""
        return self.recv(size, flags), self._there

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        """The same, into a buffer."""
        return self.recv_into(buffer, nbytes, flags), self._there

    def recvmsg(self, size: int, *_: Any) -> tuple[bytes, list[Any], int, Any]:
        """The same, without anything beside it."""
        return self.recv(size), [], 0, self._there

    def recvmsg_into(self, buffers: Any, *_: Any) -> tuple[int, list[Any], int, Any]:
        """The same, into the first of several buffers."""
        return self.recv_into(next(iter(buffers))), [], 0, self._there

    def send(self, data: Any, flags: int = 0) -> int:
        """Send all bytes. Raises `BrokenPipeError` once the other end is gone."""
        payload = bytes(data)
        if self.type != socket.SOCK_STREAM:
            return len(payload)
        if self._state == CONNECTING:
            self._await(lambda: self._state != CONNECTING)
        if self._state != CONNECTED or self._shut or not self.network.reaches(self):
            self._raise_error()
            number = {CLOSED: errno.EBADF, CONNECTED: errno.EPIPE}.get(self._state, errno.ENOTCONN)
            raise OSError(number, os.strerror(number))
        self.network.send(self, payload)
        return len(payload)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all bytes."""
        self.send(data, flags)

    def sendmsg(self, buffers: Any, *_: Any) -> int:
        """Send all of them."""
        return self.send(b"".join(bytes(buffer) for buffer in buffers))

    def sendto(self, data: Any, *_: Any) -> int:
        """Datagrams are lost."""
        return len(bytes(data))

    def shutdown(self, how: int) -> None:
        """Close one or both directions. Raises `OSError` if the socket is not connected."""
        if self._state != CONNECTED:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        if how == socket.SHUT_RDWR:
            self.network.hang_up(self)
        elif how == socket.SHUT_WR:
            self.network.end_sending(self)
        self._shut |= how != socket.SHUT_RD
        if how != socket.SHUT_WR:
            self._deliver_end()

    def close(self) -> None:
        """Close the socket once no file made from it is open."""
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def detach(self) -> int:
        """Close the socket here. Returns its number."""
        number = self.fileno()
        self._state = CLOSED
        return number

    def _readable(self) -> bool:
        """Whether a read would not wait."""
        return bool(self._received or self._queue or self._ended or self._error)

    def _awaits_greeting(self) -> bool:
        """Whether the twin is to speak first, which nothing does that the program can talk to."""
        return self._number is not None and self._state == CONNECTED and not (self._first or self._readable())

    def _writable(self) -> bool:
        """Whether a write would not wait."""
        return self._state == CONNECTED or bool(self._error)

    def _deliver(self, data: bytes) -> None:
        """Add received bytes."""
        self._received += data
        self._notify()

    def _deliver_end(self) -> None:
        """Note that the other end is gone."""
        self._ended = True
        self._notify()

    def _notify(self) -> None:
        """Wake the threads that wait for this socket."""
        self._changes += 1
        self.network.baton.changed()
        for task in self._watchers:
            self.network.baton.wake(task)

    def _real_close(self) -> None:
        if self._state != CLOSED:
            self.network.hang_up(self)
            self.network.remove(self)
            self._state = CLOSED
            self._notify()

    def _raise_error(self) -> None:
        error, self._error = self._error, 0
        if error:
            raise OSError(error, os.strerror(error))

    def _await(self, condition: Callable[[], bool]) -> None:
        if condition():
            return
        if self._timeout == 0:
            self.network.baton.tick()
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.network.wait(lambda: [condition() or self._state == CLOSED], [self], self._timeout)
        if condition():
            return
        if self._state == CLOSED:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        raise _timed_out("timed out")
