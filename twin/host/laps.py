"""Where in a function's code a `while` loop begins another lap, or has laps without a line."""

from __future__ import annotations

import dis
import sys
from types import CodeType
from typing import Set

_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
_SILENT = (3, 10) <= sys.version_info < (3, 12)
"""Whether a lap that is a single jump begins no line, for who traces lines."""

_ITERATE = ("FOR_ITER", "SEND")
"""What a jump back leads to in a `for` loop, and in `await`."""


def laps(code: CodeType) -> Set[int]:
    """The offsets in the code at which a line can begin that starts another lap of a `while` loop.

    A `for` loop ends by itself; a `while` loop may not. Depending on the version of Python that is the jump back, or
    where it leads.
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


def silent_laps(code: CodeType) -> Set[int]:
    """The offsets of loops of which no lap begins a line: `while True: pass` is a jump to itself."""
    if not _SILENT:
        return set()
    return {step.offset for step in dis.get_instructions(code) if step.opcode in _JUMPS and step.argval == step.offset}
