"""The records of a trace: what can happen on the line.

Times are in s since the run began, in the twin's time. An image is represented by its digest and size.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Literal

import msgspec

from twin.scenario.faults import AnyFault
from twin.scenario.scenario import Scenario

FORMAT: Final = 2
"""The format of traces. In format 1 a trace recorded which items faults touched, but not what they did to them."""

Effect = Literal[
    "edge_lost", "edge_late", "edge_twice", "edge_false",
    "picture_lost", "picture_late", "picture_twice", "picture_spoilt",
    "answer_lost", "answer_late", "answer_false",
    "command_lost", "command_late", "command_twice", "command_false", "garbage",
    "push_failed", "stroke_slow", "rod_stuck", "off_pace", "on_pace",
    "push_slipped", "two_loaded", "longer", "taken_off", "put_back", "laid_down",
    "cut_off", "reconnected", "restarted", "held", "carried", "rode_on", "acting",
]  # fmt: skip
"""What a fault can do to an item or a part.

An edge, a picture, an answer or a command is lost, late, doubled (`twice`), made up (`false`) or spoilt. A rod ignores
a push (`push_failed`), is slow, or is stuck out. The belt has a wrong speed (`off_pace`), or the right one again. The
loader slips past an item, or loads two. An item is longer than the scenario says, taken off, or put back; an object is
laid down. The controller is cut off, reconnected, or restarted. The verdict derives the last four: because of a fault
an item was held up, another item carries it, the item ahead rode on to the reject bin, or a fault is acting now.
"""

Event = Literal["connected", "subscribed", "disconnected", "lost", "refused", "taken over"]
"""The events of a client's connection to the embedded broker."""

EndReason = Literal["sorted", "told to end", "stalled", "crashed", "interrupted"]

_PREDICATES: Final = {
    "connected": "connected with ", "subscribed": "subscribed to ", "refused": "was refused: ",
    "lost": "lost its connection: ", "taken over": "was replaced by another client with the same id",
}  # fmt: skip


class Stroke(StrEnum):
    """The states of a rod."""

    IN = "in"
    EXTENDING = "extending"
    OUT = "out"
    RETRACTING = "retracting"


class Record(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower, gc=False):
    """An event of the run, at `t_s`."""

    t_s: float


class Began(Record, frozen=True, gc=True):
    """The run began, with this scenario. `format` is the format of the trace."""

    scenario: Scenario
    format: int = FORMAT


class BeltRuns(Record, frozen=True):
    """The belt begins to obey a command to run (True) or to stop."""

    running: bool


class RodMoves(Record, frozen=True):
    """A rod begins or ends a stroke."""

    rod: int
    stroke: str


class Loaded(Record, frozen=True):
    """The loader has pushed an item onto the belt; its centre is at the loader.

    `onto` is an item or object that it overlaps. `beside` are its neighbours on the belt.
    """

    item: int
    item_class: str
    length_m: float
    onto: int | None
    beside: tuple[int, ...] = ()


class LoadedNothing(Record, frozen=True):
    """The loader's rod came out without an item in front of it."""


class LaidDown(Record, frozen=True):
    """Somebody laid an object on the belt that is no item, with its centre at `at_m`. Its number is negative."""

    item: int
    length_m: float
    at_m: float
    onto: int | None


class Photographed(Record, frozen=True):
    """The camera took an item's picture: its digest and its size in bytes."""

    item: int
    image: str
    size: int


class Answered(Record, frozen=True):
    """A recognizer's answer for an item's picture. The label is None if there was no answer.

    If `own`, the controller got this answer, and it decides where the item belongs. Otherwise the twin does not know
    the controller's answer; this one, of the twin's own recognizer, shows whether the picture can be recognised.
    """

    item: int
    label: str | None
    confidence: float
    own: bool = True


class Edge(Record, frozen=True):
    """A gate's beam became blocked by an item's nose, or clear behind its tail."""

    gate: int
    blocked: bool
    item: int


