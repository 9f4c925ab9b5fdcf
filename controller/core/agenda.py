"""The agenda: actions that the controller has scheduled, earliest first."""

import heapq
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Agenda(Generic[Entry]):
    """Entries by due time. Entries with the same due time come out in the order in which they were added."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Entry]] = []
        self._added = 0

    @property
    def next_s(self) -> float | None:
        """When the first entry is due."""
        return self._entries[0][0] if self._entries else None

    def add(self, due_s: float, entry: Entry) -> None:
        """Schedule an entry for `due_s`."""
        self._added += 1
        heapq.heappush(self._entries, (due_s, self._added, entry))

    def take(self, now_s: float) -> Entry | None:
        """The next entry that is due, or None."""
        if self._entries and self._entries[0][0] <= now_s:
            return heapq.heappop(self._entries)[2]
        return None

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()
