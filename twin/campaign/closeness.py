"""Where on the line a run came close to breaking a rule: at which rod, with which item, in what company."""

from collections.abc import Iterable

from twin import trace
from twin.campaign.phases import CROWD, Phases
from twin.verdict.margins import MarginReader


def closeness(records: Iterable[trace.AnyRecord]) -> dict[str, float]:
    """What was left of each margin in each situation of a run, at the least.

    A situation is the margin, the rod, the class of the item that it pushed, and the number of items on the belt.
    What was overdrawn is left out: in a run that broke no rule, something excuses it.
    """
    reader, phases, classes = MarginReader(), Phases(), dict[int | None, str]()
    least: dict[str, float] = {}
    for record in records:
        phases.see(record)
        if isinstance(record, trace.Loaded):
            classes[record.item] = record.item_class
        for margin in reader.see(record):
            if margin.left < 0:
                continue
            crowd = min(phases.on_belt, CROWD)
            situation = f"{margin.name}|rod {margin.rod}|{classes.get(margin.item, '')}|{crowd}"
            least[situation] = min(margin.left, least.get(situation, margin.left))
    return least
