"""Situations that the whole suite must reach at least once; without them a passing suite would mean little."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from twin import Run, trace
from twin.scenario.faults import BrokerDown, ClientCutOff, ControllerKilled, Fault

Reached = Callable[[Run], bool]


def _two_between_gates(run: Run) -> bool:
    """Two noses pass a gate before the first of them reaches the next gate."""
    noses = [record.gate for record in run.trace if isinstance(record, trace.Edge) and record.blocked]
    last_gate = len(run.scenario.layout.gates_m)
    for gate in range(1, last_gate):
        here = [seen for seen in noses if seen in (gate, gate + 1)]
        if any(one == other == gate for one, other in pairwise(here)) and gate + 1 in here:
            return True
    return False


def _on_belt(run: Run, at_s: float) -> int:
    """The number of items on the belt at `at_s`."""
    count = 0
    for record in run.trace:
        if record.t_s > at_s:
            break
        count += isinstance(record, trace.Loaded)
        count -= isinstance(record, trace.Binned)
    return count


def _three_on_belt(run: Run) -> bool:
    return any(_on_belt(run, record.t_s) >= 3 for record in run.trace if isinstance(record, trace.Loaded))


def _disturbed(what: trace.Effect) -> Reached:
    return lambda run: any(isinstance(record, trace.Disturbed) and record.what == what for record in run.trace)


def _has(kind: type[trace.Record]) -> Reached:
    return lambda run: any(isinstance(record, kind) for record in run.trace)


def _lost_with(kinds: type[Fault] | tuple[type[Fault], ...], items: int) -> Reached:
    def reached(run: Run) -> bool:
        hits = [fault for fault in run.scenario.faults if isinstance(fault, kinds)]
        return any(_on_belt(run, fault.from_s) >= items for fault in hits)

    return reached


def _bridged(run: Run) -> bool:
    """A gate missed an item, and a rod still took it."""
    missed = {r.item for r in run.trace if isinstance(r, trace.Disturbed) and r.what == "edge_lost"}
    return any(isinstance(record, trace.Taken) and record.item in missed for record in run.trace)


def _unsure(run: Run) -> bool:
    threshold = run.scenario.controller.sure_at
    return any(isinstance(record, trace.Answered) and record.confidence < threshold for record in run.trace)


SITUATIONS: Final[dict[str, Reached]] = {
    "two items between the same gates": _two_between_gates,
    "three items on the belt": _three_on_belt,
    "an answer that comes late": _disturbed("answer_late"),
    "a lost edge that is bridged": _bridged,
    "a bouncing beam": _disturbed("edge_twice"),
    "a ghost in a beam": _disturbed("edge_false"),
    "a push that loads nothing": _has(trace.LoadedNothing),
    "two items loaded by one push": _disturbed("two_loaded"),
    "a picture twice": _disturbed("picture_twice"),
    "an item held on the belt": _has(trace.Held),
    "an item without a sure answer": _unsure,
    "the broker lost with an item on the belt": _lost_with((BrokerDown, ClientCutOff), 1),
    "a restart with two items on the belt": _lost_with(ControllerKilled, 2),
}
"""Each situation's name, and the function that says whether a run reached it."""
