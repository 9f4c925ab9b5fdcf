"""Judges records without a run: what the verdict finds in them, and what it excuses."""

from twin import Item, Layout, Scenario, trace
from twin.verdict.bounds import Bounds
from twin.verdict.checks import ALL_CHECKS, Checks

BEGAN = trace.Began(0.0, Scenario(items=(Item(item_class="ripe"),) * 9))
BOUNDS = Bounds(Layout())


def judged(*records):
    checks = Checks(ALL_CHECKS)
    for record in (BEGAN, *sorted(records, key=lambda record: record.t_s)):
        checks.see(record)
    return checks


def excuses(*records):
    """The effect that excuses each excused break, by check and item."""
    return {(each.violation.check, each.violation.item): each.fact.what for each in judged(*records).excused}


def found(*records):
    """Check and item of each violation."""
    return {(violation.check, violation.item) for violation in judged(*records).violations}


def loaded(item=1, t_s=1.0, **more):
    return trace.Loaded(t_s, item, "ripe", 0.08, more.get("onto"), more.get("beside", ()))


def rejected(item=1, t_s=20.0):
    return trace.Binned(t_s, item, 0)


def fact(what, item=1, t_s=5.0, part="gate 1", beside=()):
    return trace.Disturbed(t_s, what, part, item, beside, "afault")


def strokes(rod, *moves):
    return [trace.RodMoves(at_s, rod, stroke) for at_s, stroke in moves]


def ends(*items):
    return [rejected(item, 20.0 + item) for item in items]


def reasons(*records):
    """The effect that excuses each needless reject."""
    return {item: what for (check, item), what in excuses(*records).items() if check == "needless_reject"}
