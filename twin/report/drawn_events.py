"""One event of a run as the pages list it: when, on which lane, of which item, in a sentence and in a word or two."""

from collections.abc import Container, Sequence
from typing import Final, Literal

import msgspec

from controller import wire
from controller.errors import WireError
from twin import trace
from twin.report.narration import Narrator

Lane = Literal["commands", "feedback", "recognizer", "line", "fault", "other"]

_LANES: Final[dict[type[trace.Record], Lane]] = {
    trace.Feedback: "feedback", trace.Commanded: "commands", trace.Refused: "commands", trace.Answered: "recognizer",
    trace.FaultActs: "fault", trace.Injected: "fault", trace.Disturbed: "fault", trace.Began: "other",
    trace.EndRequested: "other", trace.Crashed: "other", trace.Exited: "other", trace.Connection: "other",
    trace.Ended: "other",
}  # fmt: skip

MOST_EVENTS: Final = 8_000
AROUND_S: Final = 15.0
"""Of more events, those within this time of a violation are listed, then those from the beginning on."""


class Event(msgspec.Struct, frozen=True, array_like=True):
    """An event: time, lane, item (0: none), subject, predicate, and a short text for its lane."""

    t_s: float
    lane: Lane
    item: int
    subject: str
    words: str
    short: str = ""


def drawn_event(record: trace.AnyRecord, narrator: Narrator) -> Event:
    """A record as an event; it is the last one that the narrator has seen."""
    subject, words = narrator.narrate(record)
    lane = _LANES.get(type(record), "line")
    return Event(round(record.t_s, 6), lane, getattr(record, "item", None) or 0, subject, words, _short_text(record))


def _short_text(record: trace.AnyRecord) -> str:
    if isinstance(record, trace.Commanded):
        return _command_text(record.payload)
    if isinstance(record, trace.Feedback):
        return "picture" if record.key == "camera" else f"{record.key} {record.value}"
    if isinstance(record, trace.Answered):
        return f"{record.item}: {record.label or 'no answer'}"
    if isinstance(record, trace.Refused):
        return "refused"
    return ""


def _command_text(payload: str) -> str:
    try:
        command = wire.decode_command(payload.encode())
    except WireError:
        return payload
    if isinstance(command, wire.Conveyor):
        return "belt run" if command.run else "belt stop"
    rod = "all rods" if command.number == wire.ALL else f"rod {command.number}"
    return f"{rod} {'push' if command.push else 'pull'}"


def drawn_events(records: Sequence[trace.AnyRecord], times_s: Sequence[float]) -> list[Event]:
    """The events that are listed, in order: all, or of too many those near one of the times, then the earliest."""
    chosen, narrator, events = _chosen(records, times_s), Narrator(), []
    for place, record in enumerate(records):
        narrator.see(record)
        if place in chosen:
            events.append(drawn_event(record, narrator))
    return events


def _chosen(records: Sequence[trace.AnyRecord], times_s: Sequence[float]) -> Container[int]:
    """The places of the records that are listed."""
    if len(records) <= MOST_EVENTS:
        return range(len(records))
    spans_s = [(at_s - AROUND_S, at_s + AROUND_S) for at_s in sorted(times_s)]
    near = [place for place, record in enumerate(records) if _within(record.t_s, spans_s)][:MOST_EVENTS]
    chosen = set(near)
    for place in range(len(records)):
        if len(chosen) >= MOST_EVENTS:
            break
        chosen.add(place)
    return chosen


def _within(at_s: float, spans_s: list[tuple[float, float]]) -> bool:
    """Whether a time is in one of the spans; those that are over are dropped, since times only grow."""
    while spans_s and spans_s[0][1] < at_s:
        spans_s.pop(0)
    return bool(spans_s) and spans_s[0][0] <= at_s
