"""What our controller believed of each item, as a file beside the trace. It is no part of the trace or its digest.

The first line has the format and the number of beliefs; each further line is one belief.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from controller.decode_errors import objection
from twin.errors import FileError

BELIEFS_FORMAT: Final = 1
BELIEFS_FILE: Final = "beliefs.jsonl"

T = TypeVar("T")


class Belief(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the controller believes of one item from `t_s` on.

    `track` numbers its tracks from 1, over restarts as well. `item` is the controller's own count of loaded items (0:
    something that it did not load). `stage` is the track's, `gate` the last gate that the item has left (0: none),
    `label` and `confidence` the recognizer's answer. `bin` is where it is to go (0: the reject bin, None: undecided).
    `reject_reason` says why it must not be pushed. `over`: the controller tracks it no longer.
    """

    t_s: float
    track: int
    item: int
    stage: str
    gate: int
    label: str | None = None
    confidence: float | None = None
    bin: int | None = None
    reject_reason: str | None = None
    over: bool = False


BeliefWatcher = Callable[[Belief], None]
"""Gets each belief when the controller changes its mind."""


class _Head(msgspec.Struct, frozen=True):
    """The first line."""

    format: int
    beliefs: int


def write_beliefs(path: Path, beliefs: Sequence[Belief]) -> None:
    """Write a file of beliefs. Raises `FileError`."""
    lines = map(msgspec.json.encode, (_Head(BELIEFS_FORMAT, len(beliefs)), *beliefs))
    try:
        path.write_bytes(b"\n".join(lines) + b"\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None


def read_beliefs(path: Path) -> Iterator[Belief]:
    """Read a file of beliefs, in order. The `FileError` for a bad file names the line."""
    try:
        with path.open("rb") as file:
            head = _decoded(path, 1, file.readline(), _Head)
            if head.format != BELIEFS_FORMAT:
                raise FileError(f"{path}: format of the beliefs must be {BELIEFS_FORMAT}, got {head.format}")
            for number in range(2, head.beliefs + 2):
                line = file.readline()
                if not line:
                    raise FileError(f"{path}: beliefs must be {head.beliefs} as line 1 says, got {number - 2}")
                yield _decoded(path, number, line, Belief)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; beliefs are a JSON Lines file") from None


def _decoded(path: Path, number: int, line: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileError(f"{path}, line {number}: {objection(error, line, kind)}; one belief a line") from None
