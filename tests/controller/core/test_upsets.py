"""Single faults on the twin: no item goes into a wrong bin, and sorting goes on.

Each row of the table has the most rejects for a fault, with one item at a time and with as many as is safe.
"""

import pytest

from twin import Item, ItemDraw, Layout, Scenario, settings_for, simulate
from twin.scenario.faults import (
    BeltSpeed,
    BeltStops,
    BrokerDown,
    ClientCutOff,
    ControllerKilled,
    DoublePush,
    EmptyPush,
    ForeignObject,
    Garbage,
    GateBounce,
    GateGhost,
    GateMissesEdge,
    GateStuck,
    ImageTwice,
    LateImage,
    LinkDuplicate,
    LinkReorder,
    NoImage,
    RecognizerSays,
    RecognizerSlow,
    RodDead,
    SpoiltImage,
    TakenOff,
)
from twin.trace import Binned, Commanded

ITEMS = 40
WHILE = {"from_s": 60.0, "until_s": 63.0}
LONGER = {"from_s": 60.0, "until_s": 70.0}
ALWAYS = {"from_s": 0.0, "until_s": 1e5}
ONCE = {"from_s": 60.0, "until_s": 61.0}

UPSETS = {
    "a gate bounces": (GateBounce(gate=1, **ALWAYS), 0, 0),
    "a gate bounces much": (GateBounce(gate=2, bounces=5, period_s=0.005, **ALWAYS), 0, 0),
    "a ghost edge": (GateGhost(gate=2, **ONCE), 1, 2),
    "both edges lost": (GateMissesEdge(gate=1, **WHILE), 1, 4),
    "a nose not seen": (GateMissesEdge(gate=1, edge="blocked", **WHILE), 1, 4),
    "a tail not seen": (GateMissesEdge(gate=1, edge="clear", **WHILE), 1, 4),
    "a gate stuck blocked": (GateStuck(gate=1, **LONGER), 3, 6),
    "a push at nothing": (EmptyPush(**WHILE), 0, 0),
    "two items touching": (DoublePush(**WHILE), 2, 5),
    "two items close": (DoublePush(gap_m=0.1, **WHILE), 2, 5),
    "no picture": (NoImage(**WHILE), 1, 3),
    "a late picture": (LateImage(delay_s=3.0, **WHILE), 1, 3),
    "a picture twice": (ImageTwice(**WHILE), 1, 3),
    "a torn picture": (SpoiltImage(**WHILE), 1, 2),
    "an item taken off": (TakenOff(item=12, at_m=0.7, **ALWAYS), 0, 2),
    "a slow belt": (BeltSpeed(factor=0.7, from_s=60.0, until_s=100.0), 8, 12),
    "a belt that stands": (BeltStops(from_s=60.0, until_s=75.0), 3, 5),
    "something on the belt": (ForeignObject(at_m=0.1, **ONCE), 2, 4),
    "late answers": (RecognizerSlow(delay_s=3.0, **LONGER), 2, 5),
    "unsure answers": (RecognizerSays(what="low_confidence", **LONGER), 2, 6),
    "errors for answers": (RecognizerSays(what="error", **LONGER), 2, 6),
    "no answers": (RecognizerSays(what="nothing", **LONGER), 2, 6),
    "a dead rod": (RodDead(rod=2, **LONGER), 2, 4),
    "garbage": (Garbage(payload="bad_base64", **ONCE), 0, 0),
    "messages twice": (LinkDuplicate(**LONGER), 3, 5),
    "messages overtake": (LinkReorder(**LONGER), 1, 3),
    "cut off": (ClientCutOff(from_s=60.0, until_s=65.0), 1, 3),
    "killed": (ControllerKilled(from_s=60.0, until_s=65.0), 1, 3),
    "no broker": (BrokerDown(from_s=60.0, until_s=65.0), 1, 3),
}


def outcome(fault, in_flight, items=None):
    settings = settings_for(Layout(), items=ITEMS, in_flight=in_flight)
    draw = ItemDraw(count=ITEMS) if items is None else items
    return simulate(Scenario(seed=2, items=draw, faults=(fault,), controller=settings))


@pytest.mark.parametrize("in_flight", [1, "auto"])
@pytest.mark.parametrize("name", UPSETS)
def test_an_upset_costs_a_few_rejects_but_no_wrong_bin(name, in_flight):
    fault, most_alone, most_together = UPSETS[name]
    run = outcome(fault, in_flight)
    assert [violation for violation in run.violations if violation.check != "needless_reject"] == []
    assert sum(count.wrong for count in run.tally.classes.values()) == 0
    assert run.summary.rejected <= (most_alone if in_flight == 1 else most_together)
    assert run.summary.items >= ITEMS - (name == "an item taken off")


def test_a_lost_edge_is_bridged_where_the_next_gate_decides():
    """Gate 1 misses an item; gate 2, before the rod of its class, detects it."""
    items = tuple(Item(item_class="half_ripe") for _ in range(ITEMS))
    for in_flight, most in ((1, 0), ("auto", 3)):
        run = outcome(GateMissesEdge(gate=1, **WHILE), in_flight, items)
        assert run.violations == []
        assert run.summary.rejected <= most


def test_a_ghost_edge_moves_no_rod():
    """A ghost edge at gate 1 while no item is on the belt, between two items that run one at a time."""
    quiet = outcome(Garbage(**ONCE), 1)
    ghostly = outcome(GateGhost(gate=1, **ONCE), 1)
    pushes = [
        [record.payload for record in run.trace if isinstance(record, Commanded) and "_push" in record.payload]
        for run in (quiet, ghostly)
    ]
    assert len(pushes[1]) <= len(pushes[0])


def test_a_lasting_slower_belt_is_learned():
    """The last ten items are sorted as on an undisturbed line."""
    for in_flight in (1, "auto"):
        run = outcome(BeltSpeed(factor=0.7, from_s=60.0, until_s=1e5), in_flight)
        bins = [record.bin for record in run.trace if isinstance(record, Binned)]
        assert 0 not in bins[-10:]


def test_a_stop_with_a_rod_due_leaves_nothing_on_the_belt():
    """The number of items is smaller than the stack. Every loaded item is in its bin when the belt stops."""
    for count in range(1, 6):
        settings = settings_for(Layout(), items=count)
        run = simulate(Scenario(seed=4, items=ItemDraw(count=count), controller=settings))
        assert run.violations == []
        assert run.summary.correct == count
