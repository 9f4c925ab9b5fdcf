"""A trace told in words."""

from typing import get_args

import pytest

from twin import Scenario, trace
from twin.report.narration import narrate

TOLD = {
    trace.Held(1.0, 2, 3, None): ("belt", "item 2 rides into rod 3, which is out"),
    trace.Held(1.0, 2, None, 1): ("belt", "item 2 rides into item 1, which stands"),
    trace.Loaded(1.0, 2, "raw", 0.08, 1): ("loader", "item 2 (raw, 80 mm) is on the belt, onto item 1"),
    trace.LaidDown(1.0, -1, 0.08, 0.3, None): ("somebody", "lays something 80 mm long on the belt, 0.30 m along"),
    trace.Answered(1.0, 2, None, 0.0): ("recognizer", "says of item 2: nothing"),
    trace.Struck(1.0, 2, 3, -0.05): ("rod 3", "strikes item 2, its centre 50.0 mm behind the head's"),
    trace.Taken(1.0, 2, 3, 0.01, None): ("rod 3", "takes item 2, its centre 10.0 mm ahead of the head's"),
    trace.TakenByHand(1.0, 2, True, False): ("somebody", "puts back item 2"),
    trace.Disturbed(1.0, "edge_lost", "gate 2", 3, (2, 4), "gatestuck"): (
        "fault", "gatestuck: edge lost at the gate 2, item 3",
    ),
    trace.FaultActs(1.0, "gatestuck", False): ("fault", "gatestuck ends"),
    trace.Refused(1.0, "no"): ("plant", "refuses: no"),
    trace.Crashed(1.0, "KeyError"): ("controller", "is gone: KeyError"),
    trace.Exited(1.0, "python ended with exit code 0"): ("controller", "python ended with exit code 0"),
    trace.Connection(1.0, "FS_Ctl", "subscribed", "bb"): ("client FS_Ctl", "subscribed to bb"),
    trace.Connection(1.0, "FS_Ctl", "taken over", ""): (
        "client FS_Ctl", "taken over by another client with the same id",
    ),
    trace.EndRequested(1.0, "a signal"): ("controller", "was told to end by a signal"),
    trace.Ended(1.0, "stalled", (4,), True, (2,), True): (
        "run", "over: stalled, on the belt [4], items left in the stack, rods out [2]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("record", TOLD, ids=lambda record: type(record).__name__)
def test_a_record_is_told_in_words(record):
    assert narrate(record) == TOLD[record]


def test_every_kind_of_record_can_be_told():
    examples = [
        trace.Began(0.0, Scenario()), trace.BeltRuns(0.0, True), trace.RodMoves(0.0, 2, "out"),
        trace.LoadedNothing(0.0), trace.Photographed(0.0, 1, "ab", 3), trace.Edge(0.0, 1, True, 1),
        trace.Released(0.0, 1), trace.Binned(0.0, 1, 0), trace.Feedback(0.0, "gate 1", "clear"),
        trace.Commanded(0.0, "{}"), *TOLD,
    ]  # fmt: skip
    assert {type(record) for record in examples} == set(get_args(trace.AnyRecord))
    assert all(all(narrate(record)) for record in examples)
