"""Looks: what a line's camera sees its items as, and how large its pictures are."""

from dataclasses import dataclass
from typing import Final

FRUIT: Final = "fruit"
"""Bare fruit on the belt."""

CARD: Final = "card"
"""Fruit printed on a white card, as in a simulator's small picture."""

BOX: Final = "box"
"""Fruit printed on the top of a box, at any rotation, at times cut off by the picture's border."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The camera's picture in px, the width of what it sees in m, and how far items may lie from its middle (m).

    The scene is drawn `finer` times as large as the picture, and then reduced.
    """

    width_px: int
    height_px: int
    view_m: float
    along_m: float
    finer: int = 1

    @property
    def px_per_m(self) -> float:
        """The scale at which the scene is drawn."""
        return self.width_px * self.finer / self.view_m

    @property
    def scene_px(self) -> tuple[int, int]:
        """Width and height of the scene as it is drawn."""
        return self.width_px * self.finer, self.height_px * self.finer


LOOKS: Final = {
    FRUIT: Look(width_px=320, height_px=240, view_m=0.24, along_m=0.006),
    CARD: Look(width_px=100, height_px=100, view_m=0.16, along_m=0.006, finer=2),
    BOX: Look(width_px=480, height_px=400, view_m=0.2, along_m=0.034),
}
