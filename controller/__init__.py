"""The controller of the sorting line: deployable by itself, the same program on the twin and on the plant."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from controller.errors import ControllerError, WireError

if TYPE_CHECKING:
    from controller.codec import Conveyor, GateEdge, Rod
    from controller.core import Controller
    from controller.events import (
        BrokerBack,
        BrokerLost,
        Event,
        Finished,
        ImageSeen,
        Output,
        Recognise,
        Recognised,
        Start,
        Stop,
        Tick,
        Unrecognised,
    )
    from controller.session import Core
    from controller.settings import Settings

__all__ = [
    "BrokerBack", "BrokerLost", "Controller", "ControllerError", "Conveyor", "Core", "Event", "Finished", "GateEdge",
    "ImageSeen", "Output", "Recognise", "Recognised", "Rod", "Settings", "Start", "Stop", "Tick", "Unrecognised",
    "WireError",
]  # fmt: skip

_HOMES: Final = {
    "controller.codec": ("Conveyor", "GateEdge", "Rod"),
    "controller.core": ("Controller",),
    "controller.events": (
        "BrokerBack", "BrokerLost", "Event", "Finished", "ImageSeen", "Output", "Recognise", "Recognised", "Start",
        "Stop", "Tick", "Unrecognised",
    ),
    "controller.session": ("Core",),
    "controller.settings": ("Settings",),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names are looked up when they are asked for (PEP 562): `controller --help` needs none of the core."""
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether they were asked for before or not."""
    return sorted(__all__)
