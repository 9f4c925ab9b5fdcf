"""The digital twin of the sorting line: plant, wire and checks around the real controller and the real recognizer."""

from twin.errors import TwinError
from twin.item import Item
from twin.layout import Layout, load_layout
from twin.run import Run, simulate
from twin.scenario import ItemDraw, LinkModel, RecognizerModel, Scenario, load_scenario, settings_for

__all__ = [
    "Item", "ItemDraw", "Layout", "LinkModel", "RecognizerModel", "Run", "Scenario", "TwinError",
    "load_layout", "load_scenario", "settings_for", "simulate",
]  # fmt: skip
