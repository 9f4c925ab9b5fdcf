"""A photo-gate: a beam across the belt, and the sensor that says when it is blocked and when it is clear again.

The beam is the truth. The sensor says what is so, unless a fault acts on it: then what it says is a function of the
beam and of all faults that act at the time. A sensor that is stuck says one thing and nothing else: no ghost, no
bounce. Where faults contradict each other, blocked wins, as it does for light.
"""

from collections.abc import Callable
from functools import partial

from twin.plant.fault_injector import FaultInjector
from twin.scenario.faults import Fault, GateBounce, GateGhost, GateMissesEdge, GateStuck
from twin.timeline import Timeline
from twin.trace import Effect


class Gate:
    """Gate `number`, its beam at `position_m`.

    `on_edge` is called at each change of the beam, with the item that made it, before the sensor says anything.
    `publish` takes what the sensor says, and of which item's edge (None: of no item's).
    """

    def __init__(
        self, timeline: Timeline, number: int, position_m: float, faults: FaultInjector,
        on_edge: Callable[["Gate", int], None], publish: Callable[["Gate", bool, int | None], None],
    ) -> None:  # fmt: skip
        self.number = number
        self.name = f"gate {number}"
        self.position_m = position_m
        self.blocked = False
        self._timeline = timeline
        self._faults = faults
        self._on_edge = on_edge
        self._publish = publish
        self._inside: list[int] = []
        self._seen = False
        self._said = False
        self._pulses: list[GateGhost] = []
        self._edges = 0
        faults.on_change(GateStuck, self._stuck_otherwise, gate=number)
        for ghost in faults.all(GateGhost):
            if ghost.gate == number:
                timeline.call_at(ghost.from_s, partial(self._haunt, ghost))

    def enter(self, item: int) -> None:
        """An item's nose reaches the beam."""
        self._inside.append(item)
        if not self.blocked:
            self._change(item)

    def leave(self, item: int, *, followed: bool) -> None:
        """An item's tail leaves the beam; `followed` when another's nose touches it, so that no light gets through."""
        self._inside.remove(item)
        if not self._inside and not followed:
            self._change(item)

    def _change(self, item: int) -> None:
        """The beam changes: the sensor sees it, or does not."""
        self.blocked = not self.blocked
        self._edges += 1
        self._on_edge(self, item)
        hidden = self._hidden_by()
        if hidden is not None:
            self._disturb(hidden, "edge_lost", item)
            return
        self._seen = self.blocked
        if self._level() == self._said and self._pulses:
            self._disturb(self._pulses[0], "edge_lost", item)  # A ghost said it before, or says otherwise still.
            return
        self._speak(self.blocked, item)
        self._bounce(item)

    def _hidden_by(self) -> Fault | None:
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
        return self._seen or bool(self._pulses)

    def _stuck_otherwise(self) -> None:
        """A stuck sensor says one thing; one that is free again says what is so."""
        stuck = self._faults.active(GateStuck, gate=self.number)
        if not stuck:
            self._seen = self.blocked
        if self._level() != self._said:
            self._publish_false(stuck[0] if stuck else self._last_stuck())

    def _last_stuck(self) -> GateStuck:
        now_s = self._timeline.now
        ended = [fault for fault in self._faults.all(GateStuck) if fault.gate == self.number and fault.until_s <= now_s]
        return max(ended, key=lambda fault: fault.until_s)

    def _haunt(self, ghost: GateGhost) -> None:
        """One interruption of which nothing is true, unless the sensor says blocked, or nothing, anyway."""
        if self._said or self._faults.active(GateStuck, gate=self.number):
            return
        self._pulses.append(ghost)
        self._publish_false(ghost)
        self._timeline.call_at(self._timeline.now + ghost.pulse_s, partial(self._lay, ghost))

    def _lay(self, ghost: GateGhost) -> None:
        """The ghost is gone."""
        self._pulses.remove(ghost)
        if self._level() != self._said:
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
            self._speak(blocked, item)

    def _publish_false(self, fault: Fault) -> None:
        """The sensor says the present level, though no edge of the beam is the reason."""
        item = self._inside[0] if self._inside else None
        self._disturb(fault, "edge_false", item)
        self._speak(self._level(), item)

    def _speak(self, blocked: bool, item: int | None) -> None:
        self._said = blocked
        self._publish(self, blocked, item)

    def _disturb(self, fault: Fault, what: Effect, item: int | None) -> None:
        self._faults.disturb(fault, what, self.name, item=item, at_m=self.position_m)
