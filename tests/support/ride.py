"""Items that ride along a whole line without being sorted, and what the plant published and recorded."""

import msgspec
import pytest

from controller import wire
from controller.simulation.oracle import read_note
from support.plant import FAST, Plant
from twin import Item, Scenario, trace

LAYOUT = msgspec.structs.replace(FAST, belt_start_delay_s=0.0, belt_ramp_s=0.0)
LOADED_S = 1.5
"""When the item of `ride` is on the belt: its push begins half a second earlier."""

SPEED_M_PER_S = LAYOUT.belt_speed_m_per_s
NOSE_S = LOADED_S + (0.5 - 0.04) / SPEED_M_PER_S
TAIL_S = LOADED_S + (0.5 + 0.04) / SPEED_M_PER_S
"""When its nose reaches gate 1, and when its tail leaves gate 1."""

LATER = {"from_s": 1.0, "until_s": 30.0}


def ride(*chosen_faults, items=1, until_s=30.0, gap_s=4.0):
    """Load one item every `gap_s` and let the items ride along the whole line, unsorted."""
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),) * items, faults=chosen_faults))
    plant.belt(0.0, True)
    for number in range(items):
        plant.push(LOADED_S - 0.5 + number * gap_s, 1, 1.0)
    return plant.run(until_s)


def published_edges(plant, gate=1):
    """The times and the levels (True: blocked) that a gate published."""
    edges = [(at_s, wire.decode_feedback(payload)) for at_s, payload in plant.sent]
    return [(at_s, e.blocked) for at_s, e in edges if isinstance(e, wire.GateEdge) and e.number == gate]


def pictures(plant):
    return [(at_s, payload) for at_s, payload in plant.sent if payload.startswith(b'{"image"')]


def note_of(payload):
    return read_note(wire.decode_feedback(payload).content)


def effects(plant, *, on=None):
    """The distinct effects of faults, in order; only those `on` an item, if given."""
    facts = [record for record in plant.all(trace.Disturbed) if on is None or record.item == on]
    return list(dict.fromkeys(record.what for record in facts))


def affected_items(plant, what):
    """The items on which faults had the effect `what`."""
    return {record.item for record in plant.all(trace.Disturbed) if record.what == what}


def near(value):
    """The same value, with a tolerance of 1e-9 for each float in it."""
    if isinstance(value, list | tuple):
        return type(value)(near(part) for part in value)
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
