"""The pictures that the line has shown, by what is to be seen: for programs that encode a picture anew.

A program may decode a picture, perhaps to resize it, and post what it encoded itself. The scenario's note
(`controller.simulation.oracle`) is then lost, so the twin looks for the picture that was meant.
"""

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

MOST_SHOWN: Final = 64
"""How many pictures are remembered; a line has fewer items than these on its belt."""

_GRID_PX: Final = 16
_ALIKE: Final = 12.0
"""The mean difference, of 255, up to which two pictures on the grid are one that was encoded twice."""


class ShownPictures:
    """The last pictures that the camera took. Safe for use by several threads."""

    def __init__(self) -> None:
        self._images: deque[bytes] = deque(maxlen=MOST_SHOWN)
        self._lock = threading.Lock()

    def see(self, digest: str, image: bytes) -> None:
        """Remember a picture, the bytes of an image file."""
        with self._lock:
            self._images.append(image)

    def original(self, image: bytes) -> bytes:
        """The shown picture that looks most like this one, and the later one of two; `image` itself if none does."""
        with self._lock:
            shown = list(self._images)
        if image in shown or not shown:
            return image
        grid = _grid(image)
        if grid is None:
            return image
        found, least = image, _ALIKE
        for candidate in reversed(shown):
            other = _grid(candidate)
            difference = least if other is None else float(abs(grid - other).mean())
            if difference < least:
                found, least = candidate, difference
        return found


def _grid(image: bytes) -> "np.ndarray | None":
    """The picture's colours [16, 16, 3] on a coarse grid, or None if it cannot be decoded."""
    import cv2  # Imported here because few programs need it.
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if image else None
    if pixels is None:
        return None
    return cv2.resize(pixels, (_GRID_PX, _GRID_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
