"""Each check on a hand-made trace that breaks its rule, and on a similar trace that does not."""

import pytest

from twin import Item, Scenario, trace
from twin.verdict.answers import Answers
from twin.verdict.checks import ALL_CHECKS, Checks
from twin.verdict.checks.checks import MOST_VIOLATIONS
from twin.verdict.checks.control import LONGEST_UNSAFE_S
from twin.verdict.checks.rods import LONGEST_OUT_S

BEGAN = trace.Began(0.0, Scenario(items=(Item(item_class="ripe"),)))
LOADED = trace.Loaded(1.0, 1, "ripe", 0.08, None)
RIPE = trace.Answered(2.0, 1, "ripe", 0.95)
UNSURE = trace.Answered(2.0, 1, "ripe", 0.79)
MISREAD = trace.Answered(2.0, 1, "raw", 0.95)
ERROR = trace.Answered(2.0, 1, None, 0.0)
CLEAR = trace.Answered(2.0, 1, "ripe", 0.95, own=False)
UNCLEAR = trace.Answered(2.0, 1, "ripe", 0.6, own=False)
LOOKS_RAW = trace.Answered(2.0, 1, "raw", 0.95, own=False)
NO_LOOK = trace.Answered(2.0, 1, None, 0.0, own=False)
MAYBE_RAW = trace.Answered(2.0, 1, "raw", 0.6, own=False)
END_REQUEST = trace.EndRequested(10.0, "a signal")


def moves(rod, *strokes):
    return [trace.RodMoves(at_s, rod, stroke) for at_s, stroke in strokes]


def ended(reason="sorted", on_belt=(), in_stack=False, rods_out=(), running=False, t_s=20.0):
    return trace.Ended(t_s, reason, on_belt, in_stack, rods_out, running)


def found(records):
    checks = Checks(ALL_CHECKS)
    for record in [BEGAN, *records]:
        checks.see(record)
    return {violation.check for violation in checks.violations}


PUSH = moves(2, (4.0, "extending"), (4.25, "out"), (4.5, "retracting"), (4.75, "in"))
STOP = trace.BeltRuns(5.0, False)
RUN = trace.BeltRuns(0.5, True)
RUN_COMMAND = '{"conveyor":"run"}'

