"""Warnings about labels without a bin, as from a service that spells a class differently."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from classifier import UNKNOWN, Recognition, Recognizer

MOST_LABELS: Final = 100
"""The check warns about at most this many labels: a faulty recognizer may invent new ones without end."""

LONGEST_LABEL: Final = 40

_log = logging.getLogger(__name__)


class LabelCheck:
    """A recognizer that logs one warning for each label that has no bin and is not `unknown`.

    Items with such a label ride to reject. `threshold` is the inner recognizer's, None if it has none. `now_s` is the
    log's clock. Not thread-safe.
    """

    def __init__(self, inner: Recognizer, bins: Mapping[str, int], now_s: Callable[[], float]) -> None:
        self.threshold: float | None = getattr(inner, "threshold", None)
        self._inner = inner
        self._bins = bins
        self._now_s = now_s
        self._warned: set[str] = set()

    def classify(self, image: bytes) -> Recognition:
        """The inner recognizer's answer. Raises what that raises."""
        recognition = self._inner.classify(image)
        label = recognition.label
        if label not in self._bins and label != UNKNOWN and label not in self._warned:
            self._warn(label)
        return recognition

    def _warn(self, label: str) -> None:
        if len(self._warned) >= MOST_LABELS:
            return
        self._warned.add(label)
        _log.warning(
            "label_without_bin t_s=%.3f label=%r bins=%s: items with it ride to reject",
            self._now_s(), label[:LONGEST_LABEL], dict(self._bins),
        )  # fmt: skip
