"""The twin's clients inside the embedded broker: they publish and subscribe without a connection of their own.

Each packet on a socket between a grant and its answer costs time; these clients save half of the packets. The
controller still has a real connection to the broker.
"""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

from controller import wire
from twin.broker.amqtt_patches import NO_LISTENER, Listener
from twin.broker.embedded import EmbeddedBroker

TWIN_PLANT: Final = b'{"plant":"twin"}'
"""Retained on `wire.PLANT`, so that a client can tell the twin from an FS simulator."""


class EmbeddedClient:
    """Publishes messages, and passes each one published on `topics` to `on_message`.

    Messages go out with the next `poll`, and are lost while the broker is stopped. `on_back` is called when a stopped
    broker runs again. `losses` counts how often the broker was stopped.
    """

    def __init__(
        self, broker: EmbeddedBroker, topics: Sequence[str], on_message: Callable[[str, bytes], None], *,
        on_back: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.losses = 0
        self._broker = broker
        self._topics = topics
        self._receive = on_message
        self._on_back = on_back
        self._arrived: SimpleQueue[Sequence[tuple[str, bytes]]] = SimpleQueue()
        self._unsent: list[tuple[str, bytes]] = []
        self._incarnation: int | None = None

    def open(self) -> None:
        """Subscribe."""
        self._broker.listen(Listener(frozenset(self._topics), self._arrived.put))
        self._incarnation = self._broker.incarnation

    @property
    def up(self) -> bool:
        """Whether the broker runs."""
        return self._broker.incarnation is not None

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with the next `poll`. It is lost while the broker is stopped."""
        self._unsent.append((topic, payload))

    def poll(self, wait_s: float) -> bool:
        """Send what is unsent, wait at most `wait_s` for messages, and pass them on. Returns whether any arrived."""
        self._check_broker()
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self._broker.publish(unsent)
        try:
            messages = self._arrived.get(timeout=wait_s) if wait_s else self._arrived.get_nowait()
        except Empty:
            return False
        for topic, payload in messages:
            self._receive(topic, payload)
        return True

    def end_connection(self, client_id: str) -> None:
        """Cut another client's connection, as a network failure would."""
        self._broker.cut_off(client_id)

    def close(self) -> None:
        """Send what is still unsent."""
        if self._unsent:
            self._broker.publish(self._unsent)

    def _check_broker(self) -> None:
        """Notice whether the broker was stopped or started since the last check."""
        incarnation, self._incarnation = self._broker.incarnation, self._incarnation
        if incarnation == self._incarnation:
            return
        self.losses += self._incarnation is not None
        self._incarnation = incarnation
        if incarnation is not None:
            self._on_back()


class EmbeddedPlantClient:
    """The plant's client inside the embedded broker, for the link in real time.

    `take` gets each payload that arrives on `aa`, in the broker's thread.
    """

    def __init__(self, broker: EmbeddedBroker, take: Callable[[bytes], None]) -> None:
        self._broker = broker
        self._take = take

    def open(self) -> None:
        """Subscribe, and publish in a retained message that this plant is a twin."""
        self._broker.listen(Listener(frozenset({wire.COMMANDS}), self._receive))
        self._broker.retain(wire.PLANT, TWIN_PLANT)

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish a message. It is lost while the broker is stopped."""
        self._broker.publish([(topic, payload)])

    def close(self) -> None:
        """Unsubscribe, and remove the retained message."""
        self._broker.listen(NO_LISTENER)
        self._broker.retain(wire.PLANT, b"")

    def _receive(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for _, payload in messages:
            self._take(payload)
