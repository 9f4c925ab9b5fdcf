"""The narration of a trace: one short sentence for each record, as `twin replay` shows them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from twin import trace
from twin.links.mqtt.effects import BROKER_RESTARTED
from twin.links.output_log import OutputLine
from twin.scenario.faults import fault_name
from twin.scenario.layout import bin_text
from twin.verdict.checks import Violation


def narrate(record: trace.AnyRecord) -> tuple[str, str]:
    """The subject of a record (a part, an item, a client) and what it does."""
    narrate_kind: Callable[[Any], tuple[str, str]] = _NARRATIONS[type(record)]
    return narrate_kind(record)


class Step(NamedTuple):
    """A row of a narration: who did what when, and the violations that were found then."""

    t_s: float
    subject: str
    action: str
    violations: tuple[str, ...] = ()


def steps(
    records: Iterable[trace.AnyRecord], violations: Iterable[Violation], output_lines: Sequence[OutputLine] = ()
) -> Iterator[Step]:
    """A run step by step. A program's `output_lines` come before what happened at the same time."""
    found: dict[float, list[str]] = {}
    narrator = Narrator()
    for violation in violations:
        found.setdefault(violation.t_s, []).append(f"{violation.check}: {violation.detail}")
    ordered, lines = list(records), deque(output_lines)
    for place, record in enumerate(ordered):
        while lines and lines[0].t_s <= record.t_s:
            line = lines.popleft()
            yield Step(line.t_s, "program", f"writes: {line.text}")
        last_of_instant = place + 1 == len(ordered) or ordered[place + 1].t_s != record.t_s
        narrator.see(record)
        yield Step(record.t_s, *narrator.narrate(record), tuple(found.pop(record.t_s, ()) if last_of_instant else ()))
    yield from (Step(line.t_s, "program", f"writes: {line.text}") for line in lines)


class Narrator:
    """Narrates the records of a run that it has seen up to now, as far as what a record means depends on those before.

    What is sent while no client is subscribed reaches nobody; where no broker tells of clients, nobody knows.
    """

    def __init__(self) -> None:
        self._known = False
        self._connected: set[str] = set()
        self._subscribed: set[str] = set()

    def see(self, record: trace.AnyRecord) -> None:
        """Take the next record."""
        if not isinstance(record, trace.Connection):
            return
        match record.event:
            case "connected":
                self._known = True
                self._connected.add(record.client)
            case "subscribed":
                self._subscribed.add(record.client)
            case "disconnected" | "lost":
                self._connected.discard(record.client)
        if record.detail == BROKER_RESTARTED:  # It forgets its sessions; otherwise one may outlive a connection.
            self._subscribed.discard(record.client)

    def narrate(self, record: trace.AnyRecord) -> tuple[str, str]:
        """The subject of a record and what it does; the record is the last one seen."""
        if isinstance(record, trace.Feedback) and self._known and not self._connected & self._subscribed:
            return "line", f"sends {_sent(record)}, which reaches nobody: no client is subscribed"
        return narrate(record)


def _offset(offset_m: float) -> str:
    side = "downstream" if offset_m > 0 else "upstream"
    return f"its centre is {abs(offset_m) * 1000:.1f} mm {side} of the rod's"


def _loaded(record: trace.Loaded) -> tuple[str, str]:
    onto = "" if record.onto is None else f", on top of item {record.onto}"
    item = f"item {record.item} ({record.item_class}, {record.length_m * 1000:.0f} mm)"
    return "loader", f"pushes {item} onto the belt{onto}"


def _answered(record: trace.Answered) -> tuple[str, str]:
    recognizer = "recognizer" if record.own else "twin's recognizer"
    if record.label is None:
        return recognizer, f"gives no answer for item {record.item}"
    return recognizer, f"recognises item {record.item} as {record.label}, confidence {record.confidence:.2f}"


def _held(record: trace.Held) -> tuple[str, str]:
    obstacle = (
        f"rod {record.rod}, which is out" if record.rod is not None else f"item {record.behind}, which stands still"
    )
    return f"item {record.item}", f"runs into {obstacle}"


def _disturbed(record: trace.Disturbed) -> tuple[str, str]:
    where = record.part if record.item is None else f"{record.part}, item {record.item}"
    return "fault", f"{fault_name(record.fault)}: {record.what.replace('_', ' ')} ({where})"


def _injected(record: trace.Injected) -> tuple[str, str]:
    fault = type(record.fault)
    return "person", f"makes {fault.__name__} act" if record.acts else f"ends {fault.__name__}"


def _ended(record: trace.Ended) -> tuple[str, str]:
    left = f"; items on the belt: {list(record.on_belt)}" if record.on_belt else ""
    stack = "; the stack is not empty" if record.in_stack else ""
    rods = f"; rods out: {list(record.rods_out)}" if record.rods_out else ""
    return "run", f"ends: {record.reason}{left}{stack}{rods}"


def _feedback(record: trace.Feedback) -> tuple[str, str]:
    return "controller", f"receives {_sent(record)}"


def _sent(record: trace.Feedback) -> str:
    return "a picture" if record.key == "camera" else f"{record.key} {record.value}"


_NARRATIONS: Final[dict[type[trace.Record], Callable[[Any], tuple[str, str]]]] = {
    trace.Began: lambda it: ("run", f"seed {it.scenario.seed}, {it.scenario.item_count} items"),
    trace.BeltRuns: lambda it: ("belt", "runs" if it.running else "stops"),
    trace.RodMoves: lambda it: (f"rod {it.rod}", f"is {it.stroke}"),
    trace.Loaded: _loaded,
    trace.LoadedNothing: lambda _: ("loader", "pushes, but no item is in front of it"),
    trace.Photographed: lambda it: ("camera", f"takes a picture of item {it.item} ({it.size} bytes)"),
    trace.Answered: _answered,
    trace.Edge: lambda it: (f"gate {it.gate}", f"is {'blocked' if it.blocked else 'clear'}"),
    trace.Taken: lambda it: (f"rod {it.rod}", f"takes item {it.item}; {_offset(it.offset_m)}"),
    trace.Struck: lambda it: (f"rod {it.rod}", f"strikes item {it.item}; {_offset(it.offset_m)}"),
    trace.Held: _held,
    trace.Released: lambda it: (f"item {it.item}", "moves on"),
    trace.Binned: lambda it: (f"item {it.item}", f"falls into {bin_text(it.bin)}"),
    trace.LaidDown: lambda it: (
        "operator",
        f"lays an object {it.length_m * 1000:.0f} mm long on the belt, {it.at_m:.2f} m from the loader",
    ),
    trace.FaultActs: lambda it: ("fault", f"{fault_name(it.fault)} {'begins' if it.acts else 'ends'}"),
    trace.Injected: _injected,
    trace.Disturbed: _disturbed,
    trace.EndRequested: lambda it: ("controller", f"is told to end ({it.by})"),
    trace.TakenByHand: lambda it: ("operator", f"puts item {it.item} back" if it.back else f"removes item {it.item}"),
    trace.Feedback: _feedback,
    trace.Commanded: lambda it: ("plant", f"receives {it.payload}"),
    trace.Refused: lambda it: ("plant", f"refuses a command: {it.reason}"),
    trace.Exited: lambda it: ("controller", it.reason),
    trace.Connection: lambda it: (f"client {it.client}", it.text),
    trace.Crashed: lambda it: ("controller", f"fails: {it.reason}"),
    trace.Ended: _ended,
}
