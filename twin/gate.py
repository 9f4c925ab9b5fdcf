"""A gate: a photo-gate's beam across the belt at one point, blocked while an item is in it."""

from collections.abc import Callable


class Gate:
    """A gate's beam. `on_edge` is told of each change: from clear to blocked and back, always in turn."""

    def __init__(self, number: int, position_m: float, on_edge: Callable[["Gate"], None]) -> None:
        self.number = number
        self.position_m = position_m
        self._on_edge = on_edge
        self._inside = 0
        self.blocked = False

    def enter(self) -> None:
        """An item's nose reaches the beam."""
        self._inside += 1
        if not self.blocked:
            self.blocked = True
            self._on_edge(self)

    def leave(self, *, followed: bool) -> None:
        """An item's tail leaves the beam; `followed` when another's nose touches it, so that no light gets through."""
        assert self._inside > 0, f"nothing was in the beam of gate {self.number}"
        self._inside -= 1
        if self._inside == 0 and not followed:
            self.blocked = False
            self._on_edge(self)
