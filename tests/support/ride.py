"""Items that ride along a whole line without being sorted, and the messages that the plant sends meanwhile."""

import msgspec
import pytest

from controller import wire
from controller.simulation.oracle import read_note
from support.plant import FAST, Plant
from twin import Item, Scenario, trace

LAYOUT = msgspec.structs.replace(FAST, belt_start_delay_s=0.0, belt_ramp_s=0.0)
LOADED_S = 1.5
"""The time when the first item of `ride` is on the belt. Its push begins 0.5 s earlier."""

SPEED_M_PER_S = LAYOUT.belt_speed_m_per_s
NOSE_S = LOADED_S + (0.5 - 0.04) / SPEED_M_PER_S
TAIL_S = LOADED_S + (0.5 + 0.04) / SPEED_M_PER_S
"""The times when the nose of the first item enters gate 1 and its tail leaves it."""

LATER = {"from_s": 1.0, "until_s": 30.0}


def ride(*faults, items=1, until_s=30.0, gap_s=4.0):
    """Let items ride along the whole line with some faults, one item every `gap_s`, without sorting them."""
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),) * items, faults=faults))
    plant.belt(0.0, True)
    for number in range(items):
        plant.push(LOADED_S - 0.5 + number * gap_s, 1, 1.0)
    return plant.run(until_s)


def gate_edges(plant, gate=1):
    """The edges that a gate has sent, with their times."""
    sent = [(at_s, wire.decode_feedback(payload)) for at_s, payload in plant.sent]
    return [(at_s, e.blocked) for at_s, e in sent if isinstance(e, wire.GateEdge) and e.number == gate]


def pictures(plant):
    return [(at_s, payload) for at_s, payload in plant.sent if payload.startswith(b'{"image"')]


def note_of(payload):
    return read_note(wire.decode_feedback(payload).content)


def effects(plant, *, to=None):
    """The effects of faults in order, each once; only those on the item `to`, if one is given."""
    facts = [record for record in plant.all(trace.Disturbed) if to is None or record.item == to]
    return list(dict.fromkeys(record.what for record in facts))


def items_with(plant, effect):
    """The items on which faults had an effect."""
    return {record.item for record in plant.all(trace.Disturbed) if record.what == effect}


def near(value):
    """The same value for comparisons, with times that may differ by a nanosecond."""
    if isinstance(value, list | tuple):
        return type(value)(near(part) for part in value)
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
