"""A bounded queue that carries arrivals from the network's thread to the session's thread."""

import queue
import threading
from enum import Enum
from typing import Final, NamedTuple

LOOK_UP_S: Final = 0.2
"""A thread that waits for arrivals returns at least this often, so that it notices a stop request."""

MOST_WAITING: Final = 10_000
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024


class Sign(Enum):
    """The kind of an arrival: a message, the connection lost or back, or a wake-up from this process."""

    MESSAGE = "message"
    LOST = "lost"
    BACK = "back"
    POKE = "poke"


class Arrival(NamedTuple):
    """One arrival for the session's thread. `at_s` is the wall clock's time at which paho delivered it."""

    sign: Sign
    topic: str = ""
    payload: bytes = b""
    at_s: float = 0.0


class Arrivals:
    """The queue. When it is full it drops messages, and counts them in `dropped`; it never drops another kind."""

    def __init__(self, most: int = MOST_WAITING, most_bytes: int = MOST_WAITING_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._waiting: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._bytes = 0
        self._lock = threading.Lock()
        self.dropped = 0

    def put(self, arrival: Arrival) -> None:
        """Queue an arrival, from any thread."""
        size = len(arrival.payload)
        with self._lock:
            full = self._waiting.qsize() >= self._most or self._bytes + size > self._most_bytes
            if full and arrival.sign is Sign.MESSAGE:
                self.dropped += 1
                return
            self._bytes += size
            self._waiting.put(arrival)

    def next(self, timeout_s: float) -> Arrival | None:
        """The next arrival, or None after `timeout_s`."""
        try:
            arrival = self._waiting.get(timeout=timeout_s) if timeout_s > 0 else self._waiting.get_nowait()
        except queue.Empty:
            return None
        with self._lock:
            self._bytes -= len(arrival.payload)
        return arrival
