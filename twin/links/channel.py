"""One direction of the link in virtual time: it delays each message, and keeps the messages in order.

The link's faults act here, in virtual time, so that they are the same on every link. A message knows its part and its
item, so that a fault's effect is recorded for the item: its edge lost, its picture late.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from controller import wire
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message
from twin.scenario.faults import Fault, Garbage, LinkDelay, LinkDrop, LinkDuplicate, LinkReorder
from twin.scenario.random_streams import Streams
from twin.scenario.scenario import LinkModel
from twin.timeline import Timeline
from twin.trace import Effect

GARBAGE: Final = {
    "not_json": b"{first_switch: yes}",
    "number": b"17",
    "two_keys": b'{"first_switch":true,"second_switch":false}',
    "unknown_key": b'{"fifth_wheel":true}',
    "wrong_type": b'{"first_switch":"true"}',
    "bad_base64": b'{"image":"not base64!"}',
    "not_utf8": b'{"image":"\xff\xfe"}',
}

ROUNDING_S: Final = 1e-9


class Channel:
    """Carries the messages of topic `name` to `arrive`, after latency and jitter.

    `place_m` returns the position of a part, in m from the loader, or None.
    """

    def __init__(
        self, timeline: Timeline, model: LinkModel, streams: Streams, name: str, faults: FaultInjector,
        arrive: Callable[[Message], None], place_m: Callable[[str], float | None] = lambda part: None,
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._model = model
        self._stream = streams.stream(f"link/{name}")
        self._name = name
        self._faults = faults
        self._arrive = arrive
        self._place_m = place_m
        self._last_s = 0.0
        self._faulty = any(faults.all(kind) for kind in (LinkDrop, LinkDelay, LinkReorder, LinkDuplicate))
        self._delayed_by: Fault | None = None
        if name == wire.FEEDBACK:
            faults.on_begin(Garbage, self._send_garbage)

    def send(self, message: Message) -> None:
        """Send a message. It does not overtake the one before it, unless a fault reorders them."""
        faults, name = self._faults, self._name
        delay_s = self._model.latency_s
        if self._model.jitter_s > 0:
            delay_s += self._model.jitter_s * self._stream.random()
        if not self._faulty:
            self._carry(message, delay_s, delay_s)
            return
        for drop in faults.active(LinkDrop, way=name):
            if faults.drawn(drop.share):
                self._disturb(drop, "lost", message)
                return
        slow = faults.active(LinkDelay, way=name)
        slow_s = delay_s + sum(fault.delay_s for fault in slow)
        for reorder in faults.active(LinkReorder, way=name):
            if faults.drawn(reorder.share):
                self._arrive_at(self._timeline.now + slow_s + reorder.delay_s, message, reorder, "late")
                return
        if slow:
            self._delayed_by = slow[0]
        self._carry(message, slow_s, delay_s)
        for duplicate in faults.active(LinkDuplicate, way=name):
            if faults.drawn(duplicate.share):
                self._arrive_at(self._last_s, message, duplicate, "twice")

    def _send_garbage(self, garbage: Garbage) -> None:
        message = Message(GARBAGE[garbage.payload], "garbage", garbage.payload)
        self._faults.disturb(garbage, "garbage", "wire")
        self._carry(message, self._model.latency_s, self._model.latency_s)

    def _carry(self, message: Message, delay_s: float, healthy_s: float) -> None:
        """Deliver a message after `delay_s`, but not before the previous one. Without faults it takes `healthy_s`."""
        now_s = self._timeline.now
        self._last_s = max(self._last_s, now_s + delay_s)
        late = self._last_s - now_s > healthy_s + self._model.jitter_s + ROUNDING_S
        if late and self._delayed_by is not None:
            self._arrive_at(self._last_s, message, self._delayed_by, "late")
        else:
            self._timeline.call_at(self._last_s, partial(self._arrive, message))

    def _arrive_at(self, at_s: float, message: Message, fault: Fault, how: str) -> None:
        """Deliver a disturbed message. The fact is recorded for its item now, and for its part alone on arrival.

        That of a late command is recorded now, too: its part does not do meanwhile what it should.
        """
        if message.item is not None or (self._name == wire.COMMANDS and how == "late"):
            self._disturb(fault, how, message)

        def arrive() -> None:
            self._disturb(fault, how, message._replace(item=None))
            self._arrive(message)

        self._timeline.call_at(at_s, arrive)

    def _disturb(self, fault: Fault, how: str, message: Message) -> None:
        self._faults.disturb(
            fault, _EFFECTS[_kind(message, self._name), how], message.part, item=message.item,
            at_m=self._place_m(message.part),
        )  # fmt: skip


def _kind(message: Message, topic: str) -> str:
    if topic == wire.COMMANDS:
        return "command"
    return {"camera": "picture", "garbage": "garbage"}.get(message.part, "edge")


_EFFECTS: Final[dict[tuple[str, str], Effect]] = {
    ("edge", "lost"): "edge_lost", ("edge", "late"): "edge_late", ("edge", "twice"): "edge_twice",
    ("picture", "lost"): "picture_lost", ("picture", "late"): "picture_late", ("picture", "twice"): "picture_twice",
    ("command", "lost"): "command_lost", ("command", "late"): "command_late", ("command", "twice"): "command_twice",
    ("garbage", "lost"): "garbage", ("garbage", "late"): "garbage", ("garbage", "twice"): "garbage",
}  # fmt: skip
