"""A photo-gate: a beam across the belt, and the sensor that says when it is blocked and when it is clear again.

The beam is the truth. The sensor says what is so, unless a fault acts on it: then what it says is a function of the
beam and of all faults that act at the time. A sensor that is stuck says one thing and nothing else: no ghost, no
bounce. Where faults contradict each other, blocked wins, as it does for light.
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
    """Gate `number`, its beam at `position_m`.

    Each change of the beam is recorded, with the item that made it, before the sensor sends anything. `send` takes the
    sensor's messages. Items on the belt are in `queue`.
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
        for ghost in faults.all(GateGhost):
            if ghost.gate == number:
                timeline.call_at(ghost.from_s, partial(self._begin_ghost, ghost))

    def enter(self, belt_item: BeltItem) -> None:
        """An item's nose reaches the beam."""
        belt_item.beams.add(self.number)
        self._inside.append(belt_item.number)
        if not self.blocked:
            self._change(belt_item.number)

    def leave(self, belt_item: BeltItem) -> None:
        """An item's tail leaves the beam. No light gets through where the next item's nose touches it."""
        self._leave(belt_item, followed=self._queue.followed(belt_item))

    def lose(self, belt_item: BeltItem) -> None:
        """An item that was in the beam is off the belt."""
        self._leave(belt_item, followed=False)

    def _leave(self, belt_item: BeltItem, *, followed: bool) -> None:
        belt_item.beams.discard(self.number)
        self._inside.remove(belt_item.number)
        if not self._inside and not followed:
            self._change(belt_item.number)

    def _change(self, item: int) -> None:
        """The beam changes: the sensor sees it, or does not."""
        self.blocked = not self.blocked
        self._edges += 1
        self._record(Edge(self._timeline.now, self.number, self.blocked, item))
        hidden = self._hiding_fault()
        if hidden is not None:
            self._disturb(hidden, "edge_lost", item)
            return
        self._level_seen = self.blocked
        if self._level() == self._published and self._pulses:
            self._disturb(self._pulses[0], "edge_lost", item)  # A ghost said it before, or says otherwise still.
            return
        self._publish(self.blocked, item)
        self._bounce(item)

    def _hiding_fault(self) -> Fault | None:
        """The fault for which the sensor does not see the beam's present edge."""
        for stuck in self._faults.active(GateStuck, gate=self.number):
            return stuck
        for miss in self._faults.active(GateMissesEdge, gate=self.number):
            if miss.edge in ("both", "blocked" if self.blocked else "clear"):
                return miss
        return None

    def _level(self) -> bool:
        """What the sensor has to say now."""
        stuck = self._faults.active(GateStuck, gate=self.number)
        if stuck:
            return any(fault.blocked for fault in stuck)
        return self._level_seen or bool(self._pulses)

    def _stuck_changes(self) -> None:
        """A stuck sensor says one thing; one that is free again says what is so."""
        stuck = self._faults.active(GateStuck, gate=self.number)
        if not stuck:
            self._level_seen = self.blocked
        if self._level() != self._published:
            self._publish_false(stuck[0] if stuck else self._last_stuck())

    def _last_stuck(self) -> GateStuck:
        now_s = self._timeline.now
        ended = [fault for fault in self._faults.all(GateStuck) if fault.gate == self.number and fault.until_s <= now_s]
        return max(ended, key=lambda fault: fault.until_s)

    def _begin_ghost(self, ghost: GateGhost) -> None:
        """One interruption of which nothing is true, unless the sensor says blocked, or nothing, anyway."""
        if self._published or self._faults.active(GateStuck, gate=self.number):
            return
        self._pulses.append(ghost)
        self._publish_false(ghost)
        self._timeline.call_at(self._timeline.now + ghost.pulse_s, partial(self._end_ghost, ghost))

    def _end_ghost(self, ghost: GateGhost) -> None:
        """The ghost is gone."""
        self._pulses.remove(ghost)
        if self._level() != self._published:
            self._publish_false(ghost)

    def _bounce(self, item: int) -> None:
        """After an edge the sensor says the opposite and the same again, as often as the faults have it."""
        blocked, last_s = self.blocked, self._timeline.now
        for bounce in self._faults.active(GateBounce, gate=self.number):
            self._disturb(bounce, "edge_twice", item)
            for count in range(1, 2 * bounce.bounces + 1):
                last_s += bounce.period_s
                says = blocked if count % 2 == 0 else not blocked
                self._timeline.call_at(last_s, partial(self._flicker, self._edges, says, item))

    def _flicker(self, edge: int, blocked: bool, item: int) -> None:
        """The next edge ends the bouncing of the one before."""
        if edge == self._edges and not self._pulses and not self._faults.active(GateStuck, gate=self.number):
            self._publish(blocked, item)

    def _publish_false(self, fault: Fault) -> None:
        """The sensor says the present level, though no edge of the beam is the reason."""
        item = self._inside[0] if self._inside else None
        self._disturb(fault, "edge_false", item)
        self._publish(self._level(), item)

    def _publish(self, blocked: bool, item: int | None) -> None:
        self._published = blocked
        payload = wire.encode_feedback(wire.GateEdge(number=self.number, blocked=blocked))
        self._send(Message(payload, self.name, "blocked" if blocked else "clear", item))

    def _disturb(self, fault: Fault, what: Effect, item: int | None) -> None:
        self._faults.disturb(fault, what, self.name, item=item, at_m=self.position_m)
