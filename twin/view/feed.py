"""What the live page is told: the drawing of a run so far, and then what has changed, ten times a second.

The run's thread only puts records on a queue. Everything else happens in the server's thread, so that watching slows
nothing.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from controller.system import wall_s
from twin import trace
from twin.beliefs import Belief
from twin.links.tempo import Tempo
from twin.pictures import MOST_THUMBNAILS
from twin.report.drawing import MOST_MARKS, Sketch
from twin.report.drawn_events import drawn_event
from twin.report.drawn_faults import drawn_fault
from twin.report.narration import Narrator
from twin.scenario.faults import AnyFault
from twin.verdict.checks import ALL_CHECKS, Checks, Violation

FORMAT: Final = 1
FORESEEN_S: Final = 1.0
"""The belt's motion is sent this far ahead, so that the page draws it smoothly."""


MOST_TRACKS: Final = 30
"""Of so many of the controller's tracks, the latest ones, the page shows what was believed."""


class Feed:
    """The feed of one run, whose time passes `speed` times as fast as the wall clock's, or as `tempo` lets it.

    `see`, `see_picture` and `see_belief` are called by the run's thread, the rest by the server's. `ended`: the run's
    end has been told; `expects_end`: it has been seen.
    """

    def __init__(self, speed: float, tempo: Tempo | None = None) -> None:
        self._speed = speed
        self._tempo = tempo
        self._inbox: deque[tuple[float, trace.AnyRecord]] = deque()
        self._sketch = Sketch()
        self._narrator = Narrator()
        self._checks = Checks(ALL_CHECKS)
        self._faults: tuple[AnyFault, ...] = ()
        self._believed: deque[Belief] = deque()
        self._tracks: dict[int, list[Belief]] = {}
        self._began_s: float | None = None
        self._sent = _Sent()
        self._images: dict[str, bytes] = {}
        self._sketch.images = self._images
        self._shown: set[str] = set()
        self.ended = self.expects_end = False

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record of the run."""
        self.expects_end = self.expects_end or isinstance(record, trace.Ended)
        self._inbox.append((wall_s(), record))

    def see_picture(self, digest: str, image: bytes) -> None:
        """Take the picture of an item. Those of the latest items are kept."""
        self._images[digest] = image
        if len(self._images) > MOST_THUMBNAILS:
            del self._images[next(iter(self._images))]

    def see_belief(self, belief: Belief) -> None:
        """Take what our controller believes from now on of one of its tracks."""
        self._believed.append(belief)

    @property
    def now_s(self) -> float:
        """The run's time now, as far as its records or its tempo show."""
        if self._began_s is None or self.ended:
            return self._sketch.end_s
        if self._tempo is not None:
            return max(self._sketch.end_s, self._tempo.now_s)
        return max(self._sketch.end_s, (wall_s() - self._began_s) * self._speed)

    def whole(self) -> dict[str, Any] | None:
        """All that is drawn of the run so far; None before it begins. The next `changes` go on from there.

        The scenario's faults have their own ends, and the page draws them as far as the run has come. Those that
        people made act are part of all `changes`.
        """
        if not self._sketch.began:
            return None
        drawing = self._sketch.drawing(self._checks.violations)
        faults = [drawn_fault(fault) for fault in self._faults]
        return {
            "kind": "whole", "format": FORMAT, "t_s": self.now_s, "tempo": self._shown_tempo(),
            "drawing": msgspec.structs.replace(drawing, faults=faults),
        }  # fmt: skip

    def changes(self) -> dict[str, Any]:
        """What has changed since the last call."""
        touched: set[int] = set()
        events = []
        while self._inbox:
            at_s, record = self._inbox.popleft()
            self._take(at_s, record)
            self._narrator.see(record)
            if not isinstance(record, trace.Began):
                events.append(drawn_event(record, self._narrator))
            touched.add(getattr(record, "item", None) or 0)
        believed = bool(self._believed)
        while self._believed:
            self._believe(self._believed.popleft())
        if believed:
            self._sketch.beliefs = [each for track in self._tracks.values() for each in track]
        news = self._sent.news(self._sketch, self._checks.violations, self.now_s)
        return news | {
            "kind": "changes", "t_s": self.now_s, "ended": self.ended,
            "items": self._sketch.drawn_items(touched) if touched else [],
            "thumbnails": self._thumbnails(touched),
            "events": events,
            "injected": self._injected(), "tempo": self._shown_tempo(),
            "beliefs": self._sketch.drawn_beliefs() if self._tracks and (believed or touched) else None,
        }  # fmt: skip

    def _believe(self, belief: Belief) -> None:
        """Note a belief, and forget those of a track long ago."""
        self._tracks.setdefault(belief.track, []).append(belief)
        if len(self._tracks) > MOST_TRACKS:
            del self._tracks[next(iter(self._tracks))]
            self._sketch.believed_from_s = next(iter(self._tracks.values()))[0].t_s

    def _thumbnails(self, touched: set[int]) -> dict[str, str]:
        """The pictures of items that no page has had yet."""
        found = self._sketch.thumbnails(touched, self._shown)
        self._shown.update(found)
        return found

    def _take(self, at_s: float, record: trace.AnyRecord) -> None:
        # A record comes late, never early, so the earliest begin that one shows is nearest to the truth.
        began_s = at_s - record.t_s / self._speed
        if isinstance(record, trace.Began):
            self._faults = record.scenario.faults
        else:
            self._began_s = began_s if self._began_s is None else min(began_s, self._began_s)
        self._sketch.see(record)
        self._checks.see(record)
        self.ended = self.ended or isinstance(record, trace.Ended)

    def _shown_tempo(self) -> dict[str, Any] | None:
        """Whether the run is paused and its speed; None if it is in real time."""
        tempo = self._tempo
        return None if tempo is None else {"paused": tempo.paused, "speed": tempo.speed}

    def _injected(self) -> list[dict[str, Any]]:
        """The faults that people have made act, and whether they still do."""
        now_s = self.now_s
        return [
            {"number": number, "fault": drawn_fault(fault), "acts": now_s < fault.until_s}
            for number, fault in self._sketch.injected.items()
        ]


class _Sent:
    """How much of each list that grows has been sent."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def news(self, sketch: Sketch, violations: Sequence[Violation], now_s: float) -> dict[str, Any]:
        """What is new in each list: the place from which it is, and the entries from there on."""
        lists = sketch.growing(now_s + FORESEEN_S) if sketch.began else {}
        lists["marks"] = [(one.t_s, one.check, one.item, one.detail) for one in violations[:MOST_MARKS]], ()
        return {"grown": {name: self._rest(name, *entries) for name, entries in lists.items()}}

    def _rest(self, name: str, known: Sequence[Any], foreseen: Sequence[Any]) -> list[Any]:
        start, self._counts[name] = self._counts.get(name, 0), len(known)
        return [start, [*known[start:], *foreseen]]
