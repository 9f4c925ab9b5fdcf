"""When a program loads its items: learned from one run without faults, so that faults can be aimed at items."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from twin import Item, Run, Scenario, trace
from twin.scenario.item import CLASSES

USUAL_START_S: Final = 3.0
USUAL_ITEM_S: Final = 8.0
"""About how long a controller that sorts one item at a time needs for each on the default line."""

REHEARSAL: Final = Scenario(items=tuple(Item(item_class=name) for name in (*CLASSES, CLASSES[0])))
"""An item of each class, and another one behind them."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """A program loads its first item at `start_s`, and the next one so long after an item of a class."""

    start_s: float = USUAL_START_S
    item_s: dict[str, float] = {}

    def loaded_s(self, items: Sequence[Item], place: int) -> float:
        """About when the item at this place of the stack, from 0 on, comes onto the belt."""
        return self.start_s + sum(self.item_s.get(item.item_class, USUAL_ITEM_S) for item in items[:place])


USUAL_PACE: Final = Pace()


def pace_of(rehearsal: Run) -> Pace:
    """The pace of a program in a run of `REHEARSAL`. What it did not get to is taken as usual."""
    loads = [record for record in rehearsal.trace if isinstance(record, trace.Loaded)]
    gaps_s = {before.item_class: after.t_s - before.t_s for before, after in pairwise(loads)}
    return Pace(start_s=loads[0].t_s if loads else USUAL_START_S, item_s=gaps_s)
