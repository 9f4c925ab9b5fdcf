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


class Action(Enum):
    """What the core does about an event."""

    IGNORE = "ignore"
    START = "start"
    STARTED = "go on once the belt is clear"
    DETECTED_EARLY = "wait until what was detected has ridden off"
    TICK = "do what is due"
    EDGE = "track an item at a gate"
    PICTURED = "ask for an answer"
    RECOGNISED = "take an answer"
    STOP = "load no more"
    STOP_OFFLINE = "load no more once the broker is back"
    LOST = "forget what is on the belt"


_DETECTIONS: Final[tuple[type, ...]] = (GateEdge, ImageSeen, Recognised, Unrecognised, Tick)

TRANSITIONS: Final[dict[tuple[State, type], Action]] = {
    **{(State.IDLE, kind): Action.IGNORE for kind in _DETECTIONS},
    (State.IDLE, Start): Action.START,
    (State.STARTING, Tick): Action.STARTED,
    (State.STARTING, GateEdge): Action.DETECTED_EARLY,
    (State.STARTING, ImageSeen): Action.DETECTED_EARLY,
    (State.STARTING, Recognised): Action.IGNORE,
    (State.STARTING, Unrecognised): Action.IGNORE,
    (State.STARTING, Stop): Action.STOP,
    (State.STARTING, BrokerLost): Action.LOST,
    (State.SORTING, Tick): Action.TICK,
    (State.SORTING, GateEdge): Action.EDGE,
    (State.SORTING, ImageSeen): Action.PICTURED,
    (State.SORTING, Recognised): Action.RECOGNISED,
    (State.SORTING, Unrecognised): Action.RECOGNISED,
    (State.SORTING, Stop): Action.STOP,
    (State.SORTING, BrokerLost): Action.LOST,
    (State.CLEARING, Tick): Action.TICK,
    (State.CLEARING, GateEdge): Action.EDGE,
    (State.CLEARING, ImageSeen): Action.PICTURED,
    (State.CLEARING, Recognised): Action.RECOGNISED,
    (State.CLEARING, Unrecognised): Action.RECOGNISED,
    (State.CLEARING, Stop): Action.IGNORE,
    (State.CLEARING, BrokerLost): Action.LOST,
    **{(State.OFFLINE, kind): Action.IGNORE for kind in _DETECTIONS},
    (State.OFFLINE, Stop): Action.STOP_OFFLINE,
    (State.OFFLINE, BrokerBack): Action.START,
    **{(State.FINISHED, kind): Action.IGNORE for kind in (*_DETECTIONS, Stop, BrokerLost, BrokerBack)},
}
"""The action for each pair of state and event. A pair that is missing is refused before anything changes."""
