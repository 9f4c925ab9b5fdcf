"""The loader: rod 1 and the stack of items before it. A completed push moves the item before the rod onto the belt.

When a push begins with the rod fully in, the next item of the stack drops before the rod, if one is available by then.
A push without an item before the rod loads nothing.
"""

from collections.abc import Callable, Iterator

from twin.plant.fault_injector import FaultInjector
from twin.plant.rod import Rod
from twin.scenario.faults import DoublePush, EmptyPush
from twin.scenario.item import Item
from twin.timeline import Timeline
from twin.trace import Stroke


class Loader:
    """The loader's stack, and what rod 1 does with it.

    `on_loaded` gets the item that is now on the belt, and the gap in m to the one that the same push has put ahead of
    it (None: it is at the loader); or no item for a push that loads nothing. It returns the item's number.
    """

    def __init__(
        self, timeline: Timeline, stack: Iterator[Item], faults: FaultInjector,
        on_loaded: Callable[[Item | None, float | None], int | None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._stack = stack
        self._faults = faults
        self._on_loaded = on_loaded
        self._top = next(stack, None)
        self._before_rod: Item | None = None

    @property
    def empty(self) -> bool:
        """Whether neither the stack nor the place before the rod holds an item."""
        return self._top is None and self._before_rod is None

    @property
    def next_available_s(self) -> float | None:
        """The time from which the next item can be pushed, in s; None if no item is left."""
        item = self._before_rod or self._top
        return None if item is None else item.available_s

    def move(self, rod: Rod) -> None:
        """Rod 1 has changed its stroke."""
        if rod.stroke is Stroke.EXTENDING and rod.share_out == 0.0:
            self._drop()
        elif rod.stroke is Stroke.OUT:
            self._put_on_belt()

    def _put_on_belt(self) -> None:
        slipped = self._faults.first(EmptyPush)
        if slipped is not None and self._before_rod is not None:
            self._faults.disturb(slipped, "push_slipped", "loader", at_m=0.0)
            self._on_loaded(None, None)
            return
        item, self._before_rod = self._before_rod, None
        number = self._on_loaded(item, None)
        double = self._faults.first(DoublePush)
        if double is not None and item is not None and self._top is not None:
            second, self._top = self._top, next(self._stack, None)
            other = self._on_loaded(second, double.gap_m)
            self._faults.disturb(double, "two_loaded", "loader", item=number)
            self._faults.disturb(double, "two_loaded", "loader", item=other)

    def _drop(self) -> None:
        if self._before_rod is None and self._top is not None and self._top.available_s <= self._timeline.now:
            self._before_rod, self._top = self._top, next(self._stack, None)
