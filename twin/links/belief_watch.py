"""Watches what our controller believes of its items. Without a watch the controller's core runs as it is."""

from collections.abc import Callable

import msgspec

from controller.core.base import Core
from controller.core.controller import Controller
from controller.core.events import Event, Output
from controller.core.outcome import outcome
from controller.core.track import Stage, Track
from controller.settings import Settings
from twin.beliefs import Belief
from twin.links.base import ControllerOf

REJECTS = (Stage.REJECTED, Stage.GONE)


class BeliefWatch:
    """Makes cores as `make` does, and passes on each change of what they believe, at the core's own time.

    A core that is none of ours has no tracks; it is left as it is.
    """

    def __init__(self, make: ControllerOf, tell: Callable[[Belief], None]) -> None:
        self._make = make
        self._tell = tell
        self._believed: dict[Track, Belief] = {}
        self._tracks = 0

    def __call__(self, settings: Settings) -> Core:
        """A new core; one before it is no longer."""
        core = self._make(settings)
        return _WatchedCore(core, settings, self) if isinstance(core, Controller) else core

    def look(self, tracks: tuple[Track, ...], settings: Settings, now_s: float) -> None:
        """Pass on what has changed since the last look."""
        before, self._believed = self._believed, {}
        for track, belief in before.items():
            if track not in tracks:
                self._tell(_belief(track, settings, now_s, belief.track, over=True))
        for track in tracks:
            self._believed[track] = self._look_at(track, before.get(track), settings, now_s)

    def _look_at(self, track: Track, before: Belief | None, settings: Settings, now_s: float) -> Belief:
        if before is None:
            self._tracks += 1
        number = self._tracks if before is None else before.track
        belief = _belief(track, settings, now_s, number, over=False)
        if before is not None and msgspec.structs.replace(belief, t_s=before.t_s) == before:
            return before
        self._tell(belief)
        return belief


class _WatchedCore:
    """One core, whose tracks are looked at after each event."""

    def __init__(self, core: Controller, settings: Settings, watch: BeliefWatch) -> None:
        self._core = core
        self._settings = settings
        self._watch = watch

    @property
    def ending(self) -> bool:
        return self._core.ending

    @property
    def next_deadline_s(self) -> float | None:
        return self._core.next_deadline_s

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        outputs = self._core.handle(event, now_s)
        self._watch.look(self._core.tracks, self._settings, now_s)
        return outputs


def _belief(track: Track, settings: Settings, t_s: float, number: int, *, over: bool) -> Belief:
    rejects = track.stage in REJECTS
    return Belief(
        t_s=t_s, track=number, item=0 if track.clutter else track.number, stage=track.stage.value, gate=track.gate,
        label=track.label, confidence=track.confidence, bin=0 if rejects else track.rod,
        reject_reason=outcome(track, settings).reason if rejects else None, over=over,
    )  # fmt: skip
