"""What came over `bb` and is none of the line's messages: counted, and logged without letting a flood flood the log."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from controller.errors import WireError

QUIET_S: Final = 1.0
"""Of one kind one line at most is logged in so long a time."""

_log = logging.getLogger(__name__)


class Refusals:
    """Counts refused payloads by kind; `now_s` is the clock that the pauses between log lines go by."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._logged_s: dict[str, float] = {}
        self._unlogged: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def see(self, error: WireError) -> None:
        """Take note of a refused payload."""
        kind, now_s = error.kind, self._now_s()
        self.counts[kind] += 1
        if now_s - self._logged_s.get(kind, float("-inf")) < QUIET_S:
            self._unlogged[kind] += 1
            return
        self._logged_s[kind] = now_s
        unlogged = self._unlogged.pop(kind, 0)
        _log.warning(
            "payload_refused t_s=%.3f kind=%r detail=%r count=%d unlogged=%d",
            now_s, kind, error.detail, self.counts[kind], unlogged,
        )  # fmt: skip
