"""The trace: what happened on the line, in order, as typed records; JSON Lines in a file, a digest over them.

Images stand in it by digest and size. Times are the twin's, in s since the run began. The records are the ground
truth that checks and summaries read; nothing of the controller's own bookkeeping is among them.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from reprlib import repr as short
from types import TracebackType
from typing import BinaryIO, Final

import msgspec

from controller.codec import decode_command
from controller.decode_errors import objection
from controller.errors import ControllerError, WireError
from twin.errors import FileError
from twin.scenario import Scenario

TAIL_RECORDS: Final = 64
"""How many of the last records a run that keeps no trace still has, to show when it fails."""


class Record(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower, gc=False):
    """Something that happened at `t_s`."""

    t_s: float


class Began(Record, frozen=True, gc=True):
    """The run began: its whole scenario."""

    scenario: Scenario


class BeltRuns(Record, frozen=True):
    """The belt obeys a run (True) or a stop."""

    running: bool


class RodMoves(Record, frozen=True):
    """A rod begins or ends a stroke."""

    rod: int
    stroke: str


class Loaded(Record, frozen=True):
    """An item lies on the belt, its centre at the loader. `onto` is an item that it overlaps."""

    item: int
    item_class: str
    length_m: float
    onto: int | None


class LoadedNothing(Record, frozen=True):
    """The loader's rod came out with nothing before it."""


class Photographed(Record, frozen=True):
    """The camera took an item's picture: its digest and its size in bytes."""

    item: int
    image: str
    size: int


class Answered(Record, frozen=True):
    """What the recognizer says of an item's picture (label None: it gives no answer)."""

    item: int
    label: str | None
    confidence: float


class Edge(Record, frozen=True):
    """A gate's beam became blocked, or clear."""

    gate: int
    blocked: bool


class Taken(Record, frozen=True):
    """A rod's head takes an item: where its centre is from the head's, and the free belt to the nearest neighbour."""

    item: int
    rod: int
    offset_m: float
    gap_m: float | None


class Struck(Record, frozen=True):
    """A rod's head hits an item without its centre under it; `offset_m` from the head's centre to the item's."""

    item: int
    rod: int
    offset_m: float


class Held(Record, frozen=True):
    """An item rides into a rod's head that is out (`rod`), or into an item that stands (`behind`)."""

    item: int
    rod: int | None
    behind: int | None


class Released(Record, frozen=True):
    """What held an item is gone; it rides on."""

    item: int


class Binned(Record, frozen=True):
    """An item fell into a bin (0: the reject bin)."""

    item: int
    bin: int


class Mishap(Record, frozen=True):
    """A fault did something; what it left behind may last until `over_s`."""

    fault: str
    over_s: float


class Touched(Record, frozen=True):
    """A fault may have touched an item."""

    item: int
    fault: str


class TakenByHand(Record, frozen=True):
    """Somebody took an item off the belt (`returns`: to put it back later), or put it back (`back`)."""

    item: int
    back: bool
    returns: bool


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


class Crashed(Record, frozen=True):
    """The controller is gone: it raised, ended, or does not answer any more."""

    reason: str


class Ended(Record, frozen=True):
    """The run is over: why, where the items still on the belt are, which rods are not in, whether the belt runs."""

    reason: str
    on_belt: tuple[int, ...]
    in_stack: bool
    rods_out: tuple[int, ...]
    running: bool


AnyRecord = (
    Began | BeltRuns | RodMoves | Loaded | LoadedNothing | Photographed | Answered | Edge | Taken | Struck | Held
    | Released | Binned | Mishap | Touched | TakenByHand | Feedback | Commanded | Refused | Crashed | Ended
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
