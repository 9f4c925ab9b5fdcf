"""The twin's place inside the embedded broker: it publishes and hears there without a connection of its own.

Between a grant and its answer each packet on a socket counts; this end of the wire saves its half of them. Whoever
controls the line is reached over the broker and a real connection all the same.
"""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

from controller import wire
from twin.broker.amqtt_patches import DEAF, Listener
from twin.broker.embedded import EmbeddedBroker

STANDS_IN: Final = b'{"plant":"twin"}'


class EmbeddedClient:
    """Publishes, and hands what is published on `topics` to `on_message`. `on_back`: a stopped broker runs again.

    What is published goes out with the next `poll`. While the broker is stopped it is lost; `losses` counts that.
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
        self._heard: SimpleQueue[Sequence[tuple[str, bytes]]] = SimpleQueue()
        self._unsent: list[tuple[str, bytes]] = []
        self._incarnation: int | None = None

    def open(self) -> None:
        """Begin to hear."""
        self._broker.listen(Listener(frozenset(self._topics), self._heard.put))
        self._incarnation = self._broker.incarnation

    @property
    def up(self) -> bool:
        """Whether the broker runs."""
        return self._broker.incarnation is not None

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with the next turn, or lose it."""
        self._unsent.append((topic, payload))

    def poll(self, wait_s: float) -> bool:
        """Send what is to be sent, wait for messages for at most `wait_s`, and hand them on; whether there were any."""
        self._look_up()
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self._broker.publish(unsent)
        try:
            messages = self._heard.get(timeout=wait_s) if wait_s else self._heard.get_nowait()
        except Empty:
            return False
        for topic, payload in messages:
            self._receive(topic, payload)
        return True

    def end_connection(self, client_id: str) -> None:
        """End a client's connection as a network would."""
        self._broker.cut_off(client_id)

    def close(self) -> None:
        """Send what is still to be sent."""
        if self._unsent:
            self._broker.publish(self._unsent)

    def _look_up(self) -> None:
        """Whether the broker is still the one that it was: it may have been stopped and started since."""
        incarnation, self._incarnation = self._broker.incarnation, self._incarnation
        if incarnation == self._incarnation:
            return
        self.losses += self._incarnation is not None
        self._incarnation = incarnation
        if incarnation is not None:
            self._on_back()


class EmbeddedPlantClient:
    """The plant's place inside the embedded broker, for the link in real time; `take` gets what arrives on `aa`."""

    def __init__(self, broker: EmbeddedBroker, take: Callable[[bytes], None]) -> None:
        self._broker = broker
        self._take = take

    def open(self) -> None:
        """Begin to hear."""
        self._broker.listen(Listener(frozenset({wire.COMMANDS}), self._receive))
        self._broker.retain(wire.PLANT, STANDS_IN)

    def publish(self, payload: bytes) -> None:
        """Send feedback; while the broker is stopped it is lost."""
        self._broker.publish([(wire.FEEDBACK, payload)])

    def close(self) -> None:
        """Hear no more."""
        self._broker.listen(DEAF)
        self._broker.retain(wire.PLANT, b"")

    def _receive(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for _, payload in messages:
            self._take(payload)
