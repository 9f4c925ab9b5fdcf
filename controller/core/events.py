"""Input and output of the controller's core. Feedback and commands are the codec's types."""

import msgspec

from controller.wire import Command, GateEdge


class Start(msgspec.Struct, frozen=True):
    """Begin: retract the rods, run the belt, load."""


class Stop(msgspec.Struct, frozen=True):
    """A request to end: load no more, clear the belt, bring the line to rest."""


class BrokerLost(msgspec.Struct, frozen=True):
    """The connection is lost. No command arrives, and messages under way may be lost."""


class BrokerBack(msgspec.Struct, frozen=True):
    """The connection is back. What the plant did meanwhile is unknown."""


class ImageSeen(msgspec.Struct, frozen=True):
    """A picture arrived. `image` is the session's number for it; the core never gets the bytes."""

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
    """The core's deadline is reached."""


Event = Start | Stop | BrokerLost | BrokerBack | GateEdge | ImageSeen | Recognised | Unrecognised | Tick


class Recognise(msgspec.Struct, frozen=True):
    """A request to recognise a picture."""

    image: int


class Finished(msgspec.Struct, frozen=True):
    """The line is at rest (rods in, belt stopped) and the controller may exit."""


class Sorted(msgspec.Struct, frozen=True):
    """The core has decided an item: rod `bin` was just pushed for it, or it rides to the reject bin (None).

    `number` counts the loaded items from 1. `label` and `confidence` are the recognizer's answer, None without one.
    `reason` says why the item is rejected.
    """

    number: int
    label: str | None
    confidence: float | None
    bin: int | None
    reason: str | None


Output = Command | Recognise | Sorted | Finished
