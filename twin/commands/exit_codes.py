"""The exit codes of `twin`; 0 means that all is well."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twin.report.reported import Verdict
    from twin.run import Run

VIOLATED: Final = 1
"""A rule was broken, or a check failed."""

REFUSED: Final = 2
"""Bad usage, or bad input."""

INTERRUPTED: Final = 130
"""Ended by a signal, so without a verdict. It is the shell's code for one that SIGINT ended."""


def exit_code(judged: "Run | Verdict") -> int:
    """The exit code of a run, or of what was found in one."""
    if judged.interrupted:
        return INTERRUPTED
    return VIOLATED if judged.violations else 0
