"""The bins: where items end. Bin `k` belongs to rod `k`; the reject bin stands at the belt's end."""

from collections.abc import Iterable
from typing import Final

REJECT: Final = 0
"""The reject bin's number in traces; files and tables call it `reject`."""


def bin_name(number: int) -> str:
    """What a bin is called in summaries and tables."""
    return "reject" if number == REJECT else str(number)


class Bins:
    """How many items lie in each bin."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.counts: dict[int, int] = dict.fromkeys((*numbers, REJECT), 0)

    def receive(self, number: int) -> None:
        """An item falls into a bin."""
        self.counts[number] += 1
