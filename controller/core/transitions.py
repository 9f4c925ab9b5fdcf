"""The controller's states, and the table of what each event does in each state."""

from enum import Enum
from typing import Final

from controller.core.events import (
    BrokerBack,
    BrokerLost,
    ImageSeen,
    Recognised,
    Start,
    Stop,
    Tick,
    Unrecognised,
)
from controller.wire import GateEdge


class State(Enum):
    """A state of the controller."""

    IDLE = "idle"
    STARTING = "starting"
    SORTING = "sorting"
    CLEARING = "clearing"
    FINISHED = "finished"
    OFFLINE = "offline"


_IGNORED: Final = "_ignore"
_DETECTIONS: Final[tuple[type, ...]] = (GateEdge, ImageSeen, Recognised, Unrecognised, Tick)

TRANSITIONS: Final[dict[tuple[State, type], str]] = {
    **{(State.IDLE, kind): _IGNORED for kind in _DETECTIONS},
    (State.IDLE, Start): "_start",
    (State.STARTING, Tick): "_started",
    (State.STARTING, GateEdge): "_detected_early",
    (State.STARTING, ImageSeen): "_detected_early",
    (State.STARTING, Recognised): _IGNORED,
    (State.STARTING, Unrecognised): _IGNORED,
    (State.STARTING, Stop): "_stop",
    (State.STARTING, BrokerLost): "_lost",
    (State.SORTING, Tick): "_tick",
    (State.SORTING, GateEdge): "_edge",
    (State.SORTING, ImageSeen): "_pictured",
    (State.SORTING, Recognised): "_recognised",
    (State.SORTING, Unrecognised): "_recognised",
    (State.SORTING, Stop): "_stop",
    (State.SORTING, BrokerLost): "_lost",
    (State.CLEARING, Tick): "_tick",
    (State.CLEARING, GateEdge): "_edge",
    (State.CLEARING, ImageSeen): "_pictured",
    (State.CLEARING, Recognised): "_recognised",
    (State.CLEARING, Unrecognised): "_recognised",
    (State.CLEARING, Stop): _IGNORED,
    (State.CLEARING, BrokerLost): "_lost",
    **{(State.OFFLINE, kind): _IGNORED for kind in _DETECTIONS},
    (State.OFFLINE, Stop): "_stop_offline",
    (State.OFFLINE, BrokerBack): "_start",
    **{(State.FINISHED, kind): _IGNORED for kind in (*_DETECTIONS, Stop, BrokerLost, BrokerBack)},
}
"""The core's method for each pair of state and event. A pair that is missing is refused before anything changes."""
