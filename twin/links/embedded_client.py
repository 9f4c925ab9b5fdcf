"""The twin's place inside the embedded broker: it publishes and hears there without a connection of its own.

Between a grant and its answer each packet on a socket counts; this end of the wire saves its half of them. Whoever
controls the line is reached over the broker and a real connection all the same.
"""

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

from controller import wire
from twin.broker.amqtt_patches import DEAF, Ear
from twin.broker.embedded import EmbeddedBroker

STANDS_IN: Final = b'{"plant":"twin"}'


class Tap:
    """Publishes, and hands what is published on `topics` to `hear`. `on_back`: a broker that was stopped runs again.

    What is published goes out with the next `turn`. While the broker is stopped it is lost; `losses` counts that.
    """

    def __init__(
        self, broker: EmbeddedBroker, topics: Sequence[str], hear: Callable[[str, bytes], None], *,
        on_back: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.losses = 0
        self._broker = broker
        self._topics = topics
        self._hear = hear
        self._on_back = on_back
        self._heard: SimpleQueue[Sequence[tuple[str, bytes]]] = SimpleQueue()
        self._unsent: list[tuple[str, bytes]] = []
        self._life: int | None = None

    def open(self) -> None:
        """Begin to hear."""
        self._broker.listen(Ear(frozenset(self._topics), self._heard.put))
        self._life = self._broker.life

    @property
    def up(self) -> bool:
        """Whether the broker runs."""
        return self._broker.life is not None

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with the next turn, or lose it."""
        self._unsent.append((topic, payload))

    def turn(self, wait_s: float) -> bool:
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
            self._hear(topic, payload)
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
        life, self._life = self._broker.life, self._life
        if life == self._life:
            return
        self.losses += self._life is not None
        self._life = life
        if life is not None:
            self._on_back()


class TapOutlet:
    """The plant's place inside the embedded broker, for the link in real time; `take` gets what arrives on `aa`."""

    def __init__(self, broker: EmbeddedBroker, take: Callable[[bytes], None]) -> None:
        self._broker = broker
        self._take = take

    def open(self) -> None:
        """Begin to hear."""
        self._broker.listen(Ear(frozenset({wire.COMMANDS}), self._hear))
        self._broker.retain(wire.PLANT, STANDS_IN)

    def publish(self, payload: bytes) -> None:
        """Send feedback; while the broker is stopped it is lost."""
        self._broker.publish([(wire.FEEDBACK, payload)])

    def close(self) -> None:
        """Hear no more."""
        self._broker.listen(DEAF)
        self._broker.retain(wire.PLANT, b"")

    def _hear(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for _, payload in messages:
            self._take(payload)
