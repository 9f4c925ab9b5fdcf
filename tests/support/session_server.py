"""The session broker behind real sockets, in a thread, so that real clients can connect to it."""

import selectors
import socket
import threading
import time
from contextlib import suppress

from twin.broker.mqtt.effects import Close, Send
from twin.broker.mqtt.session_broker import SessionBroker

JOIN_TIMEOUT_S = 5


class SessionServer:
    """A server with the methods of the embedded broker: it can be stopped and started again on the same port."""

    host = "127.0.0.1"

    def __init__(self):
        self.broker = SessionBroker()
        self.effects = []
        self.port = 0
        self._lock = threading.Lock()
        self._opened = 0

    def start(self):
        self._listening = socket.create_server((self.host, self.port))
        self.port = self._listening.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._sockets = {}
        self._thread = threading.Thread(target=self._serve, name="session-server", daemon=True)
        self._thread.start()

    def stop(self):
        with self._lock:
            self.broker.restart()
            self._carry_out()
        self._waker.sendall(b"stop")
        self._thread.join(JOIN_TIMEOUT_S)
        for open_one in (self._listening, self._wake, self._waker, self._selector):
            open_one.close()

    def cut_off(self, client_id):
        with self._lock:
            self.broker.cut_off(client_id)
            self._carry_out()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _serve(self):
        while True:
            with self._lock:
                deadline_s = self.broker.next_deadline_s
            left_s = None if deadline_s is None else max(0.0, deadline_s - time.monotonic())
            for key, _ in self._selector.select(left_s):
                if key.fileobj is self._wake:
                    return
                with self._lock:
                    self._accept() if key.fileobj is self._listening else self._read(key.fileobj, key.data)
            with self._lock:
                self.broker.tick(time.monotonic())
                self._carry_out()

    def _accept(self):
        client, _ = self._listening.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened += 1
        self._sockets[self._opened] = client
        self._selector.register(client, selectors.EVENT_READ, self._opened)
        self.broker.opened(self._opened)

    def _read(self, client, connection):
        if connection not in self._sockets:
            return
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if data:
            self.broker.received(connection, data, time.monotonic())
        else:
            self.broker.closed(connection)
            self._close(connection)
        self._carry_out()

    def _carry_out(self):
        for effect in self.broker.take():
            self.effects.append(effect)
            if isinstance(effect, Send) and effect.connection in self._sockets:
                with suppress(OSError):
                    self._sockets[effect.connection].sendall(effect.data)
            elif isinstance(effect, Close):
                self._close(effect.connection)

    def _close(self, connection):
        client = self._sockets.pop(connection, None)
        if client is not None:
            self._selector.unregister(client)
            client.close()
