"""The twin's recognition service in real time, for a program that has its pictures recognised over HTTP."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final

from classifier import Recognizer
from classifier.recognition import SERVICE_PATH
from twin.errors import TwinError
from twin.links.recognition_endpoint import RecognitionEndpoint, UnsupportedRequestError

HOST: Final = "127.0.0.1"
CHUNK_BYTES: Final = 65536


class RecognitionService:
    """Answers what is posted to `url` as the scenario says: its answer, its latency in the line's time, its faults.

    `port` 0 is any free port. `speed` is the speed of the line over real time. `original` finds the line's picture for
    a posted one. It listens from `__enter__` on, which raises `TwinError` if it cannot.
    """

    def __init__(
        self, recognizer: Recognizer, *, port: int = 0, speed: float = 1.0,
        original: Callable[[bytes], bytes] = lambda image: image,
    ) -> None:  # fmt: skip
        self._recognizer = recognizer
        self._original = original
        self._port = port
        self._speed = speed
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where pictures are to be posted."""
        return f"http://{HOST}:{self._port}{SERVICE_PATH}"

    def __enter__(self) -> "RecognitionService":
        try:
            self._listener = socket.create_server((HOST, self._port))
        except OSError as error:
            where = f"{HOST}:{self._port}"
            raise TwinError(f"cannot listen on {where}: {error.strerror}; the recognition service needs it") from None
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, args=(self._listener,), name="recognition", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._closing.set()
        for connection in (self._listener, *self._connections):
            with suppress(OSError):  # It was closed from the other side.
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _listen(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="recognition", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """Answer a connection's requests, one after the other."""
        endpoint = RecognitionEndpoint(self._recognizer, self._port, original=self._original)
        with connection, suppress(OSError, UnsupportedRequestError):
            while data := connection.recv(CHUNK_BYTES):
                endpoint.received(0, data, 0.0)
                while (due_s := endpoint.next_due_s) is not None:
                    if self._closing.wait(due_s / self._speed):
                        return
                    for _, answer, last in endpoint.due(due_s):
                        connection.sendall(answer)
                        if last:
                            return
        self._connections.discard(connection)
