"""The agenda: what the controller has set itself to do at a time, earliest first."""

import heapq
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Agenda(Generic[Entry]):
    """Entries by due time; those due at one instant come out in the order in which they went in."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Entry]] = []
        self._added = 0

    @property
    def next_s(self) -> float | None:
        """When the first entry is due."""
        return self._entries[0][0] if self._entries else None

    def add(self, due_s: float, entry: Entry) -> None:
        """Set something to be done at `due_s`."""
        self._added += 1
        heapq.heappush(self._entries, (due_s, self._added, entry))

    def take(self, now_s: float) -> Entry | None:
        """The next entry that is due, or None."""
        if self._entries and self._entries[0][0] <= now_s:
            return heapq.heappop(self._entries)[2]
        return None

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
