"""Windows of OpenCV without a screen: they are nowhere to be seen, and nobody presses a key."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable

from .imports import when_imported

NO_KEY = -1
_SILENT = (
    "imshow", "namedWindow", "moveWindow", "resizeWindow", "destroyWindow", "destroyAllWindows", "setWindowTitle",
    "setWindowProperty", "setMouseCallback", "createTrackbar", "setTrackbarPos", "startWindowThread", "displayOverlay",
)  # fmt: skip


def install(wait: Callable[[float], None]) -> None:
    """Take the place of OpenCV's windows, once it is imported; `wait` takes virtual time."""

    def wait_key(delay: int = 0, *_: Any) -> int:
        """A wait for any key without a limit ends at once: nobody is there to press one."""
        wait(max(int(delay), 1) / 1000)
        return NO_KEY

    def replace(module: ModuleType) -> None:
        new: dict[str, Any] = dict.fromkeys(_SILENT, lambda *_, **__: None)
        new.update(waitKey=wait_key, waitKeyEx=wait_key, pollKey=lambda: NO_KEY)
        new.update(
            getWindowProperty=lambda *_: 1.0, getTrackbarPos=lambda *_: 0, selectROI=lambda *_, **__: (0, 0, 0, 0)
        )
        for name, function in new.items():
            setattr(module, name, function)

    when_imported("cv2", replace)
