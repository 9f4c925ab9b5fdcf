"""Recognitions under the wall clock, in a thread of their own, so that no gate edge waits for one."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from classifier import Recognizer
from controller.core.events import Unrecognised
from controller.session import Answered, answer
from controller.system import wall_s

QUEUED_IMAGES: Final = 8
ANSWER_TIMEOUT_S: Final = 10.0
"""A picture without an answer for this long counts as unrecognised."""

END_S: Final = 2.0

_log = logging.getLogger(__name__)


class Worker:
    """One thread that recognises pictures in order. It calls `poke` to wake the session for each answer.

    A picture is unrecognised if the queue is full when it comes, or if its answer takes longer than `timeout_s`.
    """

    def __init__(
        self, recognizer: Recognizer, poke: Callable[[], None], *, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self._recognizer = recognizer
        self._poke = poke
        self._timeout_s = timeout_s
        self._waiting: queue.Queue[tuple[int, bytes] | None] = queue.Queue(maxsize=QUEUED_IMAGES)
        self._answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._pending: dict[int, float] = {}
        self._thread = threading.Thread(target=self._work, name="recognizer", daemon=True)

    @property
    def next_due_s(self) -> float | None:
        """When the oldest picture times out. Answers wake the session by `poke`."""
        return next(iter(self._pending.values()), None)

    def submit(self, image: int, content: bytes, now_s: float) -> None:
        """Queue a picture."""
        self._pending[image] = now_s + self._timeout_s
        try:
            self._waiting.put_nowait((image, content))
        except queue.Full:
            self._answers.put(Unrecognised(image=image, reason="too many pictures in the queue"))

    def due(self, now_s: float) -> Answered | None:
        """The next answer, or the next picture that has timed out; None if there is neither."""
        while not self._answers.empty():
            answered = self._answers.get_nowait()
            if self._pending.pop(answered.image, None) is not None:
                return answered
        for image, until_s in self._pending.items():
            if until_s > now_s:
                break
            del self._pending[image]
            return Unrecognised(image=image, reason=f"no answer within {self._timeout_s:g} s")
        return None

    def __enter__(self) -> "Worker":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._pending.clear()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # The recognizer hangs. The thread is a daemon and ends with the process.
        self._thread.join(END_S)

    def _work(self) -> None:
        while (picture := self._waiting.get()) is not None:
            image, content = picture
            if image not in self._pending:
                continue  # It has timed out.
            self._answers.put(self._answer(image, content))
            self._poke()

    def _answer(self, image: int, content: bytes) -> Answered:
        try:
            return answer(self._recognizer, image, content)
        except Exception as error:  # After any error the next pictures are still recognised.
            _log.exception("recognizer_failed t_s=%.3f image=%d", wall_s(), image)
            return Unrecognised(image=image, reason=f"{type(error).__name__}: {error}")
