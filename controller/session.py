"""A controller at work, without its network: payloads in, payloads out, next deadline (still sans-IO).

The same session runs under every clock and link; who owns it decides where payloads come from and what `now_s`
is. Recognitions are the one thing that differs: computed at once and due after their modelled latency where the
clock is virtual (`Modelled`), or done beside it by a worker (`controller.worker`) where it is the wall.
"""

import heapq
from collections.abc import Callable
from typing import Protocol

from classifier import ClassifierError, Recognizer
from controller import codec
from controller.errors import RecognizerError, WireError
from controller.events import (
    BrokerBack,
    BrokerLost,
    Event,
    Finished,
    ImageSeen,
    Output,
    Recognise,
    Recognised,
    Start,
    Stop,
    Tick,
    Unrecognised,
)
from controller.oracle import Silent, read_note

Answered = Recognised | Unrecognised


class Core(Protocol):
    """What decides: `Controller`, or another in its place."""

    @property
    def ending(self) -> bool:
        """Whether it loads no more, and is only about to bring the line to rest."""

    @property
    def next_deadline_s(self) -> float | None:
        """When it wants a `Tick` if nothing happens before."""

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        """Take an event; returns what is to be said and asked, in order. Times never fall."""


class Recognitions(Protocol):
    """Recognitions under way."""

    @property
    def next_due_s(self) -> float | None:
        """When the next answer is due; None if none is, or if it announces itself."""

    def submit(self, image: int, content: bytes, now_s: float) -> None:
        """Begin to recognise a picture."""

    def due(self, now_s: float) -> Answered | None:
        """The next answer that is there at `now_s`, or None."""


class Modelled:
    """Recognitions in virtual time: computed at once, due after the latency that the picture's note models."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._pending: list[tuple[float, int, Answered]] = []

    @property
    def next_due_s(self) -> float | None:
        """When the next answer is due."""
        return self._pending[0][0] if self._pending else None

    def submit(self, image: int, content: bytes, now_s: float) -> None:
        """Recognise a picture; a silent recognizer's answer never comes."""
        note = read_note(content)
        latency_s = 0.0
        if note is not None:
            if isinstance(note.answer, Silent):
                return
            latency_s = note.latency_s
        heapq.heappush(self._pending, (now_s + latency_s, image, answer(self._recognizer, image, content)))

    def due(self, now_s: float) -> Answered | None:
        """The next answer due at or before `now_s`."""
        if self._pending and self._pending[0][0] <= now_s:
            return heapq.heappop(self._pending)[2]
        return None


def answer(recognizer: Recognizer, image: int, content: bytes) -> Answered:
    """What the recognizer says of a picture, as the core's event."""
    try:
        recognition = recognizer.classify(content)
    except (ClassifierError, RecognizerError) as error:
        return Unrecognised(image=image, reason=str(error))
    return Recognised(image=image, label=recognition.label, confidence=recognition.confidence)


class Session:
    """One controller from its start to its end.

    Feeds the core with what arrives, what the recognizer answers and what falls due, in that order at one
    instant, and spells its commands. `on_refused` hears of payloads that are no feedback, `on_unrecognised` of
    pictures without an answer. `finished` is true once the core has said so.
    """

    def __init__(
        self, core: Core, recognitions: Recognitions,
        on_refused: Callable[[WireError], None] = lambda error: None,
        on_unrecognised: Callable[[Unrecognised], None] = lambda unrecognised: None,
    ) -> None:  # fmt: skip
        self._core = core
        self._recognitions = recognitions
        self._on_refused = on_refused
        self._on_unrecognised = on_unrecognised
        self._images = 0
        self.finished = False

    @property
    def ending(self) -> bool:
        """Whether the core is only about to bring the line to rest."""
        return self._core.ending

    @property
    def next_deadline_s(self) -> float | None:
        """When `wake` is due next if nothing arrives before."""
        core_s, due_s = self._core.next_deadline_s, self._recognitions.next_due_s
        if core_s is None or due_s is None:
            return due_s if core_s is None else core_s
        return min(core_s, due_s)

    def tell(self, event: Start | Stop | BrokerLost | BrokerBack, now_s: float) -> tuple[bytes, ...]:
        """Hand the core something that did not come over `bb`; returns payloads for `aa`."""
        return self._handle(event, now_s, b"")

    def receive(self, payload: bytes, now_s: float) -> tuple[bytes, ...]:
        """Handle one payload from `bb`; returns payloads for `aa`. What is no feedback is counted and dropped."""
        try:
            feedback = codec.decode_feedback(payload)
        except WireError as error:
            self._on_refused(error)
            return ()
        if isinstance(feedback, codec.Image):
            self._images += 1
            return self._handle(ImageSeen(image=self._images), now_s, feedback.content)
        return self._handle(feedback, now_s, b"")

    def wake(self, now_s: float) -> tuple[bytes, ...]:
        """Handle all that is due at or before `now_s`; returns payloads for `aa`."""
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
            elif isinstance(output, Finished):
                self.finished = True
            else:
                payloads += (codec.encode_command(output),)
        return payloads
