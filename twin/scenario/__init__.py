"""The input of a run as plain data: the line's layout, its items, and the faults with their times.

All types are deeply immutable, and writing and reading a file gives the same value. Nothing here depends on the plant
or the controller.
"""

from twin.scenario.faults import AnyFault, Fault
from twin.scenario.item import Item
from twin.scenario.layout import Layout, load_layout
from twin.scenario.scenario import Camera, ItemDraw, LinkModel, RecognizerModel, Scenario, load_scenario, settings_for

__all__ = [
    "AnyFault", "Camera", "Fault", "Item", "ItemDraw", "Layout", "LinkModel", "RecognizerModel", "Scenario",
    "load_layout", "load_scenario", "settings_for",
]  # fmt: skip