CASES = {
    "wrong_bin": ([LOADED, RIPE, trace.Binned(9.0, 1, 3)], [LOADED, RIPE, trace.Binned(9.0, 1, 2)]),
    "wrong_bin unsure": ([LOADED, UNSURE, trace.Binned(9.0, 1, 2)], [LOADED, UNSURE, trace.Binned(9.0, 1, 0)]),
    "wrong_bin error": ([LOADED, ERROR, trace.Binned(9.0, 1, 2)], [LOADED, ERROR, trace.Binned(9.0, 1, 0)]),
    "wrong_bin misread": ([LOADED, MISREAD, trace.Binned(9.0, 1, 2)], [LOADED, MISREAD, trace.Binned(9.0, 1, 4)]),
    "wrong_bin without a known answer": ([LOADED, trace.Binned(9.0, 1, 4)], [LOADED, trace.Binned(9.0, 1, 2)]),
    "needless_reject": ([LOADED, RIPE, trace.Binned(9.0, 1, 0)], [LOADED, UNSURE, trace.Binned(9.0, 1, 0)]),
    "needless_reject without a known answer": ([LOADED, trace.Binned(9.0, 1, 0)], [LOADED, trace.Binned(9.0, 1, 2)]),
    "needless_reject of a clear picture": (
        [LOADED, CLEAR, trace.Binned(9.0, 1, 0)], [LOADED, UNCLEAR, trace.Binned(9.0, 1, 0)],
    ),
    "needless_reject misread": ([LOADED, MISREAD, trace.Binned(9.0, 1, 0)], [LOADED, MISREAD, trace.Binned(9.0, 1, 4)]),
    "needless_reject without an answer of the twin's recognizer": (
        [LOADED, CLEAR, trace.Binned(9.0, 1, 0)], [LOADED, NO_LOOK, trace.Binned(9.0, 1, 0)],
    ),
    "needless_reject looking like another class": (
        [LOADED, CLEAR, trace.Binned(9.0, 1, 0)], [LOADED, LOOKS_RAW, trace.Binned(9.0, 1, 0)],
    ),
    "needless_reject without an answer": (
        [LOADED, ERROR, trace.Binned(9.0, 1, 0)],
        [trace.Loaded(1.0, 1, "plum", 0.08, None), ERROR, trace.Binned(9.0, 1, 0)],
    ),
    "not_at_rest": ([END_REQUEST, ended(running=True)], [ended(running=True)]),
    "not_at_rest with a rod out": ([END_REQUEST, ended(rods_out=(3,))], [END_REQUEST, ended()]),
    "not_at_rest interrupted": (
        [END_REQUEST, ended(running=True)], [END_REQUEST, ended(reason="interrupted", running=True)],
    ),
    "lost interrupted": ([LOADED, ended(on_belt=(1,))], [LOADED, ended(reason="interrupted", on_belt=(1,))]),
    "struck": ([LOADED, trace.Struck(4.0, 1, 2, 0.07)], [LOADED, trace.Taken(4.0, 1, 2, 0.049, None)]),
    "jam": ([LOADED, trace.Held(4.0, 1, 2, None)], [LOADED, trace.Released(4.0, 1)]),
    "jam behind": ([LOADED, trace.Held(4.0, 2, None, 1)], [LOADED]),
    "jam loaded onto": ([trace.Loaded(3.0, 2, "raw", 0.08, 1)], [trace.Loaded(3.0, 2, "raw", 0.08, None)]),
    "pushed_at_nothing": (PUSH, [PUSH[0], trace.Taken(4.1, 1, 2, 0.0, None), *PUSH[1:]]),
    "rod_left_out": (
        moves(2, (4.0, "out"), (4.0 + LONGEST_OUT_S + 0.01, "retracting")),
        moves(2, (4.0, "out"), (4.0 + LONGEST_OUT_S, "retracting")),
    ),
    "rod_left_out at the end": (
        [*moves(3, (16.9, "out")), ended(rods_out=(3,), t_s=20.0)],
        [*moves(3, (17.0, "out")), ended(rods_out=(3,), t_s=20.0)],
    ),
    "rod_left_out at the end, extending": (
        [*moves(3, (16.0, "extending"), (16.9, "out")), ended(rods_out=(3,), t_s=20.0)],
        [*moves(3, (16.0, "extending")), ended(rods_out=(3,), t_s=20.0)],
    ),
    "rod_left_out at the end, retracting": (
        [*moves(3, (16.0, "out"), (19.5, "retracting")), ended(rods_out=(3,), t_s=20.0)],
        [*moves(3, (16.0, "out"), (17.0, "retracting")), ended(rods_out=(3,), t_s=20.0)],
    ),
    "rod_left_out crashed": ([ended(reason="crashed", rods_out=(3,))], [ended(reason="crashed")]),
    "protocol": ([trace.Refused(3.0, "not a JSON object")], []),
    "protocol pushed twice": (
        [*moves(2, (4.0, "extending")), trace.Commanded(4.1, '{"rod_control":"second_push"}')],
        [*moves(2, (4.0, "extending")), trace.Commanded(4.1, '{"rod_control":"second_pull"}')],
    ),
    "stalled": ([ended(reason="stalled", in_stack=True)], [ended()]),
    "lost": ([LOADED, ended(on_belt=(1,))], [LOADED, ended()]),
    "lost object": ([LOADED, ended(on_belt=(1,))], [trace.LaidDown(1.0, -1, 0.08, 0.3, None), ended(on_belt=(-1,))]),
    "struck object": ([LOADED, trace.Struck(4.0, 1, 2, 0.07)], [trace.Struck(4.0, -1, 2, 0.07)]),
    "jam of an object": ([LOADED, trace.Held(4.0, 1, 2, None)], [trace.Held(4.0, -1, 2, None)]),
    "wrong_bin of an object": ([LOADED, trace.Binned(9.0, 1, 4)], [trace.Binned(9.0, -1, 4)]),
    "crash": ([trace.Crashed(3.0, "KeyError: 'x'")], []),
    "unsafe_stop": (
        [RUN, *moves(2, (4.9, "out")), STOP, *moves(2, (5.0 + LONGEST_UNSAFE_S + 0.01, "in"))],
        [RUN, *moves(2, (4.9, "out")), STOP, *moves(2, (5.0 + LONGEST_UNSAFE_S, "in"))],
    ),
    "unsafe_stop at the end": (
        [RUN, *moves(2, (4.9, "out")), STOP, ended(rods_out=(2,))], [RUN, *moves(2, (4.9, "out"), (4.95, "in")), STOP],
    ),
    "unsafe_stop run again": (
        [RUN, *moves(2, (4.9, "out")), STOP, trace.BeltRuns(7.1, True)],
        [RUN, *moves(2, (4.9, "out")), STOP, trace.BeltRuns(7.0, True)],
    ),
    "unsafe_stop crashed": ([RUN, ended(reason="crashed", running=True)], [RUN, ended(reason="crashed")]),
    "unsafe_stop with a running controller": ([RUN, ended(reason="crashed", running=True)], [RUN, ended(running=True)]),
    "wrong_bin threshold": (
        [LOADED, UNSURE, trace.Binned(9.0, 1, 2)],
        [LOADED, trace.Answered(2.0, 1, "ripe", 0.8), trace.Binned(9.0, 1, 2)],
    ),
    "wrong_bin of another item": (
        [LOADED, trace.Loaded(3.0, 2, "raw", 0.08, None), RIPE, trace.Answered(4.0, 2, "raw", 0.9),
         trace.Binned(9.0, 1, 4)],
        [LOADED, trace.Loaded(3.0, 2, "raw", 0.08, None), RIPE, trace.Answered(4.0, 2, "raw", 0.9),
         trace.Binned(9.0, 2, 4)],
    ),
    "wrong_bin unknown": (
        [LOADED, trace.Answered(2.0, 1, "unknown", 0.99), trace.Binned(9.0, 1, 2)],
        [LOADED, trace.Answered(2.0, 1, "unknown", 0.99), trace.Binned(9.0, 1, 0)],
    ),
    "needless_reject threshold": (
        [LOADED, trace.Answered(2.0, 1, "ripe", 0.8), trace.Binned(9.0, 1, 0)],
        [LOADED, UNSURE, trace.Binned(9.0, 1, 0)],
    ),
    "pushed_at_nothing struck": (PUSH, [PUSH[0], trace.Struck(4.1, 1, 2, 0.07), *PUSH[1:]]),
    "pushed_at_nothing by another rod": (
        [PUSH[0], trace.Taken(4.1, 1, 3, 0.0, None), *PUSH[1:]],
        [trace.RodMoves(4.0, 1, "extending"), trace.RodMoves(4.5, 1, "retracting"), trace.RodMoves(5.0, 1, "in")],
    ),
    "protocol pushed for the first time": (
        [PUSH[0], trace.Commanded(4.3, '{"rod_control":"second_push"}')],
        [trace.Commanded(4.3, '{"rod_control":"second_push"}')],
    ),
    "protocol pushed again after it was in": (
        [*PUSH[:2], trace.Commanded(4.3, '{"rod_control":"second_push"}')],
        [*PUSH, trace.Commanded(4.8, '{"rod_control":"second_push"}')],
    ),
    "rod_left_out of the loader": (
        moves(1, (4.0, "out"), (4.0 + LONGEST_OUT_S + 0.01, "retracting")),
        moves(1, (4.0, "out"), (5.5, "retracting")),
    ),
    "stalled with items on the belt": (
        [LOADED, ended(reason="stalled", on_belt=(1,))], [LOADED, ended(reason="interrupted", on_belt=(1,))],
    ),
    "lost after another": (
        [LOADED, trace.Binned(9.0, 1, 2), ended(on_belt=(2,))], [LOADED, trace.Binned(9.0, 1, 2), ended()],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_check_finds_a_broken_rule(case):
    assert case.split()[0] in found(CASES[case][0])


@pytest.mark.parametrize("case", CASES)
def test_the_check_accepts_the_near_miss(case):
    assert case.split()[0] not in found(CASES[case][1])


def test_every_check_has_its_cases():
    assert {check.name for check in ALL_CHECKS} == {case.split()[0] for case in CASES}


def test_a_violation_names_item_time_and_distance():
    checks = Checks(ALL_CHECKS)
    for record in (BEGAN, LOADED, trace.Struck(4.0, 1, 2, 0.07)):
        checks.see(record)
    (violation,) = checks.violations
    assert (violation.item, violation.t_s) == (1, 4.0)
    assert "rod 2" in violation.detail
    assert "70.0 mm" in violation.detail


def test_a_push_at_nothing_is_found_when_the_rod_retracts():
    checks = Checks(ALL_CHECKS)
    for record in (BEGAN, *PUSH):
        checks.see(record)
    assert [(violation.check, violation.t_s) for violation in checks.violations] == [("pushed_at_nothing", 4.5)]


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (
            [LOADED, RIPE, trace.Binned(9.0, 1, 3)],
            "item 1 (ripe) fell into bin 3; it belongs in bin 2 (recognizer: ripe 0.95)",
        ),
        (
            [LOADED, ERROR, trace.Binned(9.0, 1, 3)],
            "item 1 (ripe) fell into bin 3; it belongs in the reject bin (recognizer: no answer)",
        ),
        (
            [LOADED, ERROR, trace.Binned(9.0, 1, 0)],
            "item 1 (ripe) fell into the reject bin; it belongs in bin 2 (recognizer: no answer)",
        ),
        (
            [LOADED, UNSURE, trace.Binned(9.0, 1, 3)],
            "it belongs in the reject bin (recognizer: ripe 0.79, below the threshold of 0.8)",
        ),
        (
            [LOADED, RIPE, trace.Binned(9.0, 1, 0)],
            "item 1 (ripe) fell into the reject bin; it belongs in bin 2 (recognizer: ripe 0.95)",
        ),
        (
            [LOADED, trace.Binned(9.0, 1, 3)],
            "item 1 (ripe) fell into bin 3; it belongs in bin 2 (the recognizer's answer is unknown)",
        ),
        (
            [LOADED, CLEAR, trace.Binned(9.0, 1, 3)],
            "fell into bin 3; it belongs in bin 2 (the twin's recognizer: ripe 0.95)",
        ),
        (
            [LOADED, LOOKS_RAW, trace.Binned(9.0, 1, 4)],
            "it belongs in bin 2 (the twin's recognizer: raw 0.95, so the picture was probably misread)",
        ),
        (
            [LOADED, MAYBE_RAW, trace.Binned(9.0, 1, 4)],
            "it belongs in bin 2 (the twin's recognizer: raw 0.60, below the threshold of 0.8)",
        ),
        (
            [END_REQUEST, ended(running=True, rods_out=(2,))],
            "the controller was told to end (a signal) at 10.000 s; "
            "10.0 s later the belt was still running and rod 2 was still out",
        ),
        ([LOADED, trace.Struck(4.0, 1, 2, -0.07)], "rod 2 struck item 1: its centre was 70.0 mm upstream of the rod's"),
        ([LOADED, trace.Struck(4.0, 1, 2, 0.07)], "its centre was 70.0 mm downstream of the rod's"),
        ([trace.Held(4.0, 2, None, 1)], "item 2 ran into item 1, which stood still"),
        ([trace.Held(4.0, 2, None, -1)], "item 2 ran into foreign object 1, which stood still"),
        ([trace.Loaded(4.0, 2, "raw", 0.08, -1)], "item 2 was loaded on top of foreign object 1"),
        ([trace.Held(4.0, 2, 3, None)], "item 2 ran into rod 3, which was out"),
        (
            [ended(reason="stalled", in_stack=True)],
            "no progress: no item was loaded within 69 s, although the stack is not empty; last event: none",
        ),
        (
            [LOADED, ended(reason="stalled", on_belt=(1,))],
            "no progress: items [1] on the belt passed no sensor and reached no bin within 69 s; "
            "last event: item 1 was loaded at 1.000 s",
        ),
        ([trace.Binned(9.0, 1, 0), ended(reason="stalled")], "last event: item 1 fell into the reject bin at 9.000 s"),
        (
            [trace.Commanded(3.0, '{"conveyor":"run"}'), ended(reason="stalled")],
            'the controller published {"conveyor":"run"} at 3.000 s',
        ),
        (
            [trace.Exited(3.0, "python ended with exit code 0"), ended(reason="stalled")],
            "last event: none; python ended with exit code 0 at 3.000 s",
        ),
        (
            [trace.Exited(3.0, "python ended with exit code 0"), ended(reason="stalled", in_stack=True)],
            "no progress: no item was loaded any more, although the stack is not empty; last event: none; "
            "python ended with exit code 0 at 3.000 s",
        ),
        (
            [LOADED, trace.Exited(3.0, "python ended with exit code 0"), ended(reason="stalled", on_belt=(1,))],
            "no progress: items [1] on the belt passed no sensor and reached no bin any more; last event: "
            "item 1 was loaded at 1.000 s; python ended with exit code 0 at 3.000 s",
        ),
        (
            [trace.Connection(3.0, "FS_Ctl", "lost", ""), ended(reason="stalled")],
            "last event: none; client FS_Ctl lost its connection at 3.000 s",
        ),
        (
            [trace.Connection(2.0, "one", "lost", ""), trace.Connection(3.0, "two", "lost", ""), ended("stalled")],
            "last event: none; client two lost its connection at 3.000 s",
        ),
        (
            [
                trace.Connection(2.0, "one", "connected", ""),
                trace.Connection(3.0, "two", "connected", ""),
                trace.Connection(4.0, "one", "lost", ""),
                trace.Connection(5.0, "three", "refused", ""),
                ended("stalled"),
            ],
            "last event: none; client one lost its connection at 4.000 s",
        ),
    ],
)
def test_the_detail_of_a_violation_is_a_sentence(records, words):
    checks = Checks(ALL_CHECKS)
    for record in [BEGAN, *records]:
        checks.see(record)
    assert any(violation.detail.endswith(words) for violation in checks.violations), checks.violations


