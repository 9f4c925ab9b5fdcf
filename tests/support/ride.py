"""Items that ride along a whole line on which nobody sorts them, and what the plant said meanwhile."""

import msgspec
import pytest

from controller import wire
from controller.simulation.oracle import read_note
from support.plant import FAST, Plant
from twin import Item, Scenario, trace

LAYOUT = msgspec.structs.replace(FAST, belt_start_delay_s=0.0, belt_ramp_s=0.0)
LOADED_S = 1.5
"""When the item of `ride` is on the belt: its push begins half a second before."""

SPEED_M_PER_S = LAYOUT.belt_speed_m_per_s
NOSE_S = LOADED_S + (0.5 - 0.04) / SPEED_M_PER_S
TAIL_S = LOADED_S + (0.5 + 0.04) / SPEED_M_PER_S
"""When its nose comes to gate 1, and its tail leaves it."""

LATER = {"from_s": 1.0, "until_s": 30.0}


def ride(*befall, items=1, until_s=30.0, gap_s=4.0):
    """Items ride along the whole line, one every `gap_s`, and nobody sorts them."""
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),) * items, faults=befall))
    plant.belt(0.0, True)
    for number in range(items):
        plant.push(LOADED_S - 0.5 + number * gap_s, 1, 1.0)
    return plant.run(until_s)


def said(plant, gate=1):
    """What a gate said, and when."""
    edges = [(at_s, wire.decode_feedback(payload)) for at_s, payload in plant.sent]
    return [(at_s, e.blocked) for at_s, e in edges if isinstance(e, wire.GateEdge) and e.number == gate]


def pictures(plant):
    return [(at_s, payload) for at_s, payload in plant.sent if payload.startswith(b'{"image"')]


def note_of(payload):
    return read_note(wire.decode_feedback(payload).content)


def done(plant, *, to=None):
    """What faults did, in order, each once; `to` an item, if that is told."""
    facts = [record for record in plant.all(trace.Disturbed) if to is None or record.item == to]
    return list(dict.fromkeys(record.what for record in facts))


def done_to(plant, what):
    """The items to which faults did something."""
    return {record.item for record in plant.all(trace.Disturbed) if record.what == what}


def near(value):
    """The same, and times in it to a nanosecond."""
    if isinstance(value, list | tuple):
        return type(value)(near(part) for part in value)
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
