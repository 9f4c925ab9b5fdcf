"""Everything that decides a run, as plain data: the line's layout, its items, what goes wrong and when.

Frozen to the bottom, read from and written to files exactly. Nothing here knows how a line moves or who controls it.
"""

from twin.scenario.faults import AnyFault, Fault
from twin.scenario.item import Item
from twin.scenario.layout import Layout, load_layout
from twin.scenario.scenario import ItemDraw, LinkModel, RecognizerModel, Scenario, load_scenario, settings_for

__all__ = [
    "AnyFault", "Fault", "Item", "ItemDraw", "Layout", "LinkModel", "RecognizerModel", "Scenario", "load_layout",
    "load_scenario", "settings_for",
]  # fmt: skip
