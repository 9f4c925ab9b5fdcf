"""What the controller is about, and what it does with which event then: one table for all states and events."""

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
    """What the controller is about."""

    IDLE = "idle"
    STARTING = "starting"
    SORTING = "sorting"
    CLEARING = "clearing"
    FINISHED = "finished"
    OFFLINE = "offline"


_IGNORED: Final = "_ignore"
_SENSED: Final[tuple[type, ...]] = (GateEdge, ImageSeen, Recognised, Unrecognised, Tick)

TRANSITIONS: Final[dict[tuple[State, type], str]] = {
    **{(State.IDLE, kind): _IGNORED for kind in _SENSED},
    (State.IDLE, Start): "_start",
    (State.STARTING, Tick): "_started",
    (State.STARTING, GateEdge): "_sighted_early",
    (State.STARTING, ImageSeen): "_sighted_early",
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
    **{(State.OFFLINE, kind): _IGNORED for kind in _SENSED},
    (State.OFFLINE, Stop): "_stop_offline",
    (State.OFFLINE, BrokerBack): "_start",
    **{(State.FINISHED, kind): _IGNORED for kind in (*_SENSED, Stop, BrokerLost, BrokerBack)},
}
"""Which method of the core takes which event; a pair that is not here is refused before anything changes."""
