"""OpenCV's windows without a screen: nothing is shown, and no key is pressed."""

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
    """Replace OpenCV's windows once it is imported. `wait` takes virtual time."""

    def wait_key(delay: int = 0, *_: Any) -> int:
        """A wait for a key without a limit ends at once, since no key is ever pressed."""
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
