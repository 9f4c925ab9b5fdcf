"""Which recorded fact excuses a break of a rule: one about the same item or part, and within a time limit.

The decision uses only what a fault did to which item or part. It uses neither the controller, nor its settings, nor the
fault's class. A fact about an item excuses that item until it leaves the belt. It also excuses the items directly ahead
and behind if the controller could confuse them with it, since no message carries an item's number. A fact about a part
excuses what the part does in the same stroke, or while one item travels from gate to rod.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from twin import trace
from twin.scenario.item import item_text
from twin.scenario.layout import LOADER
from twin.trace import Effect
from twin.verdict.absence import AWAY
from twin.verdict.fact import Fact
from twin.verdict.facts import SEEN_WRONGLY, Facts


def _effects(*names: Effect) -> frozenset[Effect]:
    return frozenset(names)


MOVED: Final = _effects("off_pace", "longer", "two_loaded", "taken_off", "put_back", "laid_down", "held")
"""What changed an item's movement in a way that a controller cannot know."""

UNANSWERED: Final = _effects("answer_lost", "answer_late", "answer_false")
"""Wrong or missing answers of the recognizer."""

UNOBEYED: Final = _effects(
    "command_lost", "command_late", "command_twice", "command_false", "push_failed", "stroke_slow", "rod_stuck",
)  # fmt: skip
"""What made a rod or the belt deviate from its commands."""

REJECTABLE: Final = SEEN_WRONGLY | MOVED | UNANSWERED | UNOBEYED | AWAY
"""Effects that excuse the reject of the item itself."""

MISTAKABLE: Final = (SEEN_WRONGLY | MOVED | UNOBEYED | AWAY) - _effects("picture_spoilt")
"""Effects on one item that the controller may attribute to a neighbour."""

RELEARNED: Final = 2
"""After misleading times of two items in a row, or of the first item of all, a controller needs this many items at each
sensor to learn the line's times again."""


UNSEEN: Final = _effects("off_pace", "command_lost", "command_late")
"""Effects that may stop an item between sensors, where no sensor sees it."""


class Excuses:
    """The excuses of one run. Each method returns the fact that excuses a break, or None."""

    def __init__(self) -> None:
        self.facts = Facts()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The method to call for each record type, after that of the facts.

        If an item is held up, struck, or loaded onto another item because of a fault, that becomes a fact about it.
        """
        return {
            trace.Held: lambda record: self._note(record, self.held(record)),
            trace.Struck: lambda record: self._note(record, self.struck(record.item, record.rod)),
            trace.Loaded: lambda record: self._note(record, None if record.onto is None else self.onto(record.onto)),
        }

    def reject(self, item: int) -> Fact | None:
        """Why an item may be rejected: an effect on it or on a neighbour, or times that had to be learned again."""
        facts = self.facts.item(item)
        effect = _first(facts.own, REJECTABLE) or _first(facts.beside, MISTAKABLE)
        return effect or self._relearning(item) or _first(facts.own, _effects("rode_on"))

    def carried(self, item: int) -> Fact | None:
        """Why an item may go into a wrong bin: another item lies on it, under it, or blocked its way."""
        facts = self.facts.item(item)
        others = sorted(facts.carried | facts.behind)
        return Fact(facts.loaded_s, "carried", item_text(others[0]), "none") if others else None

    def struck(self, item: int, rod: int) -> Fact | None:
        """Why a rod may strike an item."""
        own = _first(self.facts.item(item).own, MOVED | _effects("edge_late", "edge_twice"))
        return self._unobeyed(rod, self._approach_s(rod)) or own

    def held(self, record: trace.Held) -> Fact | None:
        """Why an item may run into a rod, or into an item that stands still."""
        cause = self.rod_out(record.rod, record.t_s) if record.rod is not None else None
        if record.behind is not None:
            cause = _first(self.facts.item(record.behind).own, _effects("held", "taken_off"))
        return cause or _first(self.facts.item(record.item).own, MOVED)

    def rod_out(self, rod: int, now_s: float) -> Fact | None:
        """Why a rod may be out now: its pull did not arrive, it did not obey, or the controller was cut off."""
        return self._unobeyed(rod, self.facts.rod(rod).extended_s) or self._away(now_s)

    def unrest(self, requested_s: float, rods: tuple[int, ...], *, running: bool) -> Fact | None:
        """Why belt or rods may not be at rest after the request to end: the command to each of them was lost."""
        causes = [self.facts.of_part("belt", _effects("command_lost"), requested_s)] if running else []
        causes += [self._unobeyed(rod, max(requested_s, self.facts.rod(rod).extended_s)) for rod in rods]
        return causes[-1] if all(causes) else None

    def onto(self, item: int) -> Fact | None:
        """Why another item may be loaded onto this one: either item moved unexpectedly, or the loader did not obey."""
        stroke_s = self.facts.rod(LOADER).extended_s
        other = self.facts.of_part("loader", MOVED, stroke_s)
        return _first(self.facts.item(item).own, MOVED) or other or self._unobeyed(LOADER, stroke_s)

    def push_at_nothing(self, rod: int) -> Fact | None:
        """Why a rod may push without an item in front of it."""
        since_s = self._approach_s(rod)
        seen = self.facts.of_part(f"gate {rod - 1}", _effects("edge_late", "edge_twice", "taken_off"), since_s)
        return self._unobeyed(rod, since_s) or seen

    def left_on_belt(self, item: int) -> Fact | None:
        """Why an item may be left on the belt in a stalled run: it was stopped where no sensor sees it."""
        return _first(self.facts.item(item).own, UNSEEN)

    def left_at_rest(self, item: int) -> Fact | None:
        """Why a controller may end with an item on the belt: no sensor sees it, or it was there before a restart."""
        return _first(self.facts.item(item).own, UNSEEN | _effects("restarted"))

    def stall(self, on_belt: list[int], *, in_stack: bool) -> Fact | None:
        """Why there may be no progress: a fault is acting, or all items that are left lie where no sensor sees them."""
        if self.facts.acting is not None:
            return Fact(0.0, "acting", "line", self.facts.acting)
        left = [self.left_on_belt(item) for item in on_belt]
        return left[0] if left and all(left) and not in_stack else None

    def _note(self, record: trace.Held | trace.Struck | trace.Loaded, cause: Fact | None) -> None:
        if cause is not None:
            self.facts.add(cause._replace(t_s=record.t_s, what="held"), record.item)

    def _approach_s(self, rod: int) -> float:
        """The earliest time at which the item of this stroke can have left the gate before the rod."""
        return self.facts.rod(rod).extended_s - self.facts.bounds.leg_s

    def _unobeyed(self, rod: int, since_s: float) -> Fact | None:
        facts = self.facts
        return facts.of_part(f"rod {rod}", UNOBEYED, since_s) or facts.of_part("rods", UNOBEYED, since_s)

    def _away(self, now_s: float) -> Fact | None:
        """The fact that the controller is cut off, or was reconnected only shortly before."""
        return self.facts.absence.fact(now_s, self.facts.bounds.stall_s)

    def _relearning(self, item: int) -> Fact | None:
        """The fact behind misleading times at a sensor that at most `RELEARNED` items have passed since."""
        mistimed = self.facts.mistimed
        for sensor in self.facts.sensors:
            before = self.facts.passed_before(item, sensor)[: RELEARNED + 1]
            for later, earlier in pairwise(before):
                if later is not None and later in mistimed and (earlier is None or earlier in mistimed):
                    return mistimed[later]
        return None


def _first(facts: Iterable[Fact], effects: frozenset[Effect]) -> Fact | None:
    return next((fact for fact in facts if fact.what in effects), None)
