"""A recognizer with a cache: twin and controller ask about the same pictures, and the model runs once for each."""

import hashlib
import threading
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from classifier import ClassifierError, Recognition, Recognizer
from controller.errors import RecognizerError
from controller.system import wall_s

CACHED_IMAGES: Final = 256
"""How many pictures keep their answer. An item needs its answer only until it is in a bin."""

LATENCY_SAMPLES: Final = 10_000


class CachingRecognizer:
    """A recognizer that caches the last answers and errors of `inner`, by picture. Safe for use by several threads.

    The controller sorts an item by the answer, and the twin judges the item's bin by the same answer. The controller
    (or the recognition service, for it) uses `classify`, the twin `ask`. `seconds` has the wall time of each answer of
    `inner`.
    """

    def __init__(self, inner: Recognizer) -> None:
        self._inner = inner
        self._answers: OrderedDict[bytes, Recognition | Exception] = OrderedDict()
        self._classified: deque[bytes] = deque(maxlen=CACHED_IMAGES)
        self._lock = threading.Lock()
        self._prefetching = ThreadPoolExecutor(1, "recognizer")
        self.seconds: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def classify(self, image: bytes) -> Recognition:
        """The inner recognizer's answer. Raises what the inner recognizer raises."""
        answer = self.ask(image)
        self._classified.append(_key(image))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def classified(self, image: bytes) -> bool:
        """Whether the controller got the answer for a picture from here."""
        return _key(image) in self._classified

    def ask(self, image: bytes) -> Recognition | Exception:
        """The inner recognizer's answer, or the error that it raised."""
        key = _key(image)
        with self._lock:
            answer = self._answers.get(key)
            if answer is None:
                answer = self._answers[key] = self._ask(image)
                if len(self._answers) > CACHED_IMAGES:
                    self._answers.popitem(last=False)
        return answer

    def prefetch(self, image: bytes) -> None:
        """Classify a picture ahead of time, in the cache's own thread, so that a later call need not wait."""
        self._prefetching.submit(self.ask, image)

    def close(self) -> None:
        """End the thread of `prefetch`. Pictures that it has not begun are dropped."""
        self._prefetching.shutdown(wait=True, cancel_futures=True)

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
