"""How long things may take on a line: bounds that follow from its layout alone, never from a controller's settings."""

from itertools import pairwise
from typing import Final

from twin.scenario.layout import Layout

START_S: Final = 2.0
"""What a controller may take to start a belt and be sure that it runs; the slowest known waits so long."""

STALL_TRIPS: Final = 3
STALL_S: Final = 10.0
SETTLE_LEGS: Final = 2
REST_TRIPS: Final = 4
REST_S: Final = 100.0
"""To find out that a stack is empty, a controller must wait for what never comes, again and again; five times 20 s are
enough for one that does not know the line."""


class Bounds:
    """The bounds of one layout, in s.

    `trip_s`: what one item needs from the loader's push to the belt's end. `stall_s`: so long may nothing move on while
    items are left. `rest_s`: so long after it was told to end, and everything has healed, the line must be at rest.
    `leg_s`: the longest way between two gates, or from the last one to the belt's end, and a rod's strokes. `settle_s`:
    so long a line runs on after its last item, where nobody was told to end, for what its controller does then.
    """

    def __init__(self, layout: Layout) -> None:
        speed_m_per_s = layout.belt_speed_m_per_s
        self.trip_s = layout.end_m / speed_m_per_s + 2 * layout.loader_stroke_s
        self.stall_s = STALL_TRIPS * (START_S + self.trip_s) + STALL_S
        self.rest_s = REST_TRIPS * self.trip_s + REST_S
        places_m = (0.0, *layout.gates_m, layout.end_m)
        longest_m = max(after - before for before, after in pairwise(places_m))
        self.leg_s = longest_m / speed_m_per_s + 2 * layout.rod_stroke_s
        self.settle_s = SETTLE_LEGS * self.leg_s + START_S
