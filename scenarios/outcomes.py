"""Outcomes that a property may require of a run besides no violations. Each returns a line for every failure."""

from twin import Run, trace
from twin.scenario.layout import REJECT, bin_name


def all_in_bins(run: Run) -> list[str]:
    """Every item of the stack is in some bin."""
    loaded = {record.item for record in run.trace if isinstance(record, trace.Loaded)}
    binned = {record.item for record in run.trace if isinstance(record, trace.Binned)}
    left = run.scenario.item_count - len(loaded & binned)
    return [f"{left} items are in no bin"] if left else []


def all_sorted(run: Run, *, from_s: float = 0.0) -> list[str]:
    """Every item loaded from `from_s` on is in its class's bin, or in reject if its class has none."""
    bins = run.scenario.controller.bins
    loaded = {r.item: r.item_class for r in run.trace if isinstance(r, trace.Loaded) and r.t_s >= from_s}
    misplaced = [
        f"item {r.item} ({loaded[r.item]}) ended in {bin_name(r.bin)}"
        for r in run.trace
        if isinstance(r, trace.Binned) and r.item in loaded and r.bin != bins.get(loaded[r.item], REJECT)
    ]
    return all_in_bins(run) + misplaced + ([] if loaded else [f"no item was loaded from {from_s} s on"])


def all_at_rest(run: Run) -> list[str]:
    """Every item is in a bin, and the line is at rest."""
    return [*all_in_bins(run), *at_rest(run)]


def at_rest(run: Run) -> list[str]:
    """The line is at rest (belt stopped, rods in), or the last command to it was lost."""
    ended = run.trace[-1]
    if any(each.violation.check == "not_at_rest" for each in run.excused):
        return []
    rests = isinstance(ended, trace.Ended) and not (ended.running or ended.rods_out)
    return [] if rests else [f"not at rest: {ended}"]
