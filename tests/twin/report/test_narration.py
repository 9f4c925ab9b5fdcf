"""The narration: each record of a trace as a sentence."""

from typing import get_args

import pytest

from twin import Scenario, faults, trace
from twin.broker.mqtt.effects import BROKER_RESTARTED
from twin.report.narration import narrate, steps

NARRATIONS = {
    trace.Held(1.0, 2, 3, None): ("item 2", "runs into rod 3, which is out"),
    trace.Held(1.0, 2, None, 1): ("item 2", "runs into item 1, which stands still"),
    trace.Loaded(1.0, 2, "raw", 0.08, 1): ("loader", "pushes item 2 (raw, 80 mm) onto the belt, on top of item 1"),
    trace.LaidDown(1.0, -1, 0.08, 0.3, None): (
        "operator", "lays foreign object 1 (80 mm) on the belt, 0.30 m from the loader",
    ),
    trace.Answered(1.0, 2, None, 0.0): ("recognizer", "gives no answer for item 2"),
    trace.Answered(1.0, 2, "raw", 0.9): ("recognizer", "recognises item 2 as raw, confidence 0.90"),
    trace.Answered(1.0, 2, "raw", 0.9, own=False): (
        "twin's recognizer", "sees raw, confidence 0.90, in item 2's picture; the program's own answer is not known",
    ),
    trace.Answered(1.0, 2, None, 0.0, own=False): (
        "twin's recognizer", "sees nothing in item 2's picture; the program's own answer is not known",
    ),
    trace.Struck(1.0, 2, 3, -0.05): ("rod 3", "strikes item 2; its centre is 50.0 mm upstream of the rod's"),
    trace.Taken(1.0, 2, 3, 0.01, None): ("rod 3", "takes item 2; its centre is 10.0 mm downstream of the rod's"),
    trace.Struck(1.0, -1, 3, -0.02): ("rod 3", "strikes foreign object 1; its centre is 20.0 mm upstream of the rod's"),
    trace.Binned(1.0, -1, 0): ("foreign object 1", "falls into the reject bin"),
    trace.TakenByHand(1.0, 2, True, False): ("operator", "puts item 2 back"),
    trace.TakenByHand(1.0, 2, False, False): ("operator", "removes item 2"),
    trace.Disturbed(1.0, "edge_lost", "gate 2", 3, (2, 4), "gatestuck"): (
        "fault", "GateStuck: edge lost (gate 2, item 3)",
    ),
    trace.FaultActs(1.0, "gatestuck", False): ("fault", "GateStuck ends"),
    trace.Injected(1.0, 1, faults.GateStuck(gate=2), True): ("person", "makes GateStuck act"),
    trace.Injected(1.0, 1, faults.GateStuck(gate=2), False): ("person", "ends GateStuck"),
    trace.Refused(1.0, "no"): ("plant", "refuses a command: no"),
    trace.Crashed(1.0, "KeyError"): ("controller", "fails: KeyError"),
    trace.Exited(1.0, "python ended with exit code 0"): ("controller", "python ended with exit code 0"),
    trace.Connection(1.0, "FS_Ctl", "connected", "MQTT 3.1.1"): ("client FS_Ctl", "connected with MQTT 3.1.1"),
    trace.Connection(1.0, "FS_Ctl", "subscribed", "bb"): ("client FS_Ctl", "subscribed to bb"),
    trace.Connection(1.0, "FS_Ctl", "taken over", ""): (
        "client FS_Ctl", "was replaced by another client with the same id",
    ),
    trace.Connection(1.0, "FS_Ctl", "lost", ""): ("client FS_Ctl", "lost its connection"),
    trace.Connection(1.0, "old", "refused", "MQTT 3.1"): ("client old", "was refused: MQTT 3.1"),
    trace.Feedback(1.0, "gate 1", "clear"): ("controller", "receives gate 1 clear"),
    trace.Feedback(1.0, "camera", "ab"): ("controller", "receives a picture"),
    trace.Binned(1.0, 2, 0): ("item 2", "falls into the reject bin"),
    trace.Binned(1.0, 2, 3): ("item 2", "falls into bin 3"),
    trace.EndRequested(1.0, "a signal"): ("controller", "is told to end (a signal)"),
    trace.Ended(1.0, "stalled", (4, -1), True, (2,), True): (
        "run", "ends: stalled; on the belt: item 4, foreign object 1; the stack is not empty; rods out: [2]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("record", NARRATIONS, ids=lambda record: type(record).__name__)
def test_a_record_becomes_a_sentence(record):
    assert narrate(record) == NARRATIONS[record]


def test_every_kind_of_record_has_a_narration():
    examples = [
        trace.Began(0.0, Scenario()), trace.BeltRuns(0.0, True), trace.RodMoves(0.0, 2, "out"),
        trace.LoadedNothing(0.0), trace.Photographed(0.0, 1, "ab", 3), trace.Edge(0.0, 1, True, 1),
        trace.Released(0.0, 1), trace.Commanded(0.0, "{}"), *NARRATIONS,
    ]  # fmt: skip
    assert {type(record) for record in examples} == set(get_args(trace.AnyRecord))
    assert all(all(narrate(record)) for record in examples)


def test_what_is_sent_while_no_client_is_subscribed_reaches_nobody():
    def narrated(*records):
        *_, last = steps([*records, trace.Feedback(9.0, "gate 1", "blocked")], ())
        return last.subject, last.action

    connected, subscribed, lost, restarted = (
        trace.Connection(1.0, "FS_Ctl", *event)
        for event in (("connected", "MQTT 3.1.1"), ("subscribed", "bb"), ("lost", ""), ("lost", BROKER_RESTARTED))
    )
    received = "controller", "receives gate 1 blocked"
    missed = "line", "sends gate 1 blocked, which reaches nobody: no client is subscribed"
    assert narrated() == received  # Nobody knows: our controller has no broker there.
    assert narrated(connected) == missed
    assert narrated(connected, subscribed) == received
    assert narrated(connected, subscribed, lost) == missed
    assert narrated(connected, subscribed, lost, connected) == received  # Its session may have outlived the connection.
    assert narrated(connected, subscribed, restarted, connected) == missed
    assert narrated(connected, subscribed, restarted, connected, subscribed) == received
