"""What is known of an item, of a rod and of the belt, as far as it may excuse a break."""

from collections import deque
from typing import Final

from twin import trace
from twin.scenario.item import item_text
from twin.verdict.fact import Fact

MOST_KEPT: Final = 64
"""The number of facts kept per part and per item. Older ones are too old to excuse anything."""


class ItemFacts:
    """The facts about an item or object on the belt. `own` are effects on it, `beside` effects on its neighbours.

    `noticed` are `own` and the effects on no item at a part that it was next to, in order: a controller may have taken
    those for effects on it. `rod` is that of its bin. `leaders` are the items and objects that it may go with, and
    since when: those under or on top of it, and those that stood in front of it. `led_to` are the bins of leaders that
    have left the belt. `gates` are those where its own nose or tail changed the beam. `ran_s` is for how long the belt
    had run when it was loaded, and `held_s` until when it was held up last (infinity: it still is).
    """

    def __init__(self, loaded_s: float, rod: int = 0, ran_s: float = 0.0) -> None:
        self.loaded_s = loaded_s
        self.ran_s = ran_s
        self.held_s = 0.0
        self.rod = rod
        self.own: deque[Fact] = deque(maxlen=MOST_KEPT)
        self.noticed: deque[Fact] = deque(maxlen=MOST_KEPT)
        self.beside: deque[Fact] = deque(maxlen=MOST_KEPT)
        self.leaders: dict[int, float] = {}
        self.led_to: dict[int, Fact] = {}
        self.gates: set[int] = set()


class RodFacts:
    """A rod: when its last push began, since when it stood out, and whether it is extending or out now."""

    def __init__(self) -> None:
        self.extended_s = 0.0
        self.stood_s: float | None = None
        self.out = False


class BeltFacts:
    """The belt, as the controller commands it: when it was stopped last, and for how long it has run."""

    def __init__(self) -> None:
        self._ran_s = 0.0
        self._since_s: float | None = None
        self._stopped_s = 0.0

    def runs(self, record: trace.BeltRuns) -> None:
        """Note that it begins to run or to stop."""
        self._ran_s = self.ran_s(record.t_s)
        self._since_s = record.t_s if record.running else None
        self._stopped_s = record.t_s

    def ran_s(self, now_s: float) -> float:
        """For how long it has run up to now."""
        return self._ran_s + (0.0 if self._since_s is None else now_s - self._since_s)

    def stopped_s(self, now_s: float) -> float:
        """When it was stopped last; now, if it runs."""
        return self._stopped_s if self._since_s is None else now_s


def carried(t_s: float, other: int) -> Fact:
    """The fact that since `t_s` an item may go where another item or object goes."""
    return Fact(t_s, "carried", item_text(other), "none")