class Taken(Record, frozen=True):
    """A rod's head pushes an item off, `offset_m` from the head's centre to the item's, `gap_m` to the nearest item."""

    item: int
    rod: int
    offset_m: float
    gap_m: float | None


class Struck(Record, frozen=True):
    """A rod's head hits an item whose centre is not under the head, and so does not push it off the belt.

    `offset_m` is from the head's centre to the item's, downstream positive. `beside` are its neighbours on the belt.
    """

    item: int
    rod: int
    offset_m: float
    beside: tuple[int, ...] = ()


class Held(Record, frozen=True):
    """An item runs into a rod that is out (`rod`), or a still item (`behind`). `beside` are its neighbours."""

    item: int
    rod: int | None
    behind: int | None
    beside: tuple[int, ...] = ()


class Released(Record, frozen=True):
    """An item that was held up moves on."""

    item: int


class Binned(Record, frozen=True):
    """An item fell into a bin (0: the reject bin)."""

    item: int
    bin: int


class FaultActs(Record, frozen=True):
    """A fault of the scenario begins to act, or ends."""

    fault: str
    acts: bool


class Injected(Record, frozen=True, gc=True):
    """A person makes a fault act that the scenario does not have, number `number`; or ends it (`acts` is false)."""

    number: int
    fault: AnyFault
    acts: bool


class Disturbed(Record, frozen=True):
    """A fault had an effect: `what`, at which part, and on which item (None: on no item that lies on the belt).

    `beside` are the neighbours of that item on the belt, or, without an item, those of the part.
    """

    what: Effect
    part: str
    item: int | None
    beside: tuple[int, ...]
    fault: str


class TakenByHand(Record, frozen=True):
    """Somebody took an item off, or put it back (`back`), `onto` what it overlaps. `returns`: it will be put back."""

    item: int
    back: bool
    returns: bool
    onto: int | None = None


class Feedback(Record, frozen=True):
    """A message of the plant arrives at the controller: its part and value (for an image, the digest)."""

    key: str
    value: str


class Commanded(Record, frozen=True):
    """A command arrives at the plant. `payload` is the text of the MQTT message."""

    payload: str


class Refused(Record, frozen=True):
    """The plant refuses a payload on `aa`: it cannot decode it, or has no such part."""

    reason: str


class EndRequested(Record, frozen=True):
    """The controller is told to end: by a count of items, or by a signal."""

    by: str


class Crashed(Record, frozen=True):
    """The controller failed: it raised an exception, ended, or stopped answering."""

    reason: str


class Exited(Record, frozen=True):
    """The controller's program ended by itself, without an error."""

    reason: str


class Connection(Record, frozen=True):
    """An event of a client's connection. `detail` is the protocol of `connected`, the topic of `subscribed`, or the
    reason of `refused`.

    `lost`: without a DISCONNECT packet. `taken over`: by another client with the same id.
    """

    client: str
    event: Event
    detail: str

    @property
    def text(self) -> str:
        """The event as the predicate of a sentence about the client."""
        return (_PREDICATES.get(self.event, self.event) + self.detail).removesuffix(": ")


class Ended(Record, frozen=True):
    """The run ended: why, and the state of the line then. `running` is that of the belt."""

    reason: EndReason
    on_belt: tuple[int, ...]
    in_stack: bool
    rods_out: tuple[int, ...]
    running: bool

    @property
    def interrupted(self) -> bool:
        """Whether somebody ended it before its time: then there is no verdict."""
        return self.reason == "interrupted"


AnyRecord = (
    Began | BeltRuns | RodMoves | Loaded | LoadedNothing | LaidDown | Photographed | Answered | Edge | Taken | Struck
    | Held | Released | Binned | FaultActs | Injected | Disturbed | TakenByHand | Feedback | Commanded | Refused
    | EndRequested | Crashed | Exited | Connection | Ended
)  # fmt: skip
Watcher = Callable[[AnyRecord], None]
