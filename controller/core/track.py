"""What the controller believes of an item on the belt: one record each, from the push that loaded it.

The steps of a track stand in one table, `TRACK_TRANSITIONS`; where on the belt the item is stands beside them.
"""

from enum import Enum
from typing import Final

from controller.core.timing_model import LONGER, SHORTER, TimingModel

LATE_SHARE: Final = 2.0
LATE_S: Final = 2.0
"""An item that every gate has missed is waited for as long as this share of the way takes, and this much longer."""

SURE_SIGHTINGS: Final = 2


class Stage(Enum):
    """How far the controller is with an item."""

    LOADED = "loaded"
    PICTURED = "pictured"
    DECIDED = "decided"
    REJECTED = "rejected"
    PUSHED = "pushed"
    GONE = "gone"


class TrackEvent(Enum):
    """What can happen to an item in the controller's eyes."""

    PICTURE = "picture in its window"
    SURE = "sure answer in time"
    UNSURE = "unsure, late or no answer"
    AMBIGUOUS = "not surely seen, or not alone"
    CLEAR = "its rod's gate clears"
    LEFT = "past the last gate"
    VANISHED = "no gate saw it any more"


TRACK_TRANSITIONS: Final[dict[tuple[Stage, TrackEvent], Stage]] = {
    (Stage.LOADED, TrackEvent.PICTURE): Stage.PICTURED,
    (Stage.LOADED, TrackEvent.AMBIGUOUS): Stage.REJECTED,
    (Stage.LOADED, TrackEvent.LEFT): Stage.GONE,
    (Stage.LOADED, TrackEvent.VANISHED): Stage.GONE,
    (Stage.PICTURED, TrackEvent.SURE): Stage.DECIDED,
    (Stage.PICTURED, TrackEvent.UNSURE): Stage.REJECTED,
    (Stage.PICTURED, TrackEvent.AMBIGUOUS): Stage.REJECTED,
    (Stage.PICTURED, TrackEvent.LEFT): Stage.GONE,
    (Stage.PICTURED, TrackEvent.VANISHED): Stage.GONE,
    (Stage.DECIDED, TrackEvent.AMBIGUOUS): Stage.REJECTED,
    (Stage.DECIDED, TrackEvent.CLEAR): Stage.PUSHED,
    (Stage.DECIDED, TrackEvent.LEFT): Stage.GONE,
    (Stage.DECIDED, TrackEvent.VANISHED): Stage.GONE,
    # Whatever is seen or said of it later, what is once rejected stays so.
    (Stage.REJECTED, TrackEvent.PICTURE): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.SURE): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.UNSURE): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.AMBIGUOUS): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.LEFT): Stage.GONE,
    (Stage.REJECTED, TrackEvent.VANISHED): Stage.GONE,
}
"""Every step of an item's life. A pair that is not here cannot be, and is refused before anything changes."""


