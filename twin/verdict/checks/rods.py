"""Checks of the rods: what they do to items, and whether they are left out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from twin import trace
from twin.scenario.item import item_text
from twin.scenario.layout import LOADER
from twin.trace import Stroke
from twin.verdict.checks.check import Check, Violation
from twin.verdict.excuses import Excuses
from twin.verdict.fact import Fact

LONGEST_OUT_S: Final = 3.0
"""A rod may stand out for at most this long. The slowest known controller leaves a rod out for 1.5 s."""


class Struck(Check):
    """A rod's head hit an item without pushing it into the bin."""

    name = "struck"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Every such hit."""
        return {trace.Struck: self._struck}

    def _struck(self, record: trace.Struck) -> None:
        if record.item < 0:
            return  # An object that is no item; the controller does not know about it.
        side = "downstream" if record.offset_m > 0 else "upstream"
        where = f"its centre was {abs(record.offset_m) * 1000:.1f} mm {side} of the rod's"
        excuse = self.excuses.struck(record.item, record.rod)
        self.violate(record.t_s, record.item, f"rod {record.rod} struck {item_text(record.item)}: {where}", excuse)


class Jam(Check):
    """An item ran into a rod that was out, ran into an item that stood still, or was loaded on top of another item."""

    name = "jam"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Items that are held up, and items that are loaded."""
        return {trace.Held: self._held, trace.Loaded: self._loaded}

    def _held(self, record: trace.Held) -> None:
        if record.item < 0:
            return
        if record.behind is not None:
            obstacle = f"{item_text(record.behind)}, which stood still"
        else:
            obstacle = f"rod {record.rod}, which was out"
        excuse = self.excuses.held(record)
        self.violate(record.t_s, record.item, f"{item_text(record.item)} ran into {obstacle}", excuse)

    def _loaded(self, record: trace.Loaded) -> None:
        if record.onto is not None:
            detail = f"{item_text(record.item)} was loaded on top of {item_text(record.onto)}"
            self.violate(record.t_s, record.item, detail, self.excuses.onto(record.onto))


class PushedAtNothing(Check):
    """A rod went out and came back without an item in front of it."""

    name = "pushed_at_nothing"

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self._empty: set[int] = set()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The beginning and end of each stroke, and the items that it met."""
        return {trace.RodMoves: self._moves, trace.Taken: self._met, trace.Struck: self._met}

    def _met(self, record: trace.Taken | trace.Struck) -> None:
        self._empty.discard(record.rod)

    def _moves(self, record: trace.RodMoves) -> None:
        if record.rod == LOADER:
            return
        if record.stroke == Stroke.EXTENDING:
            self._empty.add(record.rod)
        elif record.stroke == Stroke.RETRACTING and record.rod in self._empty:
            self._empty.discard(record.rod)
            excuse = self.excuses.push_at_nothing(record.rod)
            self.violate(record.t_s, None, f"rod {record.rod} pushed, but no item was in front of it", excuse)


class RodLeftOut(Check):
    """A rod stood out longer than any push needs."""

    name = "rod_left_out"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Rods that begin to retract, and rods that are out at the end of the run."""
        return {trace.RodMoves: self._moves, trace.Ended: self._ended}

    def _moves(self, record: trace.RodMoves) -> None:
        if record.stroke == Stroke.RETRACTING:
            stood_s = self.facts.rod(record.rod).stood_s
            out_s = 0.0 if stood_s is None else record.t_s - stood_s
            if out_s > LONGEST_OUT_S:
                detail = f"rod {record.rod} stood out for {out_s:.2f} s; the limit is {LONGEST_OUT_S:g} s"
                self.violate(record.t_s, None, detail, self.excuses.rod_out(record.rod, record.t_s))

    def _ended(self, record: trace.Ended) -> None:
        for rod in record.rods_out:
            facts = self.facts.rod(rod)
            too_long = facts.out and facts.stood_s is not None and record.t_s - facts.stood_s > LONGEST_OUT_S
            if too_long or record.reason == "crashed":
                detail = f"rod {rod} was still out when the run ended ({record.reason})"
                self.violate(record.t_s, None, detail, self.excuses.rod_out(rod, record.t_s))
