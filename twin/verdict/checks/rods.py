"""Checks of what rods do to items, and of where rods are left."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from twin import trace
from twin.scenario.layout import LOADER
from twin.trace import Stroke
from twin.verdict.checks.check import Check, Violation
from twin.verdict.excuses import Excuses
from twin.verdict.facts import Fact

LONGEST_OUT_S: Final = 3.0
"""A rod that stands out longer than this was forgotten; the slowest known controller leaves it out 1.5 s."""


class Struck(Check):
    """A rod's head hit an item without taking it."""

    name = "struck"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Every hit."""
        return {trace.Struck: self._struck}

    def _struck(self, record: trace.Struck) -> None:
        if record.item < 0:
            return  # An object that is no item is nobody's to spare.
        side = "ahead of" if record.offset_m > 0 else "behind"
        where = f"its centre {abs(record.offset_m) * 1000:.1f} mm {side} the head's"
        excuse = self.excuses.struck(record.item, record.rod)
        self.violate(record.t_s, record.item, f"rod {record.rod} struck item {record.item}, {where}", excuse)


class Jam(Check):
    """An item rode into a rod that was out, or into an item that stood, or was loaded onto another."""

    name = "jam"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Whatever stands in an item's way."""
        return {trace.Held: self._held, trace.Loaded: self._loaded}

    def _held(self, record: trace.Held) -> None:
        if record.item < 0:
            return
        what = f"rod {record.rod}, which was out" if record.rod is not None else f"item {record.behind}, which stood"
        excuse = self.excuses.held(record.item, record.rod, record.behind)
        self.violate(record.t_s, record.item, f"item {record.item} rode into {what}", excuse)

    def _loaded(self, record: trace.Loaded) -> None:
        if record.onto is not None:
            detail = f"item {record.item} was loaded onto item {record.onto}"
            self.violate(record.t_s, record.item, detail, self.excuses.onto(record.onto))


class PushedAtNothing(Check):
    """A rod went out and came back with no item before it."""

    name = "pushed_at_nothing"

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self._empty: set[int] = set()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """A stroke from its begin to its end, and what it met."""
        return {trace.RodMoves: self._moves, trace.Taken: self._met, trace.Struck: self._met}

    def _met(self, record: trace.Taken | trace.Struck) -> None:
        self._empty.discard(record.rod)

    def _moves(self, record: trace.RodMoves) -> None:
        if record.rod == LOADER:
            return
        if record.stroke == Stroke.EXTENDING.value:
            self._empty.add(record.rod)
        elif record.stroke in (Stroke.RETRACTING.value, Stroke.IN.value) and record.rod in self._empty:
            self._empty.discard(record.rod)
            excuse = self.excuses.push_at_nothing(record.rod)
            self.violate(record.t_s, None, f"rod {record.rod} pushed where no item was", excuse)


class RodLeftOut(Check):
    """A rod stood out longer than any push needs."""

    name = "rod_left_out"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Rods that come in, and those out at the end."""
        return {trace.RodMoves: self._moves, trace.Ended: self._ended}

    def _moves(self, record: trace.RodMoves) -> None:
        if record.stroke == Stroke.RETRACTING.value:
            stood_s = self.facts.rod(record.rod).stood_s
            out_s = 0.0 if stood_s is None else record.t_s - stood_s
            if out_s > LONGEST_OUT_S:
                detail = f"rod {record.rod} stood out for {out_s:.2f} s; {LONGEST_OUT_S} s are allowed"
                self.violate(record.t_s, None, detail, self.excuses.rod_out(record.rod))

    def _ended(self, record: trace.Ended) -> None:
        for rod in record.rods_out:
            facts = self.facts.rod(rod)
            too_long = facts.out and facts.stood_s is not None and record.t_s - facts.stood_s > LONGEST_OUT_S
            if too_long or record.reason == "crashed":
                detail = f"rod {rod} was not in when the run ended ({record.reason})"
                self.violate(record.t_s, None, detail, self.excuses.rod_out(rod))
