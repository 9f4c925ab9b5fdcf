"""Where in a function's code a `while` loop begins another lap. A `for` loop ends by itself; it may not."""

from __future__ import annotations

import dis
from types import CodeType
from typing import Set

_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
_ITERATE = ("FOR_ITER", "SEND")
"""What a jump back leads to in a `for` loop, and in `await`."""


def laps(code: CodeType) -> Set[int]:
    """The offsets in the code at which a line can begin that starts another lap of a `while` loop.

    Depending on the version of Python that is the jump back, or where it leads.
    """
    steps = list(dis.get_instructions(code))
    numbers = {step.offset: number for number, step in enumerate(steps)}
    found: Set[int] = set()
    for number, step in enumerate(steps):
        if step.opcode not in _JUMPS or step.argval > step.offset:
            continue
        first = last = numbers[step.argval]
        while steps[last].opname == "EXTENDED_ARG":
            last += 1
        if steps[last].opname in _ITERATE:
            continue
        before = number
        while before and steps[before - 1].opname == "EXTENDED_ARG":
            before -= 1
        found.update(steps[each].offset for each in (first, last, before, number))
    return found