@pytest.mark.parametrize(
    ("loaded", "answered", "reason"),
    [
        (LOADED, ERROR, "no answer"), (LOADED, UNSURE, "not sure"),
        (LOADED, trace.Answered(2.0, 1, "unknown", 0.99), "no bin for unknown"),
        (LOADED, RIPE, "not tracked, or answered too late"), (LOADED, None, "not sorted"),
        (LOADED, CLEAR, "not sorted"), (LOADED, UNCLEAR, "hard to recognise"),
        (trace.Loaded(1.0, 1, "plum", 0.08, None), None, "no bin for plum"),
    ],
)  # fmt: skip
def test_the_reason_for_a_reject_follows_from_the_answer(loaded, answered, reason):
    answers = Answers()
    answers.began(BEGAN)
    answers.loaded(loaded)
    if answered is not None:
        answers.answered(answered)
    assert answers.reject_reason(1) == reason


def test_the_number_of_listed_violations_is_limited():
    checks = Checks(ALL_CHECKS)
    for number in range(MOST_VIOLATIONS + 5):
        checks.see(trace.Crashed(float(number), "again"))
    assert len(checks.violations) == MOST_VIOLATIONS
    assert checks.unlisted == 5


def test_many_violations_of_one_check_do_not_hide_those_of_another():
    checks = Checks(ALL_CHECKS)
    refused = [trace.Refused(float(number), "again") for number in range(MOST_VIOLATIONS + 5)]
    for record in [BEGAN, *refused, LOADED, RIPE, trace.Binned(9.0, 1, 3)]:
        checks.see(record)
    assert checks.violations[-1].check == "wrong_bin"
    assert (len(checks.violations), checks.unlisted) == (MOST_VIOLATIONS + 1, 5)
