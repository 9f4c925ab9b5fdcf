"""What the controller believes of an item on the belt: one record each, from the push that loaded it."""

from typing import Final

from controller.learning import LONGER, SHORTER, Times

LATE_SHARE: Final = 2.0
LATE_S: Final = 2.0
"""An item that every gate has missed is waited for as long as this share of the way takes, and this much longer."""


class Tracked:
    """An item on the belt, as far as it was seen.

    `gate` is the last gate whose beam it has left, at `centre_s` its centre was there (gate 0: the loader's push).
    `missed` gates after that one should have seen it and did not. `rod` is the rod of its sure label, None until
    it has one; `answered` tells that the recognizer has spoken. `doubt` says why it may not be pushed any more.
    """

    __slots__ = (
        "answered", "blocked_at", "blocked_s", "centre_s", "doubt", "gate", "image", "loaded_s", "missed", "number",
        "rod", "seen",
    )  # fmt: skip

    def __init__(self, number: int, loaded_s: float) -> None:
        self.number = number
        self.loaded_s = loaded_s
        self.centre_s = loaded_s
        self.gate = 0
        self.missed = 0
        self.image: int | None = None
        self.answered = False
        self.rod: int | None = None
        self.doubt: str | None = None
        self.blocked_at: int | None = None
        self.blocked_s = 0.0
        self.seen = False

    @property
    def next_gate(self) -> int:
        """The gate that should see it next."""
        return self.gate + self.missed + 1

    @property
    def overdue(self) -> bool:
        """Whether a gate that should have seen it did not, and none has since."""
        return self.missed > 0

    @property
    def unseen(self) -> bool:
        """Whether neither camera nor first gate saw it: as when the loader pushed nothing."""
        return self.missed > 0 and not self.seen

    def target_gate(self, gates: int) -> int:
        """The gate behind which it leaves the belt; one more than there are for an item that goes to reject."""
        return gates + 1 if self.rod is None or self.doubt is not None else self.rod - 1

    def picture_window_s(self, times: Times) -> tuple[float, float] | None:
        """From when to when its picture is to arrive; None while nothing is known."""
        picture = times.picture
        if picture.count == 0:
            return None
        due_s = self.loaded_s + picture.mean_s
        return due_s - picture.tolerance_s, due_s + picture.tolerance_s

    def nose_due_s(self, gate: int, times: Times) -> float | None:
        """When its nose is expected at a gate's beam, if it is a long item; None while not all is known."""
        way = times.ahead(self.gate, gate)
        return None if way is None else self.centre_s + way[0] - times.dwell.longest_s / 2

    def nose_window_s(self, gate: int, times: Times) -> tuple[float, float] | None:
        """From when to when its nose is to reach a gate's beam; None while not all is known."""
        way = times.ahead(self.gate, gate)
        if way is None:
            return None
        due_s, tolerance_s = self.centre_s + way[0], way[1]
        longest_s, shortest_s = LONGER * times.dwell.longest_s, SHORTER * times.dwell.shortest_s
        return due_s - longest_s / 2 - tolerance_s, due_s - shortest_s / 2 + tolerance_s

    def deadline_s(self, times: Times, patience_s: float) -> float:
        """When it is overdue: at the camera, then at the gate that should see it next, or leave it."""
        if self.blocked_at is not None:
            # It is in a beam, and may be held there: that a beam stays blocked for so long is the line's trouble.
            return self.blocked_s + patience_s
        if self.gate == 0 and self.image is None and self.doubt is None:
            window_s = self.picture_window_s(times)
            if window_s is not None:
                return window_s[1]
        if self.next_gate > times.gates or self.unseen:
            return self.centre_s + self._linger_s(times, patience_s)
        window_s = self.nose_window_s(self.next_gate, times)
        return self.centre_s + patience_s if window_s is None else window_s[1]

    def _linger_s(self, times: Times, patience_s: float) -> float:
        way = times.ahead(self.gate, times.gates if self.seen else 1)
        return patience_s if way is None else LATE_SHARE * way[0] + LATE_S
