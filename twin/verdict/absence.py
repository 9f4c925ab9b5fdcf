"""When the controller was away: cut off from the broker, or not running."""

from typing import Final

from twin import trace
from twin.verdict.fact import Fact

AWAY: Final[frozenset[trace.Effect]] = frozenset({"cut_off", "reconnected", "restarted"})

RECONNECT_S: Final = 5.0
"""How long a controller may take, once it is reconnected, to bring the line into a known state."""


class Absence:
    """The last loss of the controller, and since when it is back.

    Where connections are seen, it is back when it has connected: a client may wait longer and longer from try to try.
    """

    def __init__(self) -> None:
        self._loss: Fact | None = None
        self._back_s: float | None = None
        self._awaited = False
        self._online: set[str] | None = None

    def disturbed(self, fact: Fact) -> None:
        """Note that the controller is cut off, or that it could connect from now on."""
        if fact.what == "cut_off":
            self._loss, self._back_s = fact, None
        elif fact.what in AWAY:
            self._back_s, self._awaited = fact.t_s, self._online == set()

    def connection(self, record: trace.Connection) -> None:
        """Note who connects and who goes."""
        online = self._online = self._online or set()
        if record.event == "connected":
            online.add(record.client)
            if self._awaited:
                self._back_s, self._awaited = record.t_s, False
        elif record.event in ("disconnected", "lost"):
            online.discard(record.client)

    def fact(self, now_s: float, connect_s: float) -> Fact | None:
        """The loss, if the controller is still away or was back only shortly before; it has `connect_s` to connect."""
        allowed_s = connect_s if self._awaited else RECONNECT_S
        return None if self._back_s is not None and self._back_s + allowed_s < now_s else self._loss
