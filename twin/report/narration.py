"""A trace told in words, one line a record: what `twin replay` shows."""

from collections.abc import Callable
from typing import Any, Final

from twin import trace
from twin.scenario.layout import bin_name

_SIDE: Final = {True: "ahead of", False: "behind"}


def narrate(record: trace.AnyRecord) -> tuple[str, str]:
    """Who does something on the line, and what."""
    narrate_kind: Callable[[Any], tuple[str, str]] = _NARRATIONS[type(record)]
    return narrate_kind(record)


def _offset(offset_m: float) -> str:
    return f"its centre {abs(offset_m) * 1000:.1f} mm {_SIDE[offset_m > 0]} the head's"


def _loaded(record: trace.Loaded) -> tuple[str, str]:
    onto = "" if record.onto is None else f", onto item {record.onto}"
    return "loader", f"item {record.item} ({record.item_class}, {record.length_m * 1000:.0f} mm) is on the belt{onto}"


def _answered(record: trace.Answered) -> tuple[str, str]:
    said = "nothing" if record.label is None else f"{record.label} {record.confidence:.2f}"
    return "recognizer", f"says of item {record.item}: {said}"


def _held(record: trace.Held) -> tuple[str, str]:
    by = f"rod {record.rod}, which is out" if record.rod is not None else f"item {record.behind}, which stands"
    return "belt", f"item {record.item} rides into {by}"


def _connection(record: trace.Connection) -> tuple[str, str]:
    detail = {"subscribed": f" to {record.detail}", "taken over": " by another client with the same id"}
    return f"client {record.client}", record.event + detail.get(
        record.event, f": {record.detail}" if record.detail else ""
    )


def _disturbed(record: trace.Disturbed) -> tuple[str, str]:
    whose = "" if record.item is None else f", item {record.item}"
    return "fault", f"{record.fault}: {record.what.replace('_', ' ')} at the {record.part}{whose}"


def _ended(record: trace.Ended) -> tuple[str, str]:
    left = f", on the belt {list(record.on_belt)}" if record.on_belt else ""
    stack = ", items left in the stack" if record.in_stack else ""
    rods = f", rods out {list(record.rods_out)}" if record.rods_out else ""
    return "run", f"over: {record.reason}{left}{stack}{rods}"


_NARRATIONS: Final[dict[type[trace.Record], Callable[[Any], tuple[str, str]]]] = {
    trace.Began: lambda it: ("run", f"seed {it.scenario.seed}, {it.scenario.item_count} items"),
    trace.BeltRuns: lambda it: ("belt", "runs" if it.running else "stops"),
    trace.RodMoves: lambda it: (f"rod {it.rod}", it.stroke),
    trace.Loaded: _loaded,
    trace.LoadedNothing: lambda _: ("loader", "pushes, and nothing lies before it"),
    trace.Photographed: lambda it: ("camera", f"takes item {it.item}'s picture ({it.size} bytes)"),
    trace.Answered: _answered,
    trace.Edge: lambda it: (f"gate {it.gate}", "blocked" if it.blocked else "clear"),
    trace.Taken: lambda it: (f"rod {it.rod}", f"takes item {it.item}, {_offset(it.offset_m)}"),
    trace.Struck: lambda it: (f"rod {it.rod}", f"strikes item {it.item}, {_offset(it.offset_m)}"),
    trace.Held: _held,
    trace.Released: lambda it: ("belt", f"item {it.item} rides on"),
    trace.Binned: lambda it: (f"bin {bin_name(it.bin)}", f"item {it.item} falls in"),
    trace.LaidDown: lambda it: (
        "somebody",
        f"lays something {it.length_m * 1000:.0f} mm long on the belt, {it.at_m:.2f} m along",
    ),
    trace.FaultActs: lambda it: ("fault", f"{it.fault} {'begins' if it.acts else 'ends'}"),
    trace.Disturbed: _disturbed,
    trace.EndRequested: lambda it: ("controller", f"was told to end by {it.by}"),
    trace.TakenByHand: lambda it: ("somebody", f"{'puts back' if it.back else 'takes off'} item {it.item}"),
    trace.Feedback: lambda it: ("controller", f"hears {it.key}" + (f" {it.value}" if it.key != "camera" else "")),
    trace.Commanded: lambda it: ("plant", f"hears {it.payload}"),
    trace.Refused: lambda it: ("plant", f"refuses: {it.reason}"),
    trace.Exited: lambda it: ("controller", it.reason),
    trace.Connection: _connection,
    trace.Crashed: lambda it: ("controller", f"is gone: {it.reason}"),
    trace.Ended: _ended,
}
