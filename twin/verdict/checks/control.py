"""Checks of the controller itself: its messages, how it stops the line, and whether it keeps running."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from controller import wire
from twin import trace
from twin.trace import Stroke
from twin.verdict.checks.check import Check, Violation
from twin.verdict.excuses import Excuses
from twin.verdict.fact import Fact

LONGEST_UNSAFE_S: Final = 2.0
"""A rod may be out for this long on a standing belt: since the belt's stop, or since it went out if that was later."""


class Protocol(Check):
    """The controller sent a command that the plant cannot obey, or pushed a rod that was already out."""

    name = "protocol"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Every command, understood or refused."""
        return {trace.Refused: self._refused, trace.Commanded: self._commanded}

    def _refused(self, record: trace.Refused) -> None:
        self.violate(record.t_s, None, f"the plant refused a command: {record.reason}")

    def _commanded(self, record: trace.Commanded) -> None:
        command = wire.decode_command(record.payload.encode())
        if isinstance(command, wire.Rod) and command.push and self.facts.rod(command.number).out:
            detail = f"{record.payload} arrived while that rod was already out"
            self.violate(record.t_s, None, detail, self.excuses.rod_out(command.number, record.t_s))


class UnsafeStop(Check):
    """Rods stayed out after the belt had stopped, or the controller failed and left the belt running."""

    name = "unsafe_stop"

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self._stopped_s: float | None = None
        self._out_s: dict[int, float] = {}

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """Belt and rod movements, and the end of the run."""
        return {trace.BeltRuns: self._belt, trace.RodMoves: self._moves, trace.Ended: self._ended}

    def _belt(self, record: trace.BeltRuns) -> None:
        if record.running:
            self._judge(record.t_s, tuple(self._out_s))
        self._stopped_s = None if record.running else record.t_s

    def _moves(self, record: trace.RodMoves) -> None:
        if record.stroke == Stroke.OUT:
            self._out_s.setdefault(record.rod, record.t_s)  # One that turns back on its way in has not been in.
        elif record.stroke == Stroke.IN:
            self._judge(record.t_s, (record.rod,))
            self._out_s.pop(record.rod, None)

    def _ended(self, record: trace.Ended) -> None:
        self._judge(record.t_s, record.rods_out)
        if record.reason == "crashed" and record.running:
            self.violate(record.t_s, None, "the controller failed and left the belt running")

    def _judge(self, t_s: float, rods: tuple[int, ...]) -> None:
        if self._stopped_s is None:
            return
        for rod in rods:
            out_s = self._out_s.get(rod, t_s)
            later_s = max(self._stopped_s, out_s)
            if t_s - later_s > LONGEST_UNSAFE_S:
                since = "the belt had stopped" if out_s <= self._stopped_s else "it went out over the standing belt"
                detail = f"rod {rod} was still out {t_s - later_s:.2f} s after {since}"
                self.violate(t_s, None, detail, self.excuses.rod_out(rod, t_s))


class Crash(Check):
    """The controller raised an exception, ended, or stopped answering."""

    name = "crash"

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The record of the controller's failure."""
        return {trace.Crashed: self._crashed}

    def _crashed(self, record: trace.Crashed) -> None:
        self.violate(record.t_s, None, f"the controller failed: {record.reason}")


class NotAtRest(Check):
    """The controller was told to end, but the line was not at rest in time: belt stopped and all rods in."""

    name = "not_at_rest"

    def __init__(self, excuses: Excuses, report: Callable[[Violation, Fact | None], None]) -> None:
        super().__init__(excuses, report)
        self._request: trace.EndRequested | None = None

    def watches(self) -> Mapping[type[trace.Record], Callable[[Any], None]]:
        """The request to end, and the state of the line at the end of the run."""
        return {trace.EndRequested: self._note, trace.Ended: self._ended}

    def _note(self, record: trace.EndRequested) -> None:
        self._request = record

    def _ended(self, record: trace.Ended) -> None:
        request = self._request
        if request is None or record.interrupted or not (record.running or record.rods_out):
            return
        after_s = record.t_s - request.t_s
        state = [
            *(["the belt was still running"] if record.running else []),
            *(f"rod {rod} was still out" for rod in record.rods_out),
        ]
        detail = (
            f"the controller was told to end ({request.by}) at {request.t_s:.3f} s; "
            f"{after_s:.1f} s later {' and '.join(state)}"
        )
        excuse = self.excuses.unrest(request.t_s, record.rods_out, running=record.running)
        self.violate(record.t_s, None, detail, excuse)
