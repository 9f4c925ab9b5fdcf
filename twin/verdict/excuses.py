"""What excuses a break of a rule: a recorded physical fact, about the very item or part, and within a bound.

Nothing here knows a controller, its settings, or a fault's class: only what was done to what. A fact about an item
excuses that item for the rest of its ride, and the next one ahead and behind where the two can be mistaken for each
other, since nothing on the wire carries an item's number. A fact about a part excuses what that part does in the same
stroke, or on the way of one item from gate to rod.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from twin import trace
from twin.scenario.layout import LOADER
from twin.trace import Effect
from twin.verdict.facts import AWAY, Fact, Facts


def _effects(*names: Effect) -> frozenset[Effect]:
    return frozenset(names)


SEEN_WRONGLY: Final = _effects(
    "edge_lost", "edge_late", "edge_twice", "edge_false", "picture_lost", "picture_late", "picture_twice",
    "picture_spoilt",
)  # fmt: skip
"""What a sensor, or the wire, did with what it had to say of an item."""

MOVED: Final = _effects("off_pace", "longer", "two_loaded", "taken_off", "put_back", "laid_down", "held")
"""What made an item ride otherwise than a controller can know."""

UNANSWERED: Final = _effects("answer_lost", "answer_late", "answer_false")

UNOBEYED: Final = _effects("command_lost", "command_late", "command_twice", "push_failed", "stroke_slow", "rod_stuck")
"""What made a rod, or the belt, do otherwise than it was told."""

REJECTED: Final = SEEN_WRONGLY | MOVED | UNANSWERED | UNOBEYED | AWAY
MISTAKABLE: Final = (SEEN_WRONGLY | MOVED | UNOBEYED | AWAY) - _effects("picture_spoilt")
"""What, done to one item, may be taken for having been done to the next one."""

RECONNECT_S: Final = 5.0
"""What whoever was cut off may take to be there again, and to say how the line is to be."""

RELEARNED: Final = 2
"""Two items in a row that ride otherwise, or the first of all, show another line; so many items later it is known
again, sensor by sensor."""


UNSEEN: Final = _effects("off_pace", "command_lost", "command_late")
"""What may hold an item up where no sensor is."""


class Excuses:
    """Asks the facts of one run for what excuses a break. Each question is answered by a fact, or None."""

    def __init__(self) -> None:
        self.facts = Facts()

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record, before any check looks at it; an item that was held up, struck, or loaded onto
        another, because of a fault, has that for a fact.
        """
        self.facts.see(record)
        cause = None
        if isinstance(record, trace.Held):
            cause = self.held(record.item, record.rod, record.behind)
        elif isinstance(record, trace.Struck):
            cause = self.struck(record.item, record.rod)
        elif isinstance(record, trace.Loaded) and record.onto is not None:
            cause = self.onto(record.onto)
        if cause is not None and isinstance(record, trace.Held | trace.Struck | trace.Loaded):
            self.facts.add(cause._replace(t_s=record.t_s, what="held"), record.item)

    def reject(self, item: int) -> Fact | None:
        """Why an item may ride to the end: what was done to it, or what beside it may be taken for it."""
        facts = self.facts.item(item)
        done = _first(facts.own, REJECTED) or _first(facts.beside, MISTAKABLE)
        return done or self._relearning(item) or _first(facts.own, _effects("rode_on"))

    def carried(self, item: int) -> Fact | None:
        """Whether another item carries or holds this one: it lies on the item, or under it, or stood in its way."""
        facts = self.facts.item(item)
        others = sorted(facts.carried | facts.behind)
        return Fact(facts.loaded_s, "carried", f"item {others[0]}", "none") if others else None

    def struck(self, item: int, rod: int) -> Fact | None:
        """Why a rod may strike an item."""
        own = _first(self.facts.item(item).own, MOVED | _effects("edge_late", "edge_twice"))
        return self._unobeyed(rod, self._approach_s(rod)) or own

    def held(self, item: int, rod: int | None, behind: int | None) -> Fact | None:
        """Why an item may ride into a rod, or into an item that stands."""
        cause = self.rod_out(rod) if rod is not None else None
        if behind is not None:
            cause = _first(self.facts.item(behind).own, _effects("held", "taken_off"))
        return cause or _first(self.facts.item(item).own, MOVED)

    def rod_out(self, rod: int) -> Fact | None:
        """Why a rod may be out: its pull did not reach it, it did not obey, or nobody was there to pull it."""
        since_s = self.facts.rod(rod).extended_s
        return self._unobeyed(rod, since_s) or self._away(since_s)

    def unrest(self, requested_s: float, rods: tuple[int, ...], *, running: bool) -> Fact | None:
        """Why a line is not at rest, its controller having been told to end: for each part, the command was lost."""
        causes = [self.facts.of_part("belt", _effects("command_lost"), requested_s)] if running else []
        causes += [self._unobeyed(rod, max(requested_s, self.facts.rod(rod).extended_s)) for rod in rods]
        return causes[-1] if causes and all(causes) else None

    def onto(self, item: int) -> Fact | None:
        """Why another item may be loaded onto this one: it stood still, or the other, or the stroke, was unusual."""
        stroke_s = self.facts.rod(LOADER).extended_s
        other = self.facts.of_part("loader", MOVED, stroke_s)
        return _first(self.facts.item(item).own, MOVED) or other or self._unobeyed(LOADER, stroke_s)

    def push_at_nothing(self, rod: int) -> Fact | None:
        """Why a rod may push where no item is."""
        since_s = self._approach_s(rod)
        seen = self.facts.of_part(f"gate {rod - 1}", _effects("edge_late", "edge_twice", "taken_off"), since_s)
        return self._unobeyed(rod, since_s) or seen

    def left_on_belt(self, item: int) -> Fact | None:
        """Why an item may lie on a belt that was brought to rest: it was held up where nothing sees it."""
        return _first(self.facts.item(item).own, UNSEEN)

    def left_at_rest(self, item: int) -> Fact | None:
        """Why it may be left there by whoever was told to end: or it was there before that controller was started."""
        return _first(self.facts.item(item).own, UNSEEN | _effects("restarted"))

    def stall(self, on_belt: list[int], *, in_stack: bool) -> Fact | None:
        """While a fault acts, nobody need move on; nor where all that is left lies unseen on a belt that stands."""
        if self.facts.acting is not None:
            return Fact(0.0, "acting", "line", self.facts.acting)
        left = [self.left_on_belt(item) for item in on_belt]
        return left[0] if left and all(left) and not in_stack else None

    def _approach_s(self, rod: int) -> float:
        """Since when an item that this stroke of a rod is for may have been on its way from the gate before."""
        return self.facts.rod(rod).extended_s - self.facts.bounds.leg_s

    def _unobeyed(self, rod: int, since_s: float) -> Fact | None:
        facts = self.facts
        return facts.of_part(f"rod {rod}", UNOBEYED, since_s) or facts.of_part("rods", UNOBEYED, since_s)

    def _away(self, since_s: float) -> Fact | None:
        """Whether the controller was cut off at any time since, or was there again only a short while before."""
        cut, back = self.facts.cut_off, self.facts.reconnected
        return None if cut is None or (back is not None and back.t_s + RECONNECT_S < since_s) else cut

    def _relearning(self, item: int) -> Fact | None:
        """Whether the line was shown otherwise at a sensor that only `RELEARNED` items have passed since."""
        shown = self.facts.mistimed
        for sensor in self.facts.sensors:
            before = self.facts.passed_before(item, sensor)[: RELEARNED + 1]
            for later, earlier in pairwise(before):
                if later is not None and later in shown and (earlier is None or earlier in shown):
                    return shown[later]
        return None


def _first(facts: Iterable[Fact], effects: frozenset[Effect]) -> Fact | None:
    return next((fact for fact in facts if fact.what in effects), None)
