"""A track: what the controller believes about one item on the belt, from the push that loaded it.

The table `TRACK_TRANSITIONS` has all steps of a track. The item's place on the belt is kept separately.
"""

from enum import Enum
from typing import Final

from controller.core.timing_model import BOUNCE_S, LONGER, SHORTER, TimingModel

LATE_SHARE: Final = 2.0
LATE_S: Final = 2.0
"""An item that every gate missed is given up after `LATE_SHARE` times the time to the last gate, plus `LATE_S`."""

SURE_SIGHTINGS: Final = 2


class Stage(Enum):
    """The stage of a track."""

    LOADED = "loaded"
    PICTURED = "pictured"
    DECIDED = "decided"
    REJECTED = "rejected"
    PUSHED = "pushed"
    GONE = "gone"


class TrackEvent(Enum):
    """A step of a track."""

    PICTURE = "picture in its window"
    SURE = "sure answer in time"
    UNSURE = "unsure, late or no answer"
    AMBIGUOUS = "detection ambiguous"
    CLEAR = "its rod's gate clears"
    LEFT = "past the last gate"
    VANISHED = "given up as missing"


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
    # A rejected track stays rejected, whatever comes later.
    (Stage.REJECTED, TrackEvent.PICTURE): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.SURE): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.UNSURE): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.AMBIGUOUS): Stage.REJECTED,
    (Stage.REJECTED, TrackEvent.LEFT): Stage.GONE,
    (Stage.REJECTED, TrackEvent.VANISHED): Stage.GONE,
}
"""All steps of a track. A pair that is missing is refused before anything changes."""


