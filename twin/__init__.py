"""The digital twin of the sorting line: plant, wire and checks around the real controller and the real recognizer."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from twin.shadowing import refuse_shadows

if TYPE_CHECKING:
    from twin import faults, trace
    from twin.errors import TwinError
    from twin.external_controller import ExternalController
    from twin.item import Item
    from twin.layout import Layout, load_layout
    from twin.run import Run, simulate
    from twin.scenario import ItemDraw, LinkModel, RecognizerModel, Scenario, load_scenario, settings_for

__all__ = [
    "ExternalController", "Item", "ItemDraw", "Layout", "LinkModel", "RecognizerModel", "Run", "Scenario",
    "TwinError", "faults", "load_layout", "load_scenario", "settings_for", "simulate", "trace",
]  # fmt: skip

_HOMES: Final = {
    "twin.errors": ("TwinError",),
    "twin.external_controller": ("ExternalController",),
    "twin.item": ("Item",),
    "twin.layout": ("Layout", "load_layout"),
    "twin.run": ("Run", "simulate"),
    "twin.scenario": ("ItemDraw", "LinkModel", "RecognizerModel", "Scenario", "load_scenario", "settings_for"),
}
_MODULES: Final = {"faults": "twin.faults", "trace": "twin.trace"}
"""Public names that are modules, and where these lie."""

refuse_shadows("controller", "classifier")


def __getattr__(name: str) -> Any:
    """Public names are looked up when they are asked for (PEP 562): `twin --help` needs none of the plant."""
    if name in _MODULES:
        return import_module(_MODULES[name])
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether they were asked for before or not."""
    return sorted(__all__)
