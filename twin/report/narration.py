"""The narration of a trace: one short sentence for each record, as `twin replay` shows them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from twin import trace
from twin.broker.mqtt.effects import BROKER_RESTARTED
from twin.links.output_log import OutputLine
from twin.scenario.faults import fault_name
from twin.scenario.item import item_text
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
    onto = "" if record.onto is None else f", on top of {item_text(record.onto)}"
    item = f"item {record.item} ({record.item_class}, {record.length_m * 1000:.0f} mm)"
    return "loader", f"pushes {item} onto the belt{onto}"


def _answered(record: trace.Answered) -> tuple[str, str]:
    item = item_text(record.item)
    if not record.own:  # It may ask a recognizer of its own, or none.
        seen = "nothing" if record.label is None else f"{record.label}, confidence {record.confidence:.2f},"
        return "twin's recognizer", f"sees {seen} in {item}'s picture; the program's own answer is not known"
    if record.label is None:
        return "recognizer", f"gives no answer for {item}"
    return "recognizer", f"recognises {item} as {record.label}, confidence {record.confidence:.2f}"


def _held(record: trace.Held) -> tuple[str, str]:
    if record.behind is not None:
        obstacle = f"{item_text(record.behind)}, which stands still"
    else:
        obstacle = f"rod {record.rod}, which is out"
    return item_text(record.item), f"runs into {obstacle}"


def _taken_by_hand(record: trace.TakenByHand) -> tuple[str, str]:
    item = item_text(record.item)
    return "operator", f"puts {item} back" if record.back else f"removes {item}"


def _disturbed(record: trace.Disturbed) -> tuple[str, str]:
    where = record.part if record.item is None else f"{record.part}, {item_text(record.item)}"
    return "fault", f"{fault_name(record.fault)}: {record.what.replace('_', ' ')} ({where})"


def _injected(record: trace.Injected) -> tuple[str, str]:
    fault = type(record.fault)
    return "person", f"makes {fault.__name__} act" if record.acts else f"ends {fault.__name__}"


def _ended(record: trace.Ended) -> tuple[str, str]:
    left = f"; on the belt: {', '.join(map(item_text, record.on_belt))}" if record.on_belt else ""
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
    trace.Photographed: lambda it: ("camera", f"takes a picture of {item_text(it.item)} ({it.size} bytes)"),
    trace.Answered: _answered,
    trace.Edge: lambda it: (f"gate {it.gate}", f"is {'blocked' if it.blocked else 'clear'}"),
    trace.Taken: lambda it: (f"rod {it.rod}", f"takes {item_text(it.item)}; {_offset(it.offset_m)}"),
    trace.Struck: lambda it: (f"rod {it.rod}", f"strikes {item_text(it.item)}; {_offset(it.offset_m)}"),
    trace.Held: _held,
    trace.Released: lambda it: (item_text(it.item), "moves on"),
    trace.Binned: lambda it: (item_text(it.item), f"falls into {bin_text(it.bin)}"),
    trace.LaidDown: lambda it: (
        "operator",
        f"lays {item_text(it.item)} ({it.length_m * 1000:.0f} mm) on the belt, {it.at_m:.2f} m from the loader",
    ),
    trace.FaultActs: lambda it: ("fault", f"{fault_name(it.fault)} {'begins' if it.acts else 'ends'}"),
    trace.Injected: _injected,
    trace.Disturbed: _disturbed,
    trace.EndRequested: lambda it: ("controller", f"is told to end ({it.by})"),
    trace.TakenByHand: _taken_by_hand,
    trace.Feedback: _feedback,
    trace.Commanded: lambda it: ("plant", f"receives {it.payload}"),
    trace.Refused: lambda it: ("plant", f"refuses a command: {it.reason}"),
    trace.Exited: lambda it: ("controller", it.reason),
    trace.Connection: lambda it: (f"client {it.client}", it.text),
    trace.Crashed: lambda it: ("controller", f"fails: {it.reason}"),
    trace.Ended: _ended,
}
