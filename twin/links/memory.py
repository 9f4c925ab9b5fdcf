"""The link in memory: our controller's session in the twin's own thread, without socket or wall clock."""

from collections.abc import Callable, Sequence

from classifier import Recognizer
from controller.core.events import BrokerBack, BrokerLost, Start, Stop
from controller.session import Session
from controller.settings import Settings
from controller.simulation.simulated_recognitions import SimulatedRecognitions
from twin.errors import ParticipantError
from twin.links.base import ControllerOf, Reply, crash_reason


class MemoryLink:
    """Calls a controller's session directly. The session starts with the first exchange."""

    def __init__(self, controller: ControllerOf, settings: Settings, recognizer: Recognizer) -> None:
        self._make: Callable[[], Session] = lambda: Session(controller(settings), SimulatedRecognitions(recognizer))
        self._session: Session | None = None

    def exchange(self, now_s: float, feedback: Sequence[bytes]) -> Reply:
        """Deliver feedback, then let the controller do what is due.

        Raises `ParticipantError` if the controller raises anything.
        """
        return self._call(now_s, (), feedback)

    def rejoin(self, now_s: float) -> Reply:
        """Tell the controller that the broker was lost, and that it is back."""
        return self._call(now_s, (BrokerLost(), BrokerBack()), ())

    def stop(self, now_s: float) -> Reply:
        """Tell the controller to end."""
        return self._call(now_s, (Stop(),), ())

    def kill(self) -> None:
        """Drop the session."""
        self._session = None

    def revive(self, now_s: float) -> Reply:
        """Start a new session."""
        self._session = None
        return self._call(now_s, (), ())

    def _call(self, now_s: float, events: Sequence[BrokerLost | BrokerBack | Stop], feedback: Sequence[bytes]) -> Reply:
        commands: tuple[bytes, ...] = ()
        try:
            if self._session is None:
                self._session = self._make()
                commands += self._session.notify(Start(), now_s)
            for event in events:
                commands += self._session.notify(event, now_s)
            for payload in feedback:
                commands += self._session.receive(payload, now_s)
            commands += self._session.wake(now_s)
        except Exception as error:  # The controller is under test: any exception is its crash.
            raise ParticipantError(crash_reason(error)) from error
        return Reply(commands, self._session.next_deadline_s)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
