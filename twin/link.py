"""The seam between the twin's time and whoever controls the line."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Reply(NamedTuple):
    """What the controller answered: payloads for `aa` in order, and when it wants to be woken next (or None)."""

    commands: Sequence[bytes]
    next_s: float | None


class Link(Protocol):
    """A controller reached in virtual time."""

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Deliver payloads of `bb` at `now_s`, let the controller handle them and all that is due, and return.

        Raises `ParticipantError` when it does not answer.
        """

    def close(self) -> None:
        """Let go of the controller."""
