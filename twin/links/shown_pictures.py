"""The pictures that the line has shown, by what is to be seen: for programs that encode a picture anew.

A program may decode a picture, perhaps to resize or crop it, and post what it encoded itself. The scenario's note
(`controller.simulation.oracle`) is then lost, so the twin looks for the picture that was meant.
"""

import threading
from collections import deque
from collections.abc import Sequence
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

MOST_SHOWN: Final = 64
"""How many pictures are remembered; a line has fewer items than these on its belt."""

_GRID_PX: Final = 32
_PARTS_PX: Final = (32, 28, 24, 20, 16, 12, 8)
"""What was posted is compared as a part of so many squares of the grid: as the whole first, then as cropped more."""


class ShownPictures:
    """The last pictures that the camera took. Safe for use by several threads."""

    def __init__(self) -> None:
        self._shown: deque[_Shown] = deque(maxlen=MOST_SHOWN)
        self._lock = threading.Lock()

    def see(self, digest: str, image: bytes) -> None:
        """Remember a picture, the bytes of an image file."""
        with self._lock:
            self._shown.append(_Shown(image))

    def original(self, image: bytes) -> bytes:
        """The shown picture that looks most like this one, and the later one of two; `image` itself if it is none.

        However little they are alike: a program posts what it was shown, or a part of it.
        """
        with self._lock:
            shown = list(self._shown)
        if not shown or any(each.image == image for each in shown):
            return image
        pixels = _pixels(image)
        if pixels is None:
            return image
        parts = [_shrunk(pixels, part_px) for part_px in _PARTS_PX]
        return min(reversed(shown), key=lambda each: each.difference(parts)).image


class _Shown:
    """A picture that was shown, the bytes of an image file."""

    def __init__(self, image: bytes) -> None:
        self.image = image

    @cached_property
    def _grid(self) -> "np.ndarray | None":
        pixels = _pixels(self.image)
        return None if pixels is None else _shrunk(pixels, _GRID_PX)

    def difference(self, parts: "Sequence[np.ndarray]") -> float:
        """The mean squared difference between the most alike of these squares and a part of the picture's grid."""
        import cv2

        grid = self._grid
        if grid is None:  # It was spoilt.
            return inf
        return min(float(cv2.matchTemplate(grid, part, cv2.TM_SQDIFF).min()) / len(part) ** 2 for part in parts)


def _pixels(image: bytes) -> "np.ndarray | None":
    """The picture's pixels [rows, columns, 3], or None if it cannot be decoded."""
    import cv2  # Imported here because few programs need it.
    import numpy as np

    return cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if image else None


def _shrunk(pixels: "np.ndarray", edge_px: int) -> "np.ndarray":
    import cv2

    return cv2.resize(pixels, (edge_px, edge_px), interpolation=cv2.INTER_AREA)
