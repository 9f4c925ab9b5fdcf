"""OpenCV without a screen: nothing is shown, no key is pressed, and its clock is the program's."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any, Callable

from .functions import built_in
from .imports import when_imported

NO_KEY = -1
TICKS_HZ = 1e9
"""Ticks are counted in ns."""

_SILENT = (
    "moveWindow", "resizeWindow", "setWindowTitle", "setWindowProperty", "setMouseCallback", "startWindowThread",
    "displayOverlay",
)  # fmt: skip


def install(wait: Callable[[float], None], await_key: Callable[[], None]) -> None:
    """Replace OpenCV's windows and its clock once it is imported.

    `wait` takes virtual time; `await_key` waits for a key that never comes, and returns when a signal has come.
    """

    def replace(module: ModuleType) -> None:
        new: dict[str, Any] = dict.fromkeys(_SILENT, lambda *_, **__: None)
        new.update(Windows(wait, await_key).functions())
        new.update(getTickCount=_ticks, getCPUTickCount=_ticks, getTickFrequency=lambda: TICKS_HZ, TickMeter=TickMeter)
        for name, function in new.items():
            setattr(module, name, function if isinstance(function, type) else built_in(function))

    when_imported("cv2", replace)


class Windows:
    """The windows that are shown, and their bars, which nobody moves."""

    def __init__(self, wait: Callable[[float], None], await_key: Callable[[], None]) -> None:
        self._wait, self._await_any = wait, await_key
        self._shown: set[str] = set()
        self._bars: dict[tuple[str, str], int] = {}

    def functions(self) -> dict[str, Any]:
        """OpenCV's functions for them, by name."""
        return {
            "imshow": self._show, "namedWindow": self._show, "waitKey": self._await_key, "waitKeyEx": self._await_key,
            "destroyWindow": self._destroy, "destroyAllWindows": self._shown.clear,
            "getWindowProperty": lambda winname, prop_id: 1.0 if winname in self._shown else -1.0,
            "pollKey": lambda: NO_KEY, "selectROI": lambda *_, **__: (0, 0, 0, 0), "createTrackbar": self._add_bar,
            "setTrackbarPos": lambda trackbarname, winname, pos: self._bars.update({(trackbarname, winname): pos}),
            "getTrackbarPos": lambda trackbarname, winname: self._bars.get((trackbarname, winname), 0),
        }  # fmt: skip

    def _show(self, winname: str, *_: Any, **__: Any) -> None:
        self._shown.add(winname)

    def _destroy(self, winname: str) -> None:
        self._shown.discard(winname)

    def _add_bar(self, bar: str, name: str, value: int = 0, *_: Any, **__: Any) -> None:
        self._bars[bar, name] = value

    def _await_key(self, delay: int = 0, *_: Any) -> int:
        """A wait without a limit never ends, unless there is no window that could get a key."""
        while int(delay) <= 0 and self._shown:
            self._await_any()
        self._wait(max(int(delay), 1) / 1000)
        return NO_KEY


def _ticks() -> int:
    return time.monotonic_ns()


class TickMeter:
    """As OpenCV's stopwatch."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was measured."""
        self._began: int | None = None
        self._sum = self._last = self._count = 0

    def start(self) -> None:
        """Begin to measure."""
        self._began = _ticks()

    def stop(self) -> None:
        """End the measurement, and add it to those before."""
        if self._began is not None:
            self._last = _ticks() - self._began
            self._sum += self._last
            self._count += 1
            self._began = None

    def _mean_s(self) -> float:
        return self._sum / TICKS_HZ / self._count if self._count else 0.0

    def __getattr__(self, name: str) -> Callable[[], Any]:
        """The results, by OpenCV's names."""
        results = {
            "getTimeTicks": self._sum, "getTimeSec": self._sum / 1e9, "getTimeMilli": self._sum / 1e6,
            "getTimeMicro": self._sum / 1e3, "getLastTimeTicks": self._last, "getLastTimeSec": self._last / 1e9,
            "getLastTimeMilli": self._last / 1e6, "getLastTimeMicro": self._last / 1e3,
            "getAvgTimeSec": self._mean_s(), "getAvgTimeMilli": self._mean_s() * 1e3, "getCounter": self._count,
            "getFPS": 1 / self._mean_s() if self._sum else 0.0,
        }  # fmt: skip
        if name not in results:
            raise AttributeError(name)
        return lambda: results[name]
