"""When a program loads its items: learned from runs beforehand, so that faults can be aimed at items."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from twin import Item, Run, Scenario, faults, trace
from twin.scenario.item import CLASSES

USUAL_START_S: Final = 3.0
USUAL_ITEM_S: Final = 8.0
"""About how long a controller that sorts one item at a time needs for each on the default line."""

USUAL_RIDE_S: Final = 12.5
"""The same for an item that rides off its end."""

REHEARSAL: Final = Scenario(items=tuple(Item(item_class=name) for name in (*CLASSES, CLASSES[0])))
"""An item of each class, and another one behind them."""

LATEST_S: Final = 20.0
"""A picture, or an answer, so late that its item has left the line and others have come."""

UNANSWERED: Final = Scenario(
    items=(Item(item_class=CLASSES[-1]), Item(item_class=CLASSES[-1])),
    faults=(faults.RecognizerSlow(delay_s=LATEST_S, from_s=0.0, until_s=600.0),),
)
"""An item whose answer comes too late, and another one behind it."""

UNSEEN: Final = msgspec.structs.replace(
    UNANSWERED, faults=(faults.LateImage(delay_s=LATEST_S, from_s=0.0, until_s=600.0),)
)
"""An item whose picture comes too late, and another one behind it."""

SILENT: Final = msgspec.structs.replace(
    UNANSWERED, faults=(faults.LinkDelay(delay_s=LATEST_S, from_s=0.0, until_s=600.0),)
)
"""An item of which nothing is heard until it has left the line, and another one behind it."""

REHEARSALS: Final = (REHEARSAL, UNANSWERED, UNSEEN, SILENT)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """A program loads its first item at `start_s`, and the next one so long after an item of a class.

    `unanswered_s` is the same after an item for which no answer came in time, `unseen_s` after one without a picture,
    `silent_s` after one of which no message came at all.
    """

    start_s: float = USUAL_START_S
    item_s: dict[str, float] = {}
    unanswered_s: float = USUAL_RIDE_S
    unseen_s: float = USUAL_RIDE_S
    silent_s: float = USUAL_RIDE_S

    def loaded_s(self, items: Sequence[Item], place: int) -> float:
        """About when the item at this place of the stack, from 0 on, comes onto the belt."""
        return self.start_s + sum(self.item_s.get(item.item_class, USUAL_ITEM_S) for item in items[:place])


USUAL_PACE: Final = Pace()


def pace_of(rehearsal: Run, unanswered: Run, unseen: Run, silent: Run) -> Pace:
    """The pace of a program in runs of the `REHEARSALS`. What it did not get to is taken as usual."""
    loads = _loads(rehearsal)
    gaps_s = {before.item_class: after.t_s - before.t_s for before, after in pairwise(loads)}
    return Pace(
        start_s=loads[0].t_s if loads else USUAL_START_S, item_s=gaps_s,
        unanswered_s=_first_gap_s(unanswered), unseen_s=_first_gap_s(unseen),
        silent_s=_first_gap_s(silent),
    )  # fmt: skip


def _first_gap_s(run: Run) -> float:
    """The time between the first two loads."""
    loads = _loads(run)
    return loads[1].t_s - loads[0].t_s if len(loads) > 1 else USUAL_RIDE_S


def _loads(run: Run) -> list[trace.Loaded]:
    return [record for record in run.trace if isinstance(record, trace.Loaded)]
