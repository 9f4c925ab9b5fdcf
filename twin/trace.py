"""The trace: what happened on the line, in order, as typed records; JSON Lines in a file, a digest over them.

Images stand in it by digest and size. Times are the twin's, in s since the run began. The records are the ground
truth that checks and summaries read; nothing of the controller's own bookkeeping is among them.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from reprlib import repr as short
from types import TracebackType
from typing import BinaryIO, Final, Literal

import msgspec

from controller.decode_errors import objection
from controller.errors import ControllerError, WireError
from controller.wire import decode_command
from twin.errors import FileError
from twin.scenario.scenario import Scenario

FORMAT: Final = 2
"""Of the trace; version 1 recorded what faults touched, and not what they did."""

Effect = Literal[
    "edge_lost", "edge_late", "edge_twice", "edge_false",
    "picture_lost", "picture_late", "picture_twice", "picture_spoilt",
    "answer_lost", "answer_late", "answer_false",
    "command_lost", "command_late", "command_twice", "garbage",
    "push_failed", "stroke_slow", "rod_stuck", "off_pace", "on_pace",
    "push_slipped", "two_loaded", "longer", "taken_off", "put_back", "laid_down",
    "cut_off", "reconnected", "restarted", "held", "carried", "rode_on", "acting",
]  # fmt: skip
"""What a fault can do to an item or a part.

An edge, a picture, an answer or a command is lost, late, twice, false (nothing is true of it) or spoilt. A rod is not
pushed (`push_failed`), slow or stuck out; the belt is off its pace, and on it again; the loader slips, or loads two. An
item is longer than items are, taken off, put back; an object is laid down beside it. The controller is cut off, and
reconnected, or another is started in its place. The last four follow from other records: an item was held up by what a
fault had stand in its way, one carries another, the one ahead rode on because of a fault, a fault acts.
"""

TAIL_RECORDS: Final = 64
"""How many of the last records a run that keeps no trace still has, to show when it fails."""


Event = Literal["connected", "subscribed", "disconnected", "lost", "refused", "taken over"]
"""What can happen to a client's connection to the embedded broker."""


class Stroke(Enum):
    """Where a rod is in its stroke."""

    IN = "in"
    EXTENDING = "extending"
    OUT = "out"
    RETRACTING = "retracting"


class Record(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower, gc=False):
    """Something that happened at `t_s`."""

    t_s: float


class Began(Record, frozen=True, gc=True):
    """The run began: its whole scenario, and the number of the trace's format."""

    scenario: Scenario
    format: int = FORMAT


class BeltRuns(Record, frozen=True):
    """The belt obeys a run (True) or a stop."""

    running: bool


class RodMoves(Record, frozen=True):
    """A rod begins or ends a stroke."""

    rod: int
    stroke: str


class Loaded(Record, frozen=True):
    """An item lies on the belt, its centre at the loader.

    `onto` is an item, or object, that it overlaps, `beside` has those next to it on the belt.
    """

    item: int
    item_class: str
    length_m: float
    onto: int | None
    beside: tuple[int, ...] = ()


class LoadedNothing(Record, frozen=True):
    """The loader's rod came out with nothing before it."""


class LaidDown(Record, frozen=True):
    """Somebody laid an object that is no item (its number is below zero) on the belt, its centre at `at_m`."""

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
    """What a recognizer says of an item's picture (label None: it gives no answer).

    `own`: the controller's, which decides where the item belongs. Otherwise the twin's, where that of an external
    controller is not known: it tells whether the picture can be recognised at all.
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
    """A rod's head takes an item: where its centre is from the head's, and the free belt to the nearest neighbour."""

    item: int
    rod: int
    offset_m: float
    gap_m: float | None


class Struck(Record, frozen=True):
    """A rod's head hits an item without its centre under it; `offset_m` from the head's centre to the item's.

    `beside` has the items next to it on the belt.
    """

    item: int
    rod: int
    offset_m: float
    beside: tuple[int, ...] = ()


class Held(Record, frozen=True):
    """An item rides into a rod's head that is out (`rod`), or into an item that stands (`behind`).

    `beside` has the items next to it on the belt.
    """

    item: int
    rod: int | None
    behind: int | None
    beside: tuple[int, ...] = ()


class Released(Record, frozen=True):
    """What held an item is gone; it rides on."""

    item: int


class Binned(Record, frozen=True):
    """An item fell into a bin (0: the reject bin)."""

    item: int
    bin: int


class FaultActs(Record, frozen=True):
    """A fault of the scenario begins to act, or ends."""

    fault: str
    acts: bool


class Disturbed(Record, frozen=True):
    """A fault did something: `what`, at which part, to which item (None: to none that lies on the belt).

    `beside` has the items next to that item on the belt, or next to the part where it was none's.
    """

    what: Effect
    part: str
    item: int | None
    beside: tuple[int, ...]
    fault: str


class TakenByHand(Record, frozen=True):
    """Somebody took an item off the belt (`returns`: to put it back later), or put it back (`back`).

    `onto` is an item, or object, that it overlaps then.
    """

    item: int
    back: bool
    returns: bool
    onto: int | None = None


class Feedback(Record, frozen=True):
    """The plant's message arrives at the controller: its key and value (an image's by digest)."""

    key: str
    value: str


class Commanded(Record, frozen=True):
    """A command arrives at the plant, as spelled on the wire."""

    payload: str


class Refused(Record, frozen=True):
    """A payload on `aa` that the plant does not understand or has no part for."""

    reason: str


class EndRequested(Record, frozen=True):
    """The controller has been told to end, and has no reason left not to: by a count of items, or by a signal."""

    by: str


class Crashed(Record, frozen=True):
    """The controller is gone: it raised, ended, or does not answer any more."""

    reason: str


class Exited(Record, frozen=True):
    """The controller's program has ended by itself, as one does that has done its work."""

    reason: str


