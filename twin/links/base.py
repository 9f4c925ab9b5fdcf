"""What the twin requires of a link that reaches a controller in virtual time."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Reply(NamedTuple):
    """A controller's answer: payloads for `aa`, in order, and its next deadline in s (None: it has none)."""

    commands: Sequence[bytes]
    next_s: float | None


class Link(Protocol):
    """A link to a controller in virtual time. `now_s` is the time since the run began, in s."""

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Deliver payloads of `bb` at `now_s`, and return once the controller has handled them and all that is due.

        Raises `ParticipantError` if the controller does not answer.
        """

    def rejoin(self, now_s: float) -> Reply:
        """Let the controller handle the loss and the return of its connection to the broker.

        Raises `ParticipantError` if the controller does not come back.
        """

    def stop(self, now_s: float) -> Reply:
        """Tell the controller to end: it loads no further item, clears the belt and brings the line to rest.

        Raises `ParticipantError` if the controller does not answer.
        """

    def kill(self) -> None:
        """End the controller abruptly: it sends nothing more."""

    def revive(self, now_s: float) -> Reply:
        """Start another controller in place of the killed one. Raises `ParticipantError` if it does not start."""

    def close(self) -> None:
        """Release the controller."""
