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

    def rejoin(self, now_s: float) -> Reply:
        """The controller's connection was lost and is there again, of which it is told now.

        Raises `ParticipantError` when it does not come back.
        """

    def stop(self, now_s: float) -> Reply:
        """The controller is told to end: no further item, the belt clears, everything comes to rest.

        Raises `ParticipantError` when it does not answer.
        """

    def kill(self) -> None:
        """The controller dies without a word."""

    def revive(self, now_s: float) -> Reply:
        """A controller like the dead one starts in its place. Raises `ParticipantError` when it does not."""

    def close(self) -> None:
        """Let go of the controller."""
