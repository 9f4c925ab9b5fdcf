"""Checks of what rods do to items, and of where rods are left."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from twin import trace
from twin.checks.check import BODILY, SILENCING, Check, Excuses, Violation
from twin.loader import NUMBER as LOADER
from twin.rod import Stroke

LONGEST_OUT_S: Final = 3.0
"""A rod that stands out longer than this was forgotten; the slowest known controller leaves it out 1.5 s."""


class _Excused(Check):
    """A check that a fault of the plant or of the wire excuses."""

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self.excuses = Excuses()


class Struck(_Excused):
    """A rod's head hit an item without taking it."""

    name = "struck"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Every hit."""
        return {**self.excuses.watches(), trace.Struck: self._struck}

    def _struck(self, record: trace.Struck) -> None:
        if self.excuses.touched(record.item, BODILY):
            return
        side = "ahead of" if record.offset_m > 0 else "behind"
        where = f"its centre {abs(record.offset_m) * 1000:.1f} mm {side} the head's"
        self.violate(record.t_s, record.item, f"rod {record.rod} struck item {record.item}, {where}")


class Jam(_Excused):
    """An item rode into a rod that was out, or into an item that stood, or was loaded onto another."""

    name = "jam"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Whatever stands in an item's way."""
        return {**self.excuses.watches(), trace.Held: self._held, trace.Loaded: self._loaded}

    def _held(self, record: trace.Held) -> None:
        if self.excuses.touched(record.item, SILENCING):
            return
        what = f"rod {record.rod}, which was out" if record.rod is not None else f"item {record.behind}, which stood"
        self.violate(record.t_s, record.item, f"item {record.item} rode into {what}")

    def _loaded(self, record: trace.Loaded) -> None:
        if record.onto is not None and not self.excuses.lasting(record.t_s, BODILY):
            self.violate(record.t_s, record.item, f"item {record.item} was loaded onto item {record.onto}")


class PushedAtNothing(_Excused):
    """A rod went out and came back with no item before it."""

    name = "pushed_at_nothing"

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self._empty: set[int] = set()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """A stroke from its begin to its end, and what it met."""
        return {
            **self.excuses.watches(),
            trace.RodMoves: self._moves,
            trace.Taken: self._met,
            trace.Struck: self._met,
        }

    def _met(self, record: trace.Taken | trace.Struck) -> None:
        self._empty.discard(record.rod)

    def _moves(self, record: trace.RodMoves) -> None:
        if record.rod == LOADER:
            return
        if record.stroke == Stroke.EXTENDING.value:
            self._empty.add(record.rod)
        elif record.stroke in (Stroke.RETRACTING.value, Stroke.IN.value) and record.rod in self._empty:
            self._empty.discard(record.rod)
            if not self.excuses.lasting(record.t_s, BODILY):
                self.violate(record.t_s, None, f"rod {record.rod} pushed where no item was")


class RodLeftOut(_Excused):
    """A rod stood out longer than any push needs."""

    name = "rod_left_out"

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self._out_since_s: dict[int, float] = {}

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Rods out and in, and those out at the end."""
        return {**self.excuses.watches(), trace.RodMoves: self._moves, trace.Ended: self._ended}

    def _moves(self, record: trace.RodMoves) -> None:
        if record.stroke == Stroke.OUT.value:
            self._out_since_s[record.rod] = record.t_s
        elif record.stroke == Stroke.RETRACTING.value:
            since_s = self._out_since_s.pop(record.rod, record.t_s)
            out_s = record.t_s - since_s
            excused = any(self.excuses.lasting(at_s, SILENCING) for at_s in (since_s, record.t_s))
            if out_s > LONGEST_OUT_S and not excused:
                detail = f"rod {record.rod} stood out for {out_s:.2f} s, allowed are {LONGEST_OUT_S} s"
                self.violate(record.t_s, None, detail)

    def _ended(self, record: trace.Ended) -> None:
        for rod in record.rods_out:
            out_s = record.t_s - self._out_since_s.get(rod, record.t_s)
            if self.excuses.lasting(record.t_s, SILENCING):
                continue
            if out_s > LONGEST_OUT_S or record.reason == "crashed":
                self.violate(record.t_s, None, f"rod {rod} was not in when the run ended ({record.reason})")
