"""Counts and logs refused payloads and unrecognised pictures, at a limited rate."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from controller.core.events import Unrecognised
from controller.errors import WireError

QUIET_S: Final = 1.0
"""At most one line of each kind is logged in this time."""

LONGEST_DETAIL: Final = 300

_log = logging.getLogger(__name__)


class Refusals:
    """Counts refused payloads by kind, and unrecognised pictures. `now_s` is the clock for the log's rate."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._logged_s: dict[tuple[str, str], float] = {}
        self._unlogged: Counter[tuple[str, str]] = Counter()
        self.counts: Counter[str] = Counter()
        self.unrecognised = 0

    def see(self, error: WireError) -> None:
        """Count and log a refused payload."""
        self.counts[error.kind] += 1
        self._log("payload_refused", error.kind, error.detail, self.counts[error.kind])

    def miss(self, unrecognised: Unrecognised) -> None:
        """Count and log a picture without an answer; its item rides to reject."""
        self.unrecognised += 1
        self._log("picture_unrecognised", "no answer", unrecognised.reason, self.unrecognised)

    def _log(self, event: str, kind: str, detail: str, count: int) -> None:
        key, now_s = (event, kind), self._now_s()
        if now_s - self._logged_s.get(key, float("-inf")) < QUIET_S:
            self._unlogged[key] += 1
            return
        self._logged_s[key] = now_s
        _log.warning(
            "%s t_s=%.3f kind=%r detail=%r count=%d unlogged=%d",
            event, now_s, kind, detail[:LONGEST_DETAIL], count, self._unlogged.pop(key, 0),
        )  # fmt: skip
