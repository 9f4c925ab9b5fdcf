"""Labels that the recognizer says and no bin is for: a service that spells a class otherwise is not passed over."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from classifier import UNKNOWN, Recognition, Recognizer

MOST_LABELS: Final = 100
"""A recognizer that makes up ever more labels is not told of for ever."""

LONGEST_LABEL: Final = 40

_log = logging.getLogger(__name__)


class LabelCheck:
    """A recognizer whose labels are looked at: of each that has none of the `bins` and is not `unknown` one warning.

    Its items ride to reject all the same. `now_s` is the time of the log. For one thread at a time.
    """

    def __init__(self, inner: Recognizer, bins: Mapping[str, int], now_s: Callable[[], float]) -> None:
        self._inner = inner
        self._bins = bins
        self._now_s = now_s
        self._strange: set[str] = set()

    def classify(self, image: bytes) -> Recognition:
        """The inner recognizer's answer. Raises what that raises."""
        recognition = self._inner.classify(image)
        label = recognition.label
        if label not in self._bins and label != UNKNOWN and label not in self._strange:
            self._warn(label)
        return recognition

    def _warn(self, label: str) -> None:
        if len(self._strange) >= MOST_LABELS:
            return
        self._strange.add(label)
        _log.warning(
            "label_without_bin t_s=%.3f label=%r bins=%s: such items ride to reject",
            self._now_s(), label[:LONGEST_LABEL], dict(self._bins),
        )  # fmt: skip
