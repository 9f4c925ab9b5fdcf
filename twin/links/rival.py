"""Another client with a controller's client id, on a real broker: each throws the other off."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.packets import Connect, Disconnect

TIMEOUT_S: Final = 1.0


class Rival:
    """Connects to a broker with ids that others have. `take_over` and `leave` raise nothing: a broker may be away."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._sockets: dict[str, socket.socket] = {}

    def take_over(self, client_ids: Iterable[str]) -> bool:
        """Connect with each of these ids, unless that connection still lasts. Returns whether there was one to make."""
        missing = [client_id for client_id in client_ids if not self._lasts(client_id)]
        for client_id in missing:
            with suppress(OSError):
                self._sockets[client_id] = socket.create_connection(self._address, TIMEOUT_S)
                self._sockets[client_id].sendall(encode(Connect(client_id=client_id, keep_alive_s=0)))
        return bool(missing)

    def leave(self) -> None:
        """Disconnect."""
        for connection in self._sockets.values():
            with suppress(OSError), connection:
                connection.sendall(encode(Disconnect()))
        self._sockets.clear()

    def _lasts(self, client_id: str) -> bool:
        """Whether the broker has not closed the connection with this id."""
        connection = self._sockets.get(client_id)
        if connection is None:
            return False
        connection.setblocking(False)
        try:
            while connection.recv(4096):
                pass
        except BlockingIOError:
            return True
        except OSError:
            pass
        connection.close()
        del self._sockets[client_id]
        return False
