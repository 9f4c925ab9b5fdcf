"""Time limits of the verdict. They follow from the layout alone, never from a controller's settings."""

from itertools import pairwise
from typing import Final

from twin.scenario.layout import Layout

START_S: Final = 8.0
"""How long a controller may let the belt run first: what an earlier run left before the first gate has to ride off."""

STALL_TRIPS: Final = 3
STALL_S: Final = 10.0
SETTLE_LEGS: Final = 2
SETTLE_S: Final = 2.0
REST_TRIPS: Final = 4
REST_S: Final = 100.0
"""Extra time to come to rest. To find out that the stack is empty, a controller must push and wait several times; five
waits of 20 s are enough for one that does not know the line."""


class Bounds:
    """The time limits of one layout, in s.

    `ride_s`: the time for the whole belt. `trip_s`: the same plus the loader's strokes. `leg_s`: the time for the
    longest stretch without a gate, from the loader to the belt's end, plus a rod's strokes. `stall_s`: without progress
    for this long while items are left, the run has stalled. `rest_s`: the line must be at rest this long after the
    controller was told to end and all faults have ended. `settle_s`: how long a run continues after its last item if
    the controller was not told to end, so that its last commands are judged too.
    """

    def __init__(self, layout: Layout) -> None:
        speed_m_per_s = layout.belt_speed_m_per_s
        self.ride_s = layout.end_m / speed_m_per_s
        self.trip_s = self.ride_s + 2 * layout.loader_stroke_s
        self.stall_s = STALL_TRIPS * (START_S + self.trip_s) + STALL_S
        self.rest_s = REST_TRIPS * self.trip_s + REST_S
        places_m = (0.0, *layout.gates_m, layout.end_m)
        longest_m = max(after - before for before, after in pairwise(places_m))
        self.leg_s = longest_m / speed_m_per_s + 2 * layout.rod_stroke_s
        self.settle_s = SETTLE_LEGS * self.leg_s + SETTLE_S
