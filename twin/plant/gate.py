"""A photo-gate: a beam across the belt, and a sensor that publishes whether the beam is blocked or clear.

The beam's state is the truth. The sensor publishes it, unless a fault acts on the sensor: then the published level is a
function of the beam and of all faults that act now. A stuck sensor publishes one level and shows no ghost and no
bounce. If faults contradict each other, blocked wins, as it does for light.
"""

from collections.abc import Callable
from functools import partial

from controller import wire
from twin.plant.belt_item import BeltItem
from twin.plant.fault_injector import FaultInjector
from twin.plant.item_queue import ItemQueue
from twin.plant.message import Message
from twin.scenario.faults import Fault, GateBounce, GateGhost, GateMissesEdge, GateStuck
from twin.timeline import Timeline
from twin.trace import AnyRecord, Edge, Effect


class Gate:
    """Gate `number`, with its beam at `position_m` from the loader. `blocked` is the state of the beam.

    Each change of the beam is recorded, with the item that caused it, before the sensor publishes anything. `send`
    takes the sensor's messages. `queue` has the items on the belt.
    """

    def __init__(
        self, timeline: Timeline, number: int, position_m: float, queue: ItemQueue, faults: FaultInjector,
        record: Callable[[AnyRecord], None], send: Callable[[Message], None],
    ) -> None:  # fmt: skip
        self.number = number
        self.name = f"gate {number}"
        self.position_m = position_m
        self.blocked = False
        self._timeline = timeline
        self._faults = faults
        self._queue = queue
        self._record = record
        self._send = send
        self._inside: list[int] = []
        self._level_seen = False
        self._published = False
        self._pulses: list[GateGhost] = []
        self._edges = 0
        faults.on_change(GateStuck, self._stuck_changes, gate=number)
        faults.on_begin(GateGhost, self._begin_ghost, gate=number)

    def enter(self, belt_item: BeltItem) -> None:
        """An item's nose has reached the beam."""
        belt_item.beams.add(self.number)
        self._inside.append(belt_item.number)
        if not self.blocked:
            self._change(belt_item.number)

    def leave(self, belt_item: BeltItem) -> None:
        """An item's tail has left the beam. The beam stays blocked if the next item touches this one."""
        self._leave(belt_item, followed=self._queue.followed(belt_item))

    def lose(self, belt_item: BeltItem) -> None:
        """An item in the beam has left the belt."""
        self._leave(belt_item, followed=False)

    def _leave(self, belt_item: BeltItem, *, followed: bool) -> None:
        belt_item.beams.discard(self.number)
        self._inside.remove(belt_item.number)
        if not self._inside and not followed:
            self._change(belt_item.number)

    def _change(self, item: int) -> None:
        """The beam changes. The sensor publishes that, unless a fault hides it."""
        self.blocked = not self.blocked
        self._edges += 1
        self._record(Edge(self._timeline.now, self.number, self.blocked, item))
        hidden = self._hiding_fault()
        if hidden is not None:
            self._disturb(hidden, "edge_lost", item)
            return
        self._level_seen = self.blocked
        if self._level() == self._published and self._pulses:
            self._disturb(self._pulses[0], "edge_lost", item)  # A ghost keeps the sensor blocked.
            return
        self._publish(self.blocked, item)
        self._bounce(item)

    def _hiding_fault(self) -> Fault | None:
        """The fault that hides the beam's present edge from the sensor, or None."""
        if (stuck := self._faults.first(GateStuck, gate=self.number)) is not None:
            return stuck
        for miss in self._faults.active(GateMissesEdge, gate=self.number):
            if miss.edge in ("both", "blocked" if self.blocked else "clear"):
                return miss
        return None

    def _level(self) -> bool:
        """The level that the sensor should have published by now (True: blocked)."""
        stuck = self._faults.active(GateStuck, gate=self.number)
        if stuck:
            return any(fault.blocked for fault in stuck)
        return self._level_seen or bool(self._pulses)

    def _stuck_changes(self) -> None:
        """A sensor that gets stuck publishes its stuck level; a sensor that recovers publishes the beam's state."""
        stuck = self._faults.active(GateStuck, gate=self.number)
        if not stuck:
            self._level_seen = self.blocked
        if self._level() != self._published:
            self._publish_false(stuck[0] if stuck else self._last_stuck())

    def _last_stuck(self) -> GateStuck:
        """The `GateStuck` fault of this gate that ended last."""
        now_s = self._timeline.now
        ended = [fault for fault in self._faults.all(GateStuck) if fault.gate == self.number and fault.until_s <= now_s]
        return max(ended, key=lambda fault: fault.until_s)

    def _begin_ghost(self, ghost: GateGhost) -> None:
        """Begin a false pulse. It has no effect while the sensor is blocked or stuck."""
        if self._published or self._faults.active(GateStuck, gate=self.number):
            return
        self._pulses.append(ghost)
        self._publish_false(ghost)
        self._timeline.call_at(self._timeline.now + ghost.pulse_s, partial(self._end_ghost, ghost))

    def _end_ghost(self, ghost: GateGhost) -> None:
        """End a false pulse."""
        self._pulses.remove(ghost)
        if self._level() != self._published:
            self._publish_false(ghost)

    def _bounce(self, item: int) -> None:
        """After an edge, publish the opposite level and the edge's own again, as often as the faults require."""
        blocked, last_s = self.blocked, self._timeline.now
        for bounce in self._faults.active(GateBounce, gate=self.number):
            self._disturb(bounce, "edge_twice", item)
            for count in range(1, 2 * bounce.bounces + 1):
                last_s += bounce.period_s
                level = blocked if count % 2 == 0 else not blocked
                self._timeline.call_at(last_s, partial(self._flicker, self._edges, level, item))

    def _flicker(self, edge: int, blocked: bool, item: int) -> None:
        """Publish one level of a bounce. The next edge, a ghost or a stuck sensor ends the bouncing."""
        if edge == self._edges and not self._pulses and not self._faults.active(GateStuck, gate=self.number):
            self._publish(blocked, item)

    def _publish_false(self, fault: Fault) -> None:
        """Publish the sensor's present level, which a fault has changed and no edge of the beam."""
        item = self._inside[0] if self._inside else None
        self._disturb(fault, "edge_false", item)
        self._publish(self._level(), item)

    def _publish(self, blocked: bool, item: int | None) -> None:
        self._published = blocked
        payload = wire.encode_feedback(wire.GateEdge(number=self.number, blocked=blocked))
        self._send(Message(payload, self.name, "blocked" if blocked else "clear", item))

    def _disturb(self, fault: Fault, what: Effect, item: int | None) -> None:
        self._faults.disturb(fault, what, self.name, item=item, at_m=self.position_m)
