"""The controller without its network: payloads in, payloads out, and the next deadline (still sans-IO).

The same session runs under every clock and link. The caller supplies the payloads and the time. Only the recognitions
differ: under the wall clock a worker thread computes them (`controller.worker`), under a virtual clock they are
simulated (`controller.simulation`).
"""

from collections.abc import Callable
from typing import Protocol

from classifier import ClassifierError, Recognizer
from controller import wire
from controller.core.base import Core
from controller.core.events import (
    BrokerBack,
    BrokerLost,
    Event,
    Finished,
    ImageSeen,
    Recognise,
    Recognised,
    Sorted,
    Start,
    Stop,
    Tick,
    Unrecognised,
)
from controller.errors import RecognizerError, WireError

Answered = Recognised | Unrecognised


class Recognitions(Protocol):
    """The recognitions in progress."""

    @property
    def next_due_s(self) -> float | None:
        """When the next answer is due; None if there is none, or if the answer will wake the session itself."""

    def submit(self, image: int, content: bytes, now_s: float) -> None:
        """Begin to recognise a picture."""

    def due(self, now_s: float) -> Answered | None:
        """The next answer that is available at `now_s`, or None."""


def answer(recognizer: Recognizer, image: int, content: bytes) -> Answered:
    """The recognizer's answer for a picture, as the core's event."""
    try:
        recognition = recognizer.classify(content)
    except (ClassifierError, RecognizerError) as error:
        return Unrecognised(image=image, reason=str(error))
    return Recognised(image=image, label=recognition.label, confidence=recognition.confidence)


class Session:
    """One controller from its start to its end.

    At one instant the core gets the arrivals, then the recognizer's answers, then the deadline. Its commands are
    returned as payloads. `on_refused` is called for payloads that are not feedback, `on_unrecognised` for pictures
    without an answer, `on_sorted` at the next `wake` for each item that is sorted or rejected. `finished` is true once
    the core is.
    """

    def __init__(
        self, core: Core, recognitions: Recognitions,
        on_refused: Callable[[WireError], None] = lambda error: None,
        on_unrecognised: Callable[[Unrecognised], None] = lambda unrecognised: None,
        on_sorted: Callable[[Sorted], None] = lambda item: None,
    ) -> None:  # fmt: skip
        self._core = core
        self._recognitions = recognitions
        self._on_refused = on_refused
        self._on_unrecognised = on_unrecognised
        self._on_sorted = on_sorted
        self._sorted: list[Sorted] = []
        self._images = 0
        self.finished = False

    @property
    def ending(self) -> bool:
        """Whether the core loads no more, and only brings the line to rest."""
        return self._core.ending

    @property
    def next_deadline_s(self) -> float | None:
        """When `wake` is due next if nothing arrives before."""
        core_s, due_s = self._core.next_deadline_s, self._recognitions.next_due_s
        if core_s is None or due_s is None:
            return due_s if core_s is None else core_s
        return min(core_s, due_s)

    def notify(self, event: Start | Stop | BrokerLost | BrokerBack, now_s: float) -> tuple[bytes, ...]:
        """Pass the core an event that did not come over `bb`; returns payloads for `aa`."""
        return self._handle(event, now_s, b"")

    def receive(self, payload: bytes, now_s: float) -> tuple[bytes, ...]:
        """Handle one payload from `bb`; returns payloads for `aa`. What is not feedback goes to `on_refused`."""
        try:
            feedback = wire.decode_feedback(payload)
        except WireError as error:
            self._on_refused(error)
            return ()
        if isinstance(feedback, wire.Image):
            self._images += 1
            return self._handle(ImageSeen(image=self._images), now_s, feedback.content)
        return self._handle(feedback, now_s, b"")

    def wake(self, now_s: float) -> tuple[bytes, ...]:
        """Handle all that is due at or before `now_s`; returns payloads for `aa`."""
        while self._sorted:  # Only now, so that a log line never delays the command before it.
            self._on_sorted(self._sorted.pop(0))
        payloads: tuple[bytes, ...] = ()
        while (answered := self._recognitions.due(now_s)) is not None:
            if isinstance(answered, Unrecognised):
                self._on_unrecognised(answered)
            payloads += self._handle(answered, now_s, b"")
        deadline_s = self._core.next_deadline_s
        if deadline_s is not None and deadline_s <= now_s:
            payloads += self._handle(Tick(), now_s, b"")
        return payloads

    def _handle(self, event: Event, now_s: float, content: bytes) -> tuple[bytes, ...]:
        payloads: tuple[bytes, ...] = ()
        for output in self._core.handle(event, now_s):
            if isinstance(output, Recognise):
                self._recognitions.submit(output.image, content, now_s)
            elif isinstance(output, Sorted):
                self._sorted.append(output)
            elif isinstance(output, Finished):
                self.finished = True
            else:
                payloads += (wire.encode_command(output),)
        return payloads
