"""The link in memory: the real controller's session in the twin's own thread, no socket, no wall clock."""

import traceback
from collections.abc import Callable, Sequence

from classifier import Recognizer
from controller.core.controller import Controller
from controller.core.events import BrokerBack, BrokerLost, Start, Stop
from controller.session import Session
from controller.settings import Settings
from controller.simulation.simulated_recognitions import SimulatedRecognitions
from twin.errors import ParticipantError
from twin.links.base import Reply

ControllerOf = Callable[[Settings], Controller]


class MemoryLink:
    """A controller's session, called directly. It starts at the first exchange."""

    def __init__(self, controller: ControllerOf, settings: Settings, recognizer: Recognizer) -> None:
        self._make: Callable[[], Session] = lambda: Session(controller(settings), SimulatedRecognitions(recognizer))
        self._session: Session | None = None

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Feedback first, then what is due. Raises `ParticipantError` for whatever the controller raises."""
        return self._talk(now_s, (), feedback)

    def rejoin(self, now_s: float) -> Reply:
        """Tell the controller that the broker was lost and is back."""
        return self._talk(now_s, (BrokerLost(), BrokerBack()), ())

    def stop(self, now_s: float) -> Reply:
        """Tell the controller to end."""
        return self._talk(now_s, (Stop(),), ())

    def kill(self) -> None:
        """Forget the session."""
        self._session = None

    def revive(self, now_s: float) -> Reply:
        """Start another session."""
        self._session = None
        return self._talk(now_s, (), ())

    def _talk(self, now_s: float, events: Sequence[BrokerLost | BrokerBack | Stop], feedback: Sequence[bytes]) -> Reply:
        commands: tuple[bytes, ...] = ()
        try:
            if self._session is None:
                self._session = self._make()
                commands += self._session.tell(Start(), now_s)
            for event in events:
                commands += self._session.tell(event, now_s)
            for payload in feedback:
                commands += self._session.receive(payload, now_s)
            commands += self._session.wake(now_s)
        except Exception as error:  # The controller is what is under test: whatever it raises is its crash.
            raise ParticipantError(crash_words(error)) from error
        return Reply(commands, self._session.next_deadline_s)

    def close(self) -> None:
        """Nothing to let go of."""


def crash_words(error: Exception) -> str:
    """What a controller died of, and where, in one line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (in {where.name}, line {where.lineno})"
