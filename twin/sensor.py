"""A gate's sensor: what it says of its beam. It says what is so, unless a fault befalls it."""

from collections.abc import Callable
from functools import partial

from twin.faults import GateBounce, GateGhost, GateMissesEdge, GateStuck
from twin.mishaps import Mishaps
from twin.timeline import Timeline


class Sensor:
    """The electronics of gate `number`. `say` takes each edge that is reported."""

    def __init__(self, timeline: Timeline, number: int, mishaps: Mishaps, say: Callable[[int, bool], None]) -> None:
        self._timeline = timeline
        self._number = number
        self._mishaps = mishaps
        self._say = say
        self._beam = False
        self._said = False
        for stuck in mishaps.all(GateStuck):
            if stuck.gate == number:
                timeline.call_at(stuck.from_s, partial(self._report, stuck.blocked))
                timeline.call_at(stuck.until_s, lambda: self._report(self._beam))
        for ghost in mishaps.all(GateGhost):
            if ghost.gate == number:
                timeline.call_at(ghost.from_s, partial(self._haunt, ghost))

    def edge(self, blocked: bool) -> None:
        """The beam became blocked, or clear."""
        self._beam = blocked
        if self._mishaps.now(GateStuck, gate=self._number) is not None:
            return
        missed = self._mishaps.now(GateMissesEdge, gate=self._number)
        if missed is not None and missed.edge in ("both", "blocked" if blocked else "clear"):
            self._mishaps.touch(missed)
            return
        self._speak(blocked)
        bounce = self._mishaps.now(GateBounce, gate=self._number)
        if bounce is not None:
            self._mishaps.touch(bounce)
            for count in range(1, 2 * bounce.bounces + 1):
                said = blocked if count % 2 == 0 else not blocked
                at_s = self._timeline.now + count * bounce.period_s
                self._timeline.call_at(at_s, partial(self._speak, said))

    def _haunt(self, ghost: GateGhost) -> None:
        if self._said:
            return  # A beam that is blocked already can't be haunted.
        self._mishaps.touch(ghost)
        self._speak(True)
        self._timeline.call_at(self._timeline.now + ghost.pulse_s, lambda: self._report(self._beam))

    def _report(self, blocked: bool) -> None:
        if blocked != self._said:
            self._speak(blocked)

    def _speak(self, blocked: bool) -> None:
        self._said = blocked
        self._say(self._number, blocked)
