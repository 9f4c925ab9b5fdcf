"""Recognitions under the wall clock, done by a worker beside the session's thread: no gate ever waits for one."""

import queue
import threading
from collections.abc import Callable
from typing import Final

from classifier import Recognizer
from controller.events import Unrecognised
from controller.session import Answered, answer

QUEUED_IMAGES: Final = 8
END_S: Final = 5.0


class Worker:
    """One thread that recognises pictures, in order; `poke` wakes the session when an answer is there.

    A picture that comes while too many wait is answered as unrecognised at once.
    """

    def __init__(self, recognizer: Recognizer, poke: Callable[[], None]) -> None:
        self._recognizer = recognizer
        self._poke = poke
        self._waiting: queue.Queue[tuple[int, bytes] | None] = queue.Queue(maxsize=QUEUED_IMAGES)
        self._answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="recognizer", daemon=True)

    @property
    def next_due_s(self) -> float | None:
        """Answers announce themselves by `poke`."""
        return None

    def submit(self, image: int, content: bytes, now_s: float) -> None:
        """Let a picture be recognised."""
        try:
            self._waiting.put_nowait((image, content))
        except queue.Full:
            self._answers.put(Unrecognised(image=image, reason="too many pictures wait"))

    def due(self, now_s: float) -> Answered | None:
        """The next answer that is there."""
        try:
            return self._answers.get_nowait()
        except queue.Empty:
            return None

    def __enter__(self) -> "Worker":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._waiting.put(None)
        self._thread.join(END_S)

    def _work(self) -> None:
        while (picture := self._waiting.get()) is not None:
            self._answers.put(answer(self._recognizer, *picture))
            self._poke()
