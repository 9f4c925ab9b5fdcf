"""The controller of the sorting line. Deployable by itself; the same program on the twin and on the plant."""

from controller.core import Controller
from controller.core.base import Core
from controller.core.events import (
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
from controller.errors import ControllerError, WireError
from controller.settings import Settings
from controller.wire import Conveyor, GateEdge, Rod

__all__ = [
    "BrokerBack", "BrokerLost", "Controller", "ControllerError", "Conveyor", "Core", "Event", "Finished", "GateEdge",
    "ImageSeen", "Output", "Recognise", "Recognised", "Rod", "Settings", "Start", "Stop", "Tick", "Unrecognised",
    "WireError",
]  # fmt: skip


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
