"""The trace of a run while it is recorded: digested, watched, kept, and written as JSON Lines."""

import hashlib
from collections import deque
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from twin.errors import FileError
from twin.scenario.scenario import Scenario
from twin.trace.records import AnyRecord, Began, Injected, Watcher

TAIL_RECORDS: Final = 64
"""A run that does not keep its trace still keeps this many of its last records, to show them if it fails."""

_NOT_DIGESTED: Final = frozenset({Began, Injected})
"""They tell how a run came to its scenario, not what happened on the line."""

_encoder = msgspec.json.Encoder()


class Trace:
    """Collects a run's records: digests each one, passes it to the watchers, and keeps or writes it.

    Without `keep` only the last `TAIL_RECORDS` stay in memory. The trace is a context manager: it opens the file at
    `path`, emptying an older one, and closes it, also when the run fails. Raises `FileError` if the file cannot be
    written.
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
        if type(record) not in _NOT_DIGESTED:
            self._digest.update(line)
        self._keep(record)
        if self._file is not None:
            try:
                self._file.write(line + b"\n")
            except OSError as error:
                raise self._unwritable(error) from None
        for watcher in self._watchers:
            watcher(record)

    def digest(self, played: Scenario) -> str:
        """The digest of the run so far, in hexadecimal.

        It is over all that happened on the line, and the scenario `played`: with the faults that people made act. So
        that scenario, saved and run again, has the same digest.
        """
        found = self._digest.copy()
        found.update(_encoder.encode(played))
        return found.hexdigest()

    def close(self) -> None:
        """Close the file, if there is one."""
        file, self._file = self._file, None
        try:
            if file is not None:
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

    def __exit__(self, *error: object) -> None:
        self.close()

    def _unwritable(self, error: OSError) -> FileError:
        return FileError(f"{self._path}: {error.strerror or error}; choose a file that can be written")
