"""Runs in the trace format of Chrome and Perfetto: items and faults as async slices, which may overlap, parts as
threads, messages as instants.

Times there are in microseconds.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from twin.errors import FileError
from twin.report.drawing import Drawing
from twin.report.intervals import blocked_spans, out_spans
from twin.scenario.item import item_text
from twin.scenario.layout import bin_text

MICRO: Final = 1e6
THREADS: Final = ("commands", "feedback", "recognizer", "violations")
LANES: Final = THREADS[:3]
_GATE_ROW: Final = 10
_ROD_ROW: Final = 50


def write_perfetto(path: Path, drawings: Sequence[Drawing]) -> None:
    """Write the runs, each as a process. Raises `FileError`."""
    events = [event for number, drawing in enumerate(drawings, start=1) for event in trace_events(drawing, number)]
    try:
        path.write_bytes(msgspec.json.encode({"displayTimeUnit": "ms", "traceEvents": events}))
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None


def trace_events(drawing: Drawing, run: int) -> Iterator[dict[str, Any]]:
    """The events of one run, whose process is number `run`."""
    yield {"ph": "M", "pid": run, "name": "process_name", "args": {"name": f"run {run}, seed {drawing.scenario.seed}"}}
    yield from _names(drawing, run)
    yield from _items(drawing, run)
    for number, gate in enumerate(drawing.gates, start=1):
        for span in blocked_spans(gate.beam, drawing.end_s):
            yield _slice("beam blocked", span, run, _GATE_ROW + number)
    for rod in drawing.rods:
        for span in out_spans(rod):
            yield _slice("out", span, run, _ROD_ROW + rod.number)
    yield from _faults(drawing, run)
    for event in drawing.events:
        if event.lane in LANES:
            yield _instant(event.short, event.t_s, run, event.lane, {"what": f"{event.subject} {event.words}"})
    for mark in drawing.marks:
        name = mark.check if mark.excuse is None else f"{mark.check} (excused)"
        yield _instant(name, mark.t_s, run, "violations", {"what": mark.detail, "item": mark.item})


def _names(drawing: Drawing, run: int) -> Iterator[dict[str, Any]]:
    rows = {_row(name): name for name in THREADS}
    rows |= {_GATE_ROW + number: f"gate {number}" for number in range(1, len(drawing.gates) + 1)}
    rows |= {_ROD_ROW + rod.number: f"rod {rod.number}" for rod in drawing.rods}
    for row, name in rows.items():
        yield {"ph": "M", "pid": run, "tid": row, "name": "thread_name", "args": {"name": name}}
        yield {"ph": "M", "pid": run, "tid": row, "name": "thread_sort_index", "args": {"sort_index": row}}


def _items(drawing: Drawing, run: int) -> Iterator[dict[str, Any]]:
    for item in drawing.items:
        name = item_text(item.number, item.item_class)
        same = {"cat": "item", "id": item.number, "pid": run, "name": name}
        last = item.phases[-1]
        end_s = last[0] if last[1] in ("binned", "off") else drawing.end_s
        yield same | {"ph": "b", "ts": item.phases[0][0] * MICRO, "args": {"answer": item.answer}}
        for from_s, how, *_ in item.phases[1:]:
            if from_s < end_s:
                yield same | {"ph": "n", "ts": from_s * MICRO, "args": {"how": how}}
        where = bin_text(last[3]) if last[1] == "binned" and len(last) > 3 else last[1]
        yield same | {"ph": "e", "ts": end_s * MICRO, "args": {"ends": where}}


def _faults(drawing: Drawing, run: int) -> Iterator[dict[str, Any]]:
    for number, fault in enumerate(drawing.faults):
        same = {"cat": "fault", "id": number, "pid": run, "name": fault.name}
        where = {"part": fault.part, "number": fault.number, "settings": fault.settings}
        yield same | {"ph": "b", "ts": fault.from_s * MICRO, "args": where}
        yield same | {"ph": "e", "ts": fault.until_s * MICRO, "args": {}}


def _slice(name: str, span: tuple[float, float], run: int, row: int) -> dict[str, Any]:
    from_s, until_s = span
    times = {"ts": from_s * MICRO, "dur": (until_s - from_s) * MICRO}
    return {"ph": "X", "name": name, "pid": run, "tid": row, "args": {}} | times


def _instant(name: str, at_s: float, run: int, thread: str, args: dict[str, Any]) -> dict[str, Any]:
    return {"ph": "i", "s": "t", "name": name, "ts": at_s * MICRO, "pid": run, "tid": _row(thread), "args": args}


def _row(thread: str) -> int:
    return THREADS.index(thread) + 1
