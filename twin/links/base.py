"""What the twin requires of a link to a controller, and of a controller's program."""

import signal
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from controller.core.base import Core
from controller.settings import Settings

ControllerOf = Callable[[Settings], Core]
"""Makes the core of a controller that runs in this process."""


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


class Exit(NamedTuple):
    """How a controller ended: its exit code (0: its work was done) and the reason in words."""

    code: int
    reason: str


class Program(Protocol):
    """A controller that is reached over a broker. It can be started, killed and started again."""

    def start(self) -> None:
        """Start the controller. Raises `TwinError` if that fails."""

    def kill(self) -> None:
        """End the controller abruptly."""

    def end(self) -> None:
        """End the controller in good order, within seconds."""

    def exit(self) -> Exit | None:
        """How the controller ended by itself; None while it runs."""

    def stop(self, number: signal.Signals) -> None:
        """Ask the controller to end, as a signal does."""

    def note_output(self, now_s: float) -> None:
        """Note how much the controller has written by this time."""

    @property
    def started(self) -> bool:
        """Whether the twin starts the controller; otherwise it connects by itself."""


def crash_reason(error: Exception) -> str:
    """The exception with which a controller crashed, and where, in one line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (in {where.name}, line {where.lineno})"
