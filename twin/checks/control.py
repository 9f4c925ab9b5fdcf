"""Checks of how the controller behaves: on the wire, when it stops, and that it lives."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from controller import codec
from twin import trace
from twin.checks.check import SILENCING, Check, Excuses, Violation
from twin.rod import Stroke

LONGEST_UNSAFE_S: Final = 2.0
"""How long after a stop of the belt a rod may still be out."""


class Protocol(Check):
    """The controller said something that the plant has no part for, or pushed a rod that was out already."""

    name = "protocol"

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self._out: set[int] = set()
        self._excuses = Excuses()

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Every command, and where the rods are."""
        return {
            **self._excuses.watches(),
            trace.Refused: self._refused,
            trace.Commanded: self._commanded,
            trace.RodMoves: self._moves,
        }

    def _refused(self, record: trace.Refused) -> None:
        self.violate(record.t_s, None, f"the plant refused a command: {record.reason}")

    def _commanded(self, record: trace.Commanded) -> None:
        command = codec.decode_command(record.payload.encode())
        again = isinstance(command, codec.Rod) and command.push and command.number in self._out
        if again and not self._excuses.lasting(record.t_s, SILENCING):
            self.violate(record.t_s, None, f"{record.payload} came while that rod was out")

    def _moves(self, record: trace.RodMoves) -> None:
        if record.stroke in (Stroke.EXTENDING.value, Stroke.OUT.value):
            self._out.add(record.rod)
        else:
            self._out.discard(record.rod)


class UnsafeStop(Check):
    """The belt was stopped with rods out and they stayed out, or the run ended with the belt running and no control."""

    name = "unsafe_stop"

    def __init__(self, report: Callable[[Violation], None]) -> None:
        super().__init__(report)
        self._stopped_s: float | None = None
        self._excuses = Excuses()
        self._out: dict[int, float] = {}

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Belt and rods."""
        return {
            **self._excuses.watches(),
            trace.BeltRuns: self._belt,
            trace.RodMoves: self._moves,
            trace.Ended: self._ended,
        }

    def _belt(self, record: trace.BeltRuns) -> None:
        if record.running:
            self._judge(record.t_s, tuple(self._out))
        self._stopped_s = None if record.running else record.t_s

    def _moves(self, record: trace.RodMoves) -> None:
        if record.stroke == Stroke.OUT.value:
            self._out[record.rod] = record.t_s
        elif record.stroke == Stroke.IN.value:
            self._judge(record.t_s, (record.rod,))
            self._out.pop(record.rod, None)

    def _ended(self, record: trace.Ended) -> None:
        self._judge(record.t_s, record.rods_out)
        if record.reason == "crashed" and record.running:
            self.violate(record.t_s, None, "the controller is gone and the belt runs")

    def _judge(self, t_s: float, rods: tuple[int, ...]) -> None:
        if self._stopped_s is None or t_s - self._stopped_s <= LONGEST_UNSAFE_S:
            return
        if self._excuses.lasting(t_s, SILENCING):
            return
        for rod in rods:
            if rod in self._out:
                after_s = t_s - self._stopped_s
                self.violate(t_s, None, f"rod {rod} was still out {after_s:.2f} s after the belt was stopped")


class Crash(Check):
    """The controller raised, ended or fell silent."""

    name = "crash"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The controller's death."""
        return {trace.Crashed: self._crashed}

    def _crashed(self, record: trace.Crashed) -> None:
        self.violate(record.t_s, None, f"the controller is gone: {record.reason}")
