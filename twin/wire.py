"""The wire in virtual time: what lies between plant and controller delays each message, and keeps their order.

Faults of the link (delay, drop, duplicate, reorder, garbage) have their place in `_carry`, in the twin's time, so
that every link shares them.
"""

from collections.abc import Callable

from twin.scenario import LinkModel
from twin.streams import Streams
from twin.timeline import Timeline


class Way:
    """One direction of the wire: carries payloads to `arrive` after the model's latency and jitter."""

    def __init__(
        self, timeline: Timeline, model: LinkModel, streams: Streams, name: str, arrive: Callable[[bytes], None]
    ) -> None:
        self._timeline = timeline
        self._model = model
        self._stream = streams.stream(f"link/{name}")
        self._arrive = arrive
        self._last_s = 0.0

    def send(self, payload: bytes) -> None:
        """Put a payload on its way; it does not overtake the one before it."""
        delay_s = self._model.latency_s
        if self._model.jitter_s > 0:
            delay_s += self._model.jitter_s * self._stream.random()
        self._carry(payload, delay_s)

    def _carry(self, payload: bytes, delay_s: float) -> None:
        self._last_s = max(self._last_s, self._timeline.now + delay_s)
        self._timeline.call_at(self._last_s, lambda: self._arrive(payload))
