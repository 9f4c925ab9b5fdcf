"""Simulated recognitions, in virtual time."""

import heapq

from classifier import Recognizer
from controller.session import Answered, answer
from controller.simulation.oracle import Silent, read_note


class SimulatedRecognitions:
    """Recognitions in virtual time: computed at once, due after the latency that the picture's note models."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._pending: list[tuple[float, int, Answered]] = []

    @property
    def next_due_s(self) -> float | None:
        """When the next answer is due."""
        return self._pending[0][0] if self._pending else None

    def submit(self, image: int, content: bytes, now_s: float) -> None:
        """Recognise a picture. If its note says `silent`, the answer never comes."""
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
