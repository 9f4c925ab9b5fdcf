"""The first sentence on a failed run."""

import pytest

from twin import ItemDraw, Scenario, simulate, trace
from twin.links.output_log import OutputLine, OutputLog
from twin.report.headline import headline
from twin.report.narration import steps
from twin.verdict.checks import Violation

SCENARIO = Scenario()
LOADED = trace.Loaded(3.0, 1, "raw", 0.08, None)
BINNED = trace.Binned(7.0, 1, 2)
WRONG = Violation("wrong_bin", 7.0, 1, "item 1 (raw) fell into bin 2")

FELL = "item 1 (raw) fell into bin 2"
ANSWERS = {
    f"mis-sorted: {FELL}; it was recognised as raw, so it belongs in bin 4": ("raw", 0.95, True),
    f"mis-sorted: {FELL}; it was recognised as ripe with a confidence of only 0.60, so it belongs in the reject bin": (
        "ripe", 0.6, True,
    ),
    f"misread: {FELL}; the twin's recognizer, too, sees ripe in its picture": ("ripe", 0.95, False),
    f"mis-sorted, or misread by the program's own recognizer: {FELL}; it belongs in bin 4, and the twin's recognizer "
    "sees raw": ("raw", 0.95, False),
}  # fmt: skip


@pytest.mark.parametrize("words", ANSWERS)
def test_misread_is_distinguished_from_mis_sorted(words):
    label, confidence, own = ANSWERS[words]
    records = [LOADED, trace.Answered(4.0, 1, label, confidence, own), BINNED]
    assert headline(SCENARIO, records, WRONG) == f"7.0 s {words}"


def test_the_fault_before_it_is_named():
    lost = trace.Disturbed(4.5, "picture_lost", "camera", 1, (), "noimage")
    late = trace.Disturbed(9.0, "picture_lost", "camera", 2, (), "noimage")
    found = Violation("stalled", 7.0, None, "no progress")
    narrated = headline(SCENARIO, [LOADED, lost, late], found)
    assert narrated == "7.0 s stood still: no progress, 2.5 s after NoImage (picture lost: camera, item 1)"


def test_what_a_program_writes_stands_between_the_steps():
    run = simulate(Scenario(items=ItemDraw(count=1)))
    loaded_s = next(record.t_s for record in run.trace if isinstance(record, trace.Loaded))
    narrated = list(steps(run.trace, (), [OutputLine(loaded_s - 0.01, "loading"), OutputLine(1e6, "bye")]))
    place = next(place for place, step in enumerate(narrated) if step.subject == "program")
    assert narrated[place].action == "writes: loading"
    assert narrated[place - 1].t_s < narrated[place].t_s <= narrated[place + 1].t_s
    assert narrated[-1].action == "writes: bye"


def test_a_line_has_the_time_at_which_it_was_complete():
    log = OutputLog()
    for size, t_s in ((4, 1.0), (10, 2.0), (10, 3.0), (16, 4.0)):
        log.mark(size, t_s)
    written = b"one\ntwo and\nlast"
    assert list(log.lines(written, len(written))) == [
        OutputLine(1.0, "one"),
        OutputLine(4.0, "two and"),
        OutputLine(4.0, "last"),
    ]
    assert list(log.lines(b"last", len(written))) == [OutputLine(4.0, "last")]
