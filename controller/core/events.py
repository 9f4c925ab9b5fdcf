"""What goes into the controller's core and what comes out of it. Feedback and commands are the codec's types."""

import msgspec

from controller.wire import Command, GateEdge


class Start(msgspec.Struct, frozen=True):
    """Begin: retract the rods, run the belt, load."""


class Stop(msgspec.Struct, frozen=True):
    """Asked to end: no further item is loaded, the belt clears, everything comes to rest."""


class BrokerLost(msgspec.Struct, frozen=True):
    """The connection is gone: nothing that is sent arrives, whatever was on the way may be lost."""


class BrokerBack(msgspec.Struct, frozen=True):
    """The connection is there again; what the plant did meanwhile is unknown."""


class ImageSeen(msgspec.Struct, frozen=True):
    """A picture arrived. `image` is the session's running number for it; the core never sees the bytes."""

    image: int


class Recognised(msgspec.Struct, frozen=True):
    """The recognizer's answer for a picture."""

    image: int
    label: str
    confidence: float


class Unrecognised(msgspec.Struct, frozen=True):
    """The recognizer gave no answer for a picture (error, time-out, not an image)."""

    image: int
    reason: str


class Tick(msgspec.Struct, frozen=True):
    """Time passed: the core's deadline is reached."""


Event = Start | Stop | BrokerLost | BrokerBack | GateEdge | ImageSeen | Recognised | Unrecognised | Tick


class Recognise(msgspec.Struct, frozen=True):
    """Ask the recognizer about a picture."""

    image: int


class Finished(msgspec.Struct, frozen=True):
    """The line is at rest (rods in, belt stopped) and the controller may exit."""


Output = Command | Recognise | Finished