class Connection(Record, frozen=True):
    """What the broker saw of a client's connection: connected, subscribed, disconnected, lost, refused, taken over."""

    client: str
    event: Event
    detail: str


class Ended(Record, frozen=True):
    """The run is over: why, where the items still on the belt are, which rods are not in, whether the belt runs."""

    reason: str
    on_belt: tuple[int, ...]
    in_stack: bool
    rods_out: tuple[int, ...]
    running: bool


AnyRecord = (
    Began | BeltRuns | RodMoves | Loaded | LoadedNothing | LaidDown | Photographed | Answered | Edge | Taken | Struck
    | Held | Released | Binned | FaultActs | Disturbed | TakenByHand | Feedback | Commanded | Refused | EndRequested
    | Crashed | Exited | Connection | Ended
)  # fmt: skip
Watcher = Callable[[AnyRecord], None]

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class Trace:
    """Takes a run's records: digests each, hands it to the watchers, writes or keeps it where asked.

    Without `keep` only the last `TAIL_RECORDS` stay in memory. The file is opened, and an older one emptied, where
    the trace is entered; it is complete up to the last record when that is left, also when the run fails. Raises
    `FileError` where it cannot be written.
    """

    def __init__(self, *, keep: bool = False, path: Path | None = None, watchers: tuple[Watcher, ...] = ()) -> None:
        self.records: deque[AnyRecord] = deque(maxlen=None if keep else TAIL_RECORDS)
        self._digest = hashlib.blake2b(digest_size=16)
        self._watchers = watchers
        self._keep = self.records.append
        self._path = path
        self._file: BinaryIO | None = None

    def add(self, record: AnyRecord) -> None:
        """Take the next record."""
        line = _encoder.encode(record)
        self._digest.update(line)
        self._keep(record)
        if self._file is not None:
            try:
                self._file.write(line + b"\n")
            except OSError as error:
                raise self._unwritable(error) from None
        for watcher in self._watchers:
            watcher(record)

    @property
    def digest(self) -> str:
        """The digest of all records so far."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                raise self._unwritable(error) from None

    def __enter__(self) -> "Trace":
        if self._path is not None:
            try:
                self._file = self._path.open("wb")
            except OSError as error:
                raise self._unwritable(error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _unwritable(self, error: OSError) -> FileError:
        return FileError(f"{self._path}: {error.strerror or error}; a trace needs a file that can be written")


def read_trace(path: Path) -> Iterator[AnyRecord]:
    """The records of a whole trace file, in order. Raises `FileError` naming the line that is none."""
    number, record = 0, None
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                record = _record(path, number, line)
                yield record
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; a trace is a JSON Lines file") from None
    if not isinstance(record, Ended):
        last = "it is empty" if record is None else f"line {number}, the last, is `{type(record).__name__.lower()}`"
        raise FileError(f"{path}: incomplete, {last}: a trace begins with `began` and ends with `ended`")


def _record(path: Path, number: int, line: bytes) -> AnyRecord:
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ControllerError) as error:
        raise FileError(f"{path}, line {number}: {objection(error, line, AnyRecord)}; one record a line") from None
    if (number == 1) != isinstance(record, Began):
        raise FileError(f"{path}, line {number}: kind = {type(record).__name__.lower()!r}: a trace begins with `began`")
    if isinstance(record, Commanded):
        _check_command(path, number, record)
    return record


def _check_command(path: Path, number: int, record: Commanded) -> None:
    """What the plant took for a command, the checks must be able to read as one."""
    try:
        decode_command(record.payload.encode())
    except WireError as error:
        what = f"payload = {short(record.payload)}: {error}"
        raise FileError(f"{path}, line {number}: {what}; allowed is a command as spelled on the wire") from None
