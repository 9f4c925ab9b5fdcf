"""The rules of the line, one small class each. They read the trace and nothing else."""

from typing import Final

from twin.verdict.checks.check import Check, Excused, Violation
from twin.verdict.checks.checks import Checks
from twin.verdict.checks.control import Crash, NotAtRest, Protocol, UnsafeStop
from twin.verdict.checks.rods import Jam, PushedAtNothing, RodLeftOut, Struck
from twin.verdict.checks.sorting import Lost, NeedlessReject, Stalled, WrongBin

ALL_CHECKS: Final[tuple[type[Check], ...]] = (
    WrongBin, Struck, Jam, RodLeftOut, PushedAtNothing, Protocol, NeedlessReject, Stalled, Lost, Crash, UnsafeStop,
    NotAtRest,
)  # fmt: skip

__all__ = ["ALL_CHECKS", "Check", "Checks", "Excused", "Violation"]
