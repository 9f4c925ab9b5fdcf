"""An old message that the broker keeps for whoever subscribes, and what it does to whom it reaches."""

from collections.abc import Callable
from typing import Final

from controller import wire
from controller.simulation.oracle import PLAIN_PICTURE, Note, Says, with_note
from twin import trace
from twin.broker.mqtt.session import matches
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message, command_message
from twin.scenario.faults import BrokerDown, RetainedMessage
from twin.timeline import Timeline

_PICTURE: Final = with_note(PLAIN_PICTURE, Note(answer=Says("ripe", 0.99)))
_FEEDBACK: Final = {
    "clear": Message(wire.encode_feedback(wire.GateEdge(number=1, blocked=False)), "gate 1", "clear"),
    "blocked": Message(wire.encode_feedback(wire.GateEdge(number=1, blocked=True)), "gate 1", "blocked"),
    "picture": Message(wire.encode_feedback(wire.Image(content=_PICTURE)), "camera", "old picture"),
}
_PUSH: Final = command_message(wire.encode_command(wire.Rod(number=2, push=True)))


class RetainedMessages:
    """The messages that faults let the broker keep. The plant gets its own when it connects, on every link.

    `place_m` returns the position of a part, in m from the loader; `obey` takes a command to the plant.
    """

    def __init__(
        self, timeline: Timeline, faults: FaultInjector, place_m: Callable[[str], float | None],
        obey: Callable[[Message], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._faults = faults
        self._place_m = place_m
        self._obey = obey
        if faults.all(RetainedMessage):
            for connects_s in (0.0, *(down.until_s for down in faults.all(BrokerDown))):
                timeline.call_at(connects_s, self._plant_connects)

    def keep_in(self, keep: Callable[[bytes], None]) -> None:
        """Let a broker keep the message for `bb` while its fault acts. `keep` takes the payload, or b"" for none."""
        if not self._faults.all(RetainedMessage):
            return

        def change() -> None:
            kept = self._active(command=False)
            keep(b"" if kept is None else _FEEDBACK[kept.message].payload)

        if any(fault.from_s == 0 for fault in self._faults.all(RetainedMessage)):
            change()
        self._faults.on_change(RetainedMessage, change)

    def subscribed(self, topic_filter: str = wire.FEEDBACK) -> Message | None:
        """The controller subscribes: the message on `bb` that it gets for that, whose effect is recorded."""
        fault = self._active(command=False)
        if fault is None or not matches(topic_filter, wire.FEEDBACK):
            return None
        message = _FEEDBACK[fault.message]
        effect: trace.Effect = "picture_twice" if fault.message == "picture" else "edge_false"
        self._faults.disturb(fault, effect, message.part, at_m=self._place_m(message.part))
        return message

    def _plant_connects(self) -> None:
        fault = self._active(command=True)
        if fault is not None:
            self._faults.disturb(fault, "command_false", _PUSH.part, at_m=self._place_m(_PUSH.part))
            self._obey(_PUSH)

    def _active(self, *, command: bool) -> RetainedMessage | None:
        """The fault whose message is kept: a topic has one only, the last."""
        active = [fault for fault in self._faults.active(RetainedMessage) if (fault.message == "push") is command]
        return active[-1] if active else None
