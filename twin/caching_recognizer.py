"""A recognizer that knows its last answers: twin and controller ask about the same pictures, the model runs once."""

import hashlib
import threading
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from classifier import ClassifierError, Recognition, Recognizer
from controller.errors import RecognizerError
from controller.system import wall_s

REMEMBERED_IMAGES: Final = 256
LATENCY_SAMPLES: Final = 10_000


class CachingRecognizer:
    """Any recognizer, with its last answers and errors by picture. The controller sorts an item by its answer; the
    twin judges the item's end by the same one. `seconds` has the wall time of each answer. For any thread.
    """

    def __init__(self, inner: Recognizer) -> None:
        self._inner = inner
        self._answers: OrderedDict[bytes, Recognition | Exception] = OrderedDict()
        self._lock = threading.Lock()
        self._ahead = ThreadPoolExecutor(1, "recognizer")
        self.seconds: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def classify(self, image: bytes) -> Recognition:
        """The inner recognizer's answer. Raises what that raises."""
        answer = self.ask(image)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask(self, image: bytes) -> Recognition | Exception:
        """The inner recognizer's answer, or its error."""
        key = _key(image)
        with self._lock:
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = self._ask(image)
                if len(self._answers) > REMEMBERED_IMAGES:
                    self._answers.popitem(last=False)
        return answer

    def prefetch(self, image: bytes) -> None:
        """Begin to answer for a picture, in a thread of its own: whoever asks later need not wait."""
        self._ahead.submit(self.ask, image)

    def close(self) -> None:
        """End that thread; what it has not begun is not begun."""
        self._ahead.shutdown(wait=True, cancel_futures=True)

    def _ask(self, image: bytes) -> Recognition | Exception:
        before_s = wall_s()
        try:
            return self._inner.classify(image)
        except (ClassifierError, RecognizerError) as error:
            return error
        finally:
            self.seconds.append(wall_s() - before_s)


def _key(image: bytes) -> bytes:
    return hashlib.blake2b(image, digest_size=16).digest()
