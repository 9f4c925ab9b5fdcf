"""The rules of the line, one small class each; they read the trace and nothing else."""

from typing import Final

from twin.checks.check import Check, Checks, Violation
from twin.checks.control import Crash, Protocol, UnsafeStop
from twin.checks.rods import Jam, PushedAtNothing, RodLeftOut, Struck
from twin.checks.sorting import Lost, NeedlessReject, Stalled, WrongBin

ALL_CHECKS: Final[tuple[type[Check], ...]] = (
    WrongBin, Struck, Jam, RodLeftOut, PushedAtNothing, Protocol, NeedlessReject, Stalled, Lost, Crash, UnsafeStop,
)  # fmt: skip

__all__ = ["ALL_CHECKS", "Check", "Checks", "Violation"]
