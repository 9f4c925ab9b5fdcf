"""Each check: a hand-made trace that must fail, and a near miss that must pass."""

import pytest

from twin import Item, Scenario, trace
from twin.checks import ALL_CHECKS, Checks
from twin.checks.control import LONGEST_UNSAFE_S
from twin.checks.rods import LONGEST_OUT_S

BEGAN = trace.Began(0.0, Scenario(items=(Item(item_class="ripe"),)))
LOADED = trace.Loaded(1.0, 1, "ripe", 0.08, None)
RIPE = trace.Answered(2.0, 1, "ripe", 0.95)
UNSURE = trace.Answered(2.0, 1, "ripe", 0.79)
MISREAD = trace.Answered(2.0, 1, "raw", 0.95)
ERROR = trace.Answered(2.0, 1, None, 0.0)


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

CASES = {
    "wrong_bin": ([LOADED, RIPE, trace.Binned(9.0, 1, 3)], [LOADED, RIPE, trace.Binned(9.0, 1, 2)]),
    "wrong_bin unsure": ([LOADED, UNSURE, trace.Binned(9.0, 1, 2)], [LOADED, UNSURE, trace.Binned(9.0, 1, 0)]),
    "wrong_bin error": ([LOADED, ERROR, trace.Binned(9.0, 1, 2)], [LOADED, ERROR, trace.Binned(9.0, 1, 0)]),
    "wrong_bin misread": ([LOADED, MISREAD, trace.Binned(9.0, 1, 2)], [LOADED, MISREAD, trace.Binned(9.0, 1, 4)]),
    "wrong_bin unheard": ([LOADED, trace.Binned(9.0, 1, 4)], [LOADED, trace.Binned(9.0, 1, 2)]),
    "needless_reject": ([LOADED, RIPE, trace.Binned(9.0, 1, 0)], [LOADED, UNSURE, trace.Binned(9.0, 1, 0)]),
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
        [*moves(3, (17.1, "out")), ended(rods_out=(3,), t_s=20.0)],
    ),
    "rod_left_out crashed": ([ended(reason="crashed", rods_out=(3,))], [ended(reason="crashed")]),
    "protocol": ([trace.Refused(3.0, "not a JSON object")], []),
    "protocol pushed twice": (
        [*moves(2, (4.0, "extending")), trace.Commanded(4.1, '{"rod_control":"second_push"}')],
        [*moves(2, (4.0, "extending")), trace.Commanded(4.1, '{"rod_control":"second_pull"}')],
    ),
    "stalled": ([ended(reason="stalled", in_stack=True)], [ended()]),
    "lost": ([LOADED, ended(on_belt=(1,))], [LOADED, ended()]),
    "crash": ([trace.Crashed(3.0, "KeyError: 'x'")], []),
    "unsafe_stop": (
        [RUN, *moves(2, (4.9, "out")), STOP, *moves(2, (5.0 + LONGEST_UNSAFE_S + 0.01, "in"))],
        [RUN, *moves(2, (4.9, "out")), STOP, *moves(2, (5.0 + LONGEST_UNSAFE_S, "in"))],
    ),
    "unsafe_stop at the end": (
        [RUN, *moves(2, (4.9, "out")), STOP, ended(rods_out=(2,))], [RUN, *moves(2, (4.9, "out"), (4.95, "in")), STOP],
    ),
    "unsafe_stop run again": (
        [RUN, *moves(2, (4.9, "out")), STOP, trace.BeltRuns(9.0, True)],
        [RUN, *moves(2, (4.9, "out")), STOP, trace.BeltRuns(6.0, True)],
    ),
    "unsafe_stop crashed": ([RUN, ended(reason="crashed", running=True)], [RUN, ended(reason="crashed")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_check_finds_what_is_wrong(case):
    assert case.split()[0] in found(CASES[case][0])


@pytest.mark.parametrize("case", CASES)
def test_the_check_passes_the_near_miss(case):
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
