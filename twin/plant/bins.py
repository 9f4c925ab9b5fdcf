"""The bins: where items end. Bin `k` belongs to rod `k`; the reject bin stands at the belt's end."""

from collections.abc import Iterable

from twin.scenario.layout import REJECT


class Bins:
    """How many items lie in each bin."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.counts: dict[int, int] = dict.fromkeys((*numbers, REJECT), 0)

    def receive(self, number: int) -> None:
        """An item falls into a bin."""
        self.counts[number] += 1
