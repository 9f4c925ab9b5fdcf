"""What an external program writes, line by line, with the line's time of each."""

import os
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Final, NamedTuple

MOST_MARKS: Final = 100_000
"""When there are more, every second one is dropped: times become coarser, and memory stays bounded."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of what a program writes in real time, the end is kept, up to this size."""

LAST_LINE_BYTES: Final = 1024


class OutputLine(NamedTuple):
    """A line of a program's output, and about when it was written, in s."""

    t_s: float
    text: str


class OutputLog:
    """Remembers how much a program had written at which time."""

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []

    def mark(self, size_bytes: int, t_s: float) -> None:
        """By this time it has written that much."""
        if not self._marks or size_bytes > self._marks[-1][0]:
            self._marks.append((size_bytes, t_s))
        if len(self._marks) > MOST_MARKS:
            del self._marks[: MOST_MARKS // 2 : 2]

    def lines(self, end: bytes, size_bytes: int) -> Iterator[OutputLine]:
        """The lines of the `end` of an output of a size in all. What was written after the last mark has its time."""
        marks, t_s = iter(self._marks), 0.0
        known_bytes, written_bytes = 0, size_bytes - len(end)
        for line in end.splitlines(keepends=True):
            written_bytes += len(line)
            while known_bytes < written_bytes and (mark := next(marks, None)) is not None:
                known_bytes, t_s = mark
            yield OutputLine(t_s, line.decode(errors="replace").rstrip())


class OutputFile:
    """A `file` for the output of a program that runs in real time."""

    def __init__(self) -> None:
        self.file = TemporaryFile("a+b", buffering=0)  # noqa: SIM115 - `close` closes it.
        self._log = OutputLog()

    def note(self, now_s: float) -> None:
        """What is there now was written by this time."""
        self._log.mark(self._size_bytes, now_s)

    @property
    def last_line(self) -> str:
        """The last line that is not empty."""
        return self._end(LAST_LINE_BYTES).decode(errors="replace").strip().rpartition("\n")[2]

    def close(self) -> tuple[OutputLine, ...]:
        """Close it, and return its lines: the last ones if there are many."""
        output_lines = tuple(self._log.lines(self._end(MOST_BYTES), self._size_bytes))
        self.file.close()
        return output_lines

    @property
    def _size_bytes(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def _end(self, most_bytes: int) -> bytes:
        self.file.seek(max(0, self._size_bytes - most_bytes))
        return self.file.read(most_bytes)