class Track:
    """An item on the belt, as far as it was seen.

    `gate` is the last gate whose beam it has left, at `centre_s` its centre was there (gate 0: the loader's push).
    `missed` gates after that one should have seen it and did not. `rod` is the rod of its sure label; `ambiguity` says
    why it may not be pushed. `blocked_at` is the gate whose beam it has interrupted since `blocked_s`; `dwell_s` is how
    long it interrupted the last one. `pictured_s` is when its picture came; `odd_picture_s` is how long a picture took
    that came out of its time, and may have been another's. `timed`: whether its centre is known to have been there
    then; the line learns from no other.
    A `clutter` is on the belt and was never loaded: nobody pushes it, and nobody pushes beside it.
    """

    __slots__ = (
        "ambiguity", "blocked_at", "blocked_s", "centre_s", "clutter", "dwell_s", "gate", "image", "loaded_s", "missed",
        "odd_picture_s", "pictured_s", "rod", "sightings", "stage", "timed",
    )  # fmt: skip

    def __init__(self, loaded_s: float, *, clutter: bool = False) -> None:
        self.loaded_s = loaded_s
        self.centre_s = loaded_s
        self.gate = 0
        self.missed = 0
        self.image: int | None = None
        self.pictured_s = loaded_s
        self.rod: int | None = None
        self.blocked_at: int | None = None
        self.blocked_s = 0.0
        self.dwell_s: float | None = None
        self.odd_picture_s: float | None = None
        self.sightings = int(clutter)
        self.clutter = clutter
        self.timed = True
        self.stage = Stage.REJECTED if clutter else Stage.LOADED
        self.ambiguity: str | None = "never loaded" if clutter else None

    def take(self, event: TrackEvent) -> None:
        """Take a step of its life."""
        after = TRACK_TRANSITIONS.get((self.stage, event))
        assert after is not None, f"an item that is {self.stage.value}: {event.value}"
        self.stage = after

    def mark_ambiguous(self, why: str) -> None:
        """It rides to reject; `why` is kept if it is the first reason."""
        self.ambiguity = self.ambiguity or why
        self.take(TrackEvent.AMBIGUOUS)

    def answered(self, rod: int | None) -> None:
        """The recognizer has spoken; `rod` is that of a sure label. It is too late for a rod that lies behind."""
        sure = rod is not None and rod - 1 > self.gate
        self.take(TrackEvent.SURE if sure else TrackEvent.UNSURE)
        self.rod = rod if self.stage is Stage.DECIDED else None

    def leaves_at(self, gates: int) -> int:
        """The gate behind which it leaves the belt; one more than there are while no rod is to take it."""
        return gates + 1 if self.rod is None or self.stage is not Stage.DECIDED else self.rod - 1

    @property
    def next_gate(self) -> int:
        """The gate that should see it next."""
        return self.gate + self.missed + 1

    @property
    def overdue(self) -> bool:
        """Whether a gate that should have seen it did not, and none has since."""
        return self.missed > 0

    @property
    def seen(self) -> bool:
        """Whether any sensor saw it."""
        return self.sightings > 0

    @property
    def surely_loaded(self) -> bool:
        """Whether two sensors saw it; one alone may see a ghost, or a picture that came twice."""
        return self.sightings >= SURE_SIGHTINGS

    @property
    def unseen(self) -> bool:
        """Whether neither camera nor first gate saw it: as when the loader pushed nothing."""
        return self.missed > 0 and not self.seen

    @property
    def awaits_picture(self) -> bool:
        """Whether its picture may still come: if the camera is close to the first gate, even from within the beam."""
        return self.image is None and self.gate == 0

    def picture_window_s(self, timing: TimingModel) -> tuple[float, float] | None:
        """From when to when its picture is to arrive; None while nothing is known."""
        picture = timing.picture
        if picture.count == 0:
            return None
        due_s = self.loaded_s + picture.mean_s
        return due_s - picture.tolerance_s, due_s + picture.tolerance_s

    def nose_due_s(self, gate: int, timing: TimingModel) -> float | None:
        """When its nose is expected at a gate's beam, if it is a long item; None while not all is known."""
        travel = timing.ahead(self.gate, gate)
        return None if travel is None else self.centre_s + travel[0] - timing.dwell.longest_s / 2

    def nose_window_s(self, gate: int, timing: TimingModel) -> tuple[float, float] | None:
        """From when to when its nose is to reach a gate's beam; None while not all is known."""
        travel = timing.ahead(self.gate, gate)
        if travel is None:
            return None
        due_s, tolerance_s = self.centre_s + travel[0], travel[1]
        longest_s, shortest_s = LONGER * timing.dwell.longest_s, SHORTER * timing.dwell.shortest_s
        return due_s - longest_s / 2 - tolerance_s, due_s - shortest_s / 2 + tolerance_s

    def deadline_s(self, timing: TimingModel, patience_s: float) -> float:
        """When it is overdue: at the camera, then at the gate that should see it next, or leave it."""
        window_s = self.picture_window_s(timing)
        if self.stage is Stage.LOADED and self.awaits_picture and window_s is not None:
            return window_s[1]
        if self.blocked_at is not None:
            # It is in a beam, and may be held there: that a beam stays blocked for so long is the line's trouble.
            return self.blocked_s + patience_s
        if self.next_gate > timing.gates or self.unseen:
            return self.centre_s + self._linger_s(timing, patience_s)
        window_s = self.nose_window_s(self.next_gate, timing)
        return self.centre_s + patience_s if window_s is None else window_s[1]

    def _linger_s(self, timing: TimingModel, patience_s: float) -> float:
        travel = timing.ahead(self.gate, timing.gates if self.seen else 1)
        return patience_s if travel is None else LATE_SHARE * travel[0] + LATE_S


def diagram() -> str:
    """The table of an item's life as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {Stage.LOADED.value}: the loader pushes"]
    for before in Stage:
        for after in Stage:
            events = [
                event.value for (stage, event), then in TRACK_TRANSITIONS.items() if (stage, then) == (before, after)
            ]
            if events and before is not after:
                lines.append(f"    {before.value} --> {after.value}: {'; '.join(events)}")
    ends = (Stage.PUSHED, Stage.GONE)
    return "\n".join([*lines, *(f"    {stage.value} --> [*]" for stage in ends)]) + "\n"
