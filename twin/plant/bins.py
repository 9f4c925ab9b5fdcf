"""The bins that items fall into. Bin `k` belongs to rod `k`; the reject bin stands at the end of the belt."""

from collections.abc import Iterable

from twin.scenario.layout import REJECT


class Bins:
    """The number of items in each bin: `counts`, by bin number."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.counts: dict[int, int] = dict.fromkeys((*numbers, REJECT), 0)

    def receive(self, number: int) -> None:
        """Count an item that falls into a bin."""
        self.counts[number] += 1
