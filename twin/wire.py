"""The wire in virtual time: what lies between plant and controller delays each message, and keeps their order.

Faults of the link act here, in the twin's time, so that every link shares them.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from controller import codec
from twin.faults import Garbage, LinkDelay, LinkDrop, LinkDuplicate, LinkReorder
from twin.mishaps import Mishaps
from twin.scenario import LinkModel
from twin.streams import Streams
from twin.timeline import Timeline

GARBAGE: Final = {
    "not_json": b"{first_switch: yes}",
    "number": b"17",
    "two_keys": b'{"first_switch":true,"second_switch":false}',
    "unknown_key": b'{"fifth_wheel":true}',
    "wrong_type": b'{"first_switch":"true"}',
    "bad_base64": b'{"image":"not base64!"}',
    "not_utf8": b'{"image":"\xff\xfe"}',
}


class Way:
    """One direction of the wire, `name` its topic: carries payloads to `arrive` after latency and jitter."""

    def __init__(
        self, timeline: Timeline, model: LinkModel, streams: Streams, name: str, mishaps: Mishaps,
        arrive: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._model = model
        self._stream = streams.stream(f"link/{name}")
        self._name = name
        self._mishaps = mishaps
        self._arrive = arrive
        self._last_s = 0.0
        if name == codec.FEEDBACK:
            for garbage in mishaps.all(Garbage):
                timeline.call_at(garbage.from_s, partial(self._litter, garbage))

    def send(self, payload: bytes) -> None:
        """Put a payload on its way; it does not overtake the one before it, unless a fault has it so."""
        mishaps = self._mishaps
        delay_s = self._model.latency_s
        if self._model.jitter_s > 0:
            delay_s += self._model.jitter_s * self._stream.random()
        if (drop := mishaps.now(LinkDrop, way=self._name)) is not None and mishaps.drawn(drop.share):
            mishaps.touch(drop)
            return
        if (late := mishaps.now(LinkDelay, way=self._name)) is not None:
            delay_s += late.delay_s
        if (swap := mishaps.now(LinkReorder, way=self._name)) is not None and mishaps.drawn(swap.share):
            mishaps.touch(swap)
            self._timeline.call_at(self._timeline.now + delay_s + swap.delay_s, lambda: self._arrive(payload))
            return
        self._carry(payload, delay_s)
        if (twice := mishaps.now(LinkDuplicate, way=self._name)) is not None and mishaps.drawn(twice.share):
            mishaps.touch(twice)
            self._carry(payload, delay_s)

    def _litter(self, garbage: Garbage) -> None:
        self._mishaps.touch(garbage)
        self._carry(GARBAGE[garbage.payload], self._model.latency_s)

    def _carry(self, payload: bytes, delay_s: float) -> None:
        self._last_s = max(self._last_s, self._timeline.now + delay_s)
        self._timeline.call_at(self._last_s, lambda: self._arrive(payload))
