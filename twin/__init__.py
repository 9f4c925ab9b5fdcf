"""The digital twin of a sorting line: simulated plant and network, and checks of the controller that runs on it."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twin import trace
    from twin.errors import TwinError
    from twin.links import ExternalController
    from twin.run import Run, simulate
    from twin.scenario import (
        Camera,
        Item,
        ItemDraw,
        Layout,
        LinkModel,
        RecognizerModel,
        Scenario,
        faults,
        load_layout,
        load_scenario,
        settings_for,
    )

__all__ = [
    "Camera", "ExternalController", "Item", "ItemDraw", "Layout", "LinkModel", "RecognizerModel", "Run", "Scenario",
    "TwinError", "faults", "load_layout", "load_scenario", "settings_for", "simulate", "trace",
]  # fmt: skip

_HOMES: Final = {
    "twin.errors": ("TwinError",),
    "twin.links": ("ExternalController",),
    "twin.run": ("Run", "simulate"),
    "twin.scenario": (
        "Camera", "Item", "ItemDraw", "Layout", "LinkModel", "RecognizerModel", "Scenario", "load_layout",
        "load_scenario", "settings_for",
    ),
}  # fmt: skip
_MODULES: Final = {"faults": "twin.scenario.faults", "trace": "twin.trace"}


def _refuse_shadows(*packages: str) -> None:
    """Raise `ImportError` where a user's file has a package's name, so that Python would import that file instead."""
    for package in packages:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue  # Missing altogether: the import itself says so.
        if Path(spec.origin).parents[1].resolve() != Path(__file__).parents[1].resolve():
            raise ImportError(
                f"{spec.origin} hides the package `{package}` of twin, which has the same name: rename that file",
                name=package,
                path=spec.origin,
            )


_refuse_shadows("controller", "classifier")


def __getattr__(name: str) -> Any:
    """Import public names on first use (PEP 562), so that `twin --help` does not load the plant."""
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
