"""A trace that is read from its file."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from controller.decode_errors import objection
from controller.errors import ControllerError
from twin.errors import FileError
from twin.scenario.layout_parts import Parts
from twin.trace.records import FORMAT, AnyRecord, Began, Ended, Stroke

_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


def read_trace(path: str | Path) -> Iterator[AnyRecord]:
    """Read the records of a complete trace file, in order. The `FileError` for a bad file names the line."""
    path, number, record = Path(path), 0, None
    parts: Parts | None = None
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                record = _record(path, number, line)
                if isinstance(record, Began):
                    parts = Parts(record.scenario.layout, tuple(Stroke))
                wrong = None if parts is None else parts.objection(record)
                if wrong is not None:
                    raise FileError(f"{path}, line {number}: {wrong}")
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
        kind = type(record).__name__.lower()
        raise FileError(f"{path}, line {number}: kind must be began in the first line only, got {kind!r}")
    if isinstance(record, Began) and record.format != FORMAT:
        raise FileError(f"{path}, line {number}: format must be {FORMAT}, that of this version, got {record.format}")
    return record