class Track:
    """One item on the belt, as far as it was detected.

    `number` counts loaded items from 1. `gate` is the last gate that the item has left; its centre was there at
    `centre_s` (gate 0: the loader, at the push). `missed` counts the later gates that should have detected it and did
    not. `label` and `confidence` are the recognizer's answer; `rod` is the rod of a sure label. `ambiguity` says why
    the item must not be pushed. `blocked_at` is the gate whose beam it has blocked since `blocked_s`; `bounced_s` is
    when that beam became clear again after no more than a bounce. `dwell_s` is its dwell at the last gate.
    `pictured_s` is when its picture came. `odd_picture_s` is the time from load to a picture outside its window, which
    may belong to another item. `timed`: whether `centre_s` is reliable; the timing model learns only from reliable
    times. Clutter (`clutter`) was not loaded by the controller. It is never pushed, and no rod goes out near it.
    """

    __slots__ = (
        "ambiguity", "blocked_at", "blocked_s", "bounced_s", "centre_s", "clutter", "confidence", "dwell_s", "gate",
        "image", "label", "loaded_s", "missed", "number", "odd_picture_s", "pictured_s", "rod", "sightings", "stage",
        "timed",
    )  # fmt: skip

    def __init__(self, loaded_s: float, *, clutter: bool = False, number: int = 0) -> None:
        self.number = number
        self.loaded_s = loaded_s
        self.centre_s = loaded_s
        self.gate = 0
        self.missed = 0
        self.image: int | None = None
        self.pictured_s = loaded_s
        self.label: str | None = None
        self.confidence: float | None = None
        self.rod: int | None = None
        self.blocked_at: int | None = None
        self.blocked_s = 0.0
        self.bounced_s: float | None = None
        self.dwell_s: float | None = None
        self.odd_picture_s: float | None = None
        self.sightings = int(clutter)
        self.clutter = clutter
        self.timed = True
        self.stage = Stage.REJECTED if clutter else Stage.LOADED
        self.ambiguity: str | None = "not loaded by the controller" if clutter else None

    def take(self, event: TrackEvent) -> None:
        """Take a step. A step that the table lacks fails an assertion."""
        after = TRACK_TRANSITIONS.get((self.stage, event))
        assert after is not None, f"an item that is {self.stage.value}: {event.value}"
        self.stage = after

    def mark_ambiguous(self, reason: str) -> None:
        """Reject the item; the first reason is kept."""
        self.ambiguity = self.ambiguity or reason
        self.take(TrackEvent.AMBIGUOUS)

    def answered(self, rod: int | None) -> None:
        """The recognizer has answered; `rod` is the rod of a sure label. A rod that the item has passed is too late."""
        sure = rod is not None and rod - 1 > self.gate
        self.take(TrackEvent.SURE if sure else TrackEvent.UNSURE)
        self.rod = rod if self.stage is Stage.DECIDED else None

    def leaves_at(self, gates: int) -> int:
        """The gate behind which a rod takes the item; the number of gates plus one if no rod does."""
        return gates + 1 if self.rod is None or self.stage is not Stage.DECIDED else self.rod - 1

    @property
    def next_gate(self) -> int:
        """The gate that should detect it next."""
        return self.gate + self.missed + 1

    @property
    def overdue(self) -> bool:
        """Whether the last gate that should have detected it did not."""
        return self.missed > 0

    @property
    def seen(self) -> bool:
        """Whether any sensor detected it."""
        return self.sightings > 0

    @property
    def surely_loaded(self) -> bool:
        """Whether two sensors detected it. A single detection may be a ghost pulse or a repeated picture."""
        return self.sightings >= SURE_SIGHTINGS

    @property
    def unseen(self) -> bool:
        """Whether camera and first gate both missed it, as when the loader pushed nothing."""
        return self.missed > 0 and not self.seen

    @property
    def awaits_picture(self) -> bool:
        """Whether its picture may still come. With a camera close to gate 1 that is so even within its beam."""
        return self.image is None and self.gate == 0

    def picture_window_s(self, timing: TimingModel) -> tuple[float, float] | None:
        """The window in which its picture is due; None while the time is unknown."""
        picture = timing.picture
        if picture.count == 0:
            return None
        due_s = self.loaded_s + picture.mean_s
        return due_s - picture.tolerance_s, due_s + picture.tolerance_s

    def nose_due_s(self, gate: int, timing: TimingModel) -> float | None:
        """When the nose of the longest item would reach a gate; None if a leg is unknown."""
        travel = timing.ahead(self.gate, gate)
        return None if travel is None else self.centre_s + travel[0] - timing.dwell.longest_s / 2

    def nose_window_s(self, gate: int, timing: TimingModel) -> tuple[float, float] | None:
        """The window in which its nose is due at a gate; None if a leg is unknown."""
        travel = timing.ahead(self.gate, gate)
        if travel is None:
            return None
        due_s, tolerance_s = self.centre_s + travel[0], travel[1]
        longest_s, shortest_s = LONGER * timing.dwell.longest_s, SHORTER * timing.dwell.shortest_s
        return due_s - longest_s / 2 - tolerance_s, due_s - shortest_s / 2 + tolerance_s

    def deadline_s(self, timing: TimingModel, patience_s: float) -> float:
        """When it is overdue at the camera, then at the next gate or in the beam that it blocks."""
        if self.stage is Stage.LOADED and self.awaits_picture:
            window_s = self.picture_window_s(timing)
            if window_s is not None:
                return window_s[1]
        if self.bounced_s is not None:
            return self.bounced_s + BOUNCE_S
        if self.blocked_at is not None:
            # It blocks a beam and may be held there, so it gets the full patience.
            return self.blocked_s + patience_s
        if self.next_gate > timing.gates or self.unseen:
            return self.centre_s + self._linger_s(timing, patience_s)
        window_s = self.nose_window_s(self.next_gate, timing)
        return self.centre_s + patience_s if window_s is None else window_s[1]

    def _linger_s(self, timing: TimingModel, patience_s: float) -> float:
        travel = timing.ahead(self.gate, timing.gates if self.seen else 1)
        return patience_s if travel is None else LATE_SHARE * travel[0] + LATE_S
