"""What excuses a break of a rule: only facts about the same item or part, and only for a limited time."""

import pytest

from twin import Item, Layout, Scenario, trace
from twin.verdict.bounds import Bounds
from twin.verdict.checks import ALL_CHECKS, Checks
from twin.verdict.excuses import RELEARNED

BEGAN = trace.Began(0.0, Scenario(items=(Item(item_class="ripe"),) * 9))
BOUNDS = Bounds(Layout())
PUSH_TWICE = '{"rod_control":"second_push"}'


def judged(*records):
    checks = Checks(ALL_CHECKS)
    for record in (BEGAN, *sorted(records, key=lambda record: record.t_s)):
        checks.see(record)
    return checks


def excuses(*records):
    """The effect that excuses each excused break, by check and item."""
    return {(each.violation.check, each.violation.item): each.fact.what for each in judged(*records).excused}


def found(*records):
    """Check and item of each violation."""
    return {(violation.check, violation.item) for violation in judged(*records).violations}


def loaded(item=1, t_s=1.0, **more):
    return trace.Loaded(t_s, item, "ripe", 0.08, more.get("onto"), more.get("beside", ()))


def rejected(item=1, t_s=20.0):
    return trace.Binned(t_s, item, 0)


def fact(what, item=1, t_s=5.0, part="gate 1", beside=()):
    return trace.Disturbed(t_s, what, part, item, beside, "afault")


def strokes(rod, *moves):
    return [trace.RodMoves(at_s, rod, stroke) for at_s, stroke in moves]


# A rejected item.

OWN = (
    "edge_lost", "edge_late", "edge_twice", "edge_false", "picture_lost", "picture_late", "picture_twice",
    "picture_spoilt", "answer_lost", "answer_late", "answer_false", "off_pace", "longer", "two_loaded", "taken_off",
    "put_back", "laid_down", "cut_off", "reconnected", "restarted", "command_lost", "command_late", "command_twice",
    "push_failed", "stroke_slow", "rod_stuck",
)  # fmt: skip
NOT_CONFUSED = ("answer_late", "answer_lost", "answer_false", "picture_spoilt")


@pytest.mark.parametrize("what", OWN)
def test_an_effect_on_an_item_excuses_its_reject(what):
    assert excuses(loaded(), fact(what), rejected()) == {("needless_reject", 1): what}


@pytest.mark.parametrize("what", ["garbage", "push_slipped", "on_pace"])
def test_an_effect_on_no_item_excuses_no_reject(what):
    assert found(loaded(), fact(what, item=None), rejected()) == {("needless_reject", 1)}


def test_an_effect_on_an_earlier_ride_excuses_nothing():
    again = (loaded(t_s=30.0), rejected(t_s=50.0))
    assert found(loaded(), fact("edge_lost"), rejected(), *again) == {("needless_reject", 1)}


def ends(*items):
    return [rejected(item, 20.0 + item) for item in items]


def reasons(*records):
    """The effect that excuses each needless reject."""
    return {item: what for (check, item), what in excuses(*records).items() if check == "needless_reject"}


def test_a_lost_edge_excuses_the_items_ahead_and_behind_too():
    ride = (loaded(1), loaded(2, 2.0), loaded(3, 3.0), loaded(4, 4.0), fact("edge_lost", 2, beside=(1, 3)))
    assert reasons(*ride, *ends(1, 2, 3)) == {1: "edge_lost", 2: "edge_lost", 3: "edge_lost"}
    assert found(*ride, *ends(4)) == {("needless_reject", 4)}


@pytest.mark.parametrize("what", [what for what in OWN if what not in NOT_CONFUSED])
def test_an_effect_on_one_item_may_excuse_its_neighbour(what):
    assert reasons(loaded(1), loaded(2, 2.0), fact(what, 2, beside=(1,)), rejected(1)) == {1: what}


@pytest.mark.parametrize("what", NOT_CONFUSED)
def test_an_effect_that_cannot_be_confused_excuses_no_neighbour(what):
    ride = (loaded(1), loaded(2, 2.0), fact(what, 2, beside=(1,)))
    assert found(*ride, rejected(1), rejected(2, 21.0)) == {("needless_reject", 1)}


def test_an_effect_at_a_part_excuses_the_items_beside_it():
    ride = (loaded(1), loaded(2, 2.0), loaded(3, 3.0), loaded(4, 4.0), fact("edge_false", None, beside=(1, 2)))
    assert reasons(*ride, *ends(1, 2, 3)) == {1: "edge_false", 2: "edge_false", 3: "edge_false"}  # 3 is next to 2.
    assert found(*ride, *ends(4)) == {("needless_reject", 4)}


def test_the_neighbours_of_items_beside_a_part_are_excused():
    ride = [*(loaded(item, float(item)) for item in range(1, 7)), fact("edge_false", None, 9.0, beside=(3, 4))]
    assert [bool(reasons(*ride, *ends(item))) for item in range(1, 7)] == [False, True, True, True, True, False]


def test_an_item_loaded_behind_a_disturbed_item_is_excused():
    ride = (loaded(1), fact("edge_lost", 1, 3.0), loaded(2, 4.0, beside=(1,)), loaded(3, 6.0, beside=(2,)))
    assert reasons(*ride, *ends(2)) == {2: "edge_lost"}
    assert found(*ride, *ends(3)) == {("needless_reject", 3)}


def test_a_removed_item_excuses_the_next_one_within_one_trip():
    off = (loaded(1), fact("taken_off", 1, 3.0), trace.TakenByHand(3.0, 1, False, False))
    soon_s, late_s = 3.0 + BOUNDS.trip_s - 0.1, 3.0 + BOUNDS.trip_s + 0.1
    assert found(*off, loaded(2, soon_s), rejected(2, 40.0)) == set()
    assert found(*off, loaded(2, late_s), rejected(2, 40.0)) == {("needless_reject", 2)}
    assert found(*off, loaded(2, 4.0), loaded(3, 5.0), rejected(3, 40.0)) == {("needless_reject", 3)}


@pytest.mark.parametrize(
    "what", ["taken_off", "edge_false", "picture_late", "picture_twice", "edge_late", "edge_twice"]
)
def test_a_message_about_no_item_excuses_the_next_item(what):
    assert reasons(fact(what, None, 3.0), loaded(1, 4.0), rejected(1)) == {1: what}


@pytest.mark.parametrize("what", ["edge_lost", "picture_lost", "answer_late", "command_late", "garbage"])
def test_a_lost_message_about_no_item_excuses_no_item(what):
    assert found(fact(what, None, 3.0), loaded(1, 4.0), rejected(1)) == {("needless_reject", 1)}


def test_an_item_behind_one_that_rode_on_is_excused():
    ride = (loaded(1), loaded(2, 2.0), loaded(3, 3.0), fact("picture_spoilt", 1))
    # Item 1 should have left the belt. It blocked the push of item 2, which then blocked that of item 3.
    assert reasons(*ride, *ends(1, 2, 3)) == {1: "picture_spoilt", 2: "rode_on", 3: "rode_on"}


def test_an_item_loaded_after_the_disturbed_one_has_left_is_not_excused():
    late_s = 5.0 + BOUNDS.trip_s + 0.1
    ride = (loaded(1), fact("picture_spoilt", 1), loaded(2, late_s), rejected(1, late_s + 1.0))
    assert found(*ride, rejected(2, 40.0)) == {("needless_reject", 2)}


def passes(item, t_s, gate=1):
    return [trace.Edge(t_s, gate, True, item), trace.Edge(t_s + 0.4, gate, False, item)]


def ridden(*mistimed, items=8, what="off_pace"):
    """Items that pass gate 1 one after another, some of them off pace; all are rejected at the end."""
    records = []
    for item in range(1, items + 1):
        at_s = 10.0 * item
        records += [loaded(item, at_s), *passes(item, at_s + 3.0), rejected(item, at_s + 9.0)]
        records += [fact(what, item, at_s + 1.0)] if item in mistimed else []
    return records


def needless(records):
    return {item for check, item in found(*records) if check == "needless_reject"}


@pytest.mark.parametrize("what", [
    "off_pace", "edge_late", "picture_late", "command_late", "longer", "two_loaded", "cut_off", "reconnected",
    "restarted",
])  # fmt: skip
def test_two_items_in_a_row_with_misleading_times_excuse_the_next_two(what):
    assert RELEARNED == 2
    assert needless(ridden(3, 4, what=what)) == {1, 2, 7, 8}


@pytest.mark.parametrize("what", ["edge_lost", "edge_twice", "picture_lost", "answer_late", "push_failed", "put_back"])
def test_an_effect_without_misleading_times_excuses_no_later_items(what):
    assert needless(ridden(3, 4, what=what)) >= {6, 7, 8}


def test_a_single_item_off_pace_excuses_no_other():
    assert needless(ridden(4)) == {1, 2, 3, 5, 6, 7, 8}
    assert needless(ridden(3, 5)) == {1, 2, 4, 6, 7, 8}


def test_the_first_item_at_a_gate_off_pace_excuses_the_next_two():
    assert needless(ridden(1)) == {4, 5, 6, 7, 8}


def test_misleading_times_count_separately_at_each_gate():
    """Items 5 and 6 leave before gate 2, so items 7 and 8 are the next ones there after items 3 and 4."""
    records = ridden(3, 4)
    for item in (1, 2, 3, 4, 7, 8):
        records += passes(item, 10.0 * item + 6.0, gate=2)
    assert needless(records) == {1, 2}


def test_a_lost_edge_excuses_the_next_item_at_the_gate():
    lost = (loaded(1), fact("edge_lost", 1, 3.0), rejected(1, 9.0))
    ride = (*lost, loaded(2, 10.0), *passes(2, 13.0), rejected(2, 19.0))
    assert needless(ride) == set()
    assert needless([*ride, loaded(3, 20.0), *passes(3, 23.0), rejected(3, 29.0)]) == {3}


@pytest.mark.parametrize("what", ["edge_lost", "edge_false"])
def test_a_lost_or_false_edge_excuses_the_next_item_at_the_gate(what):
    ride = (loaded(1), fact(what, None, 2.0), *passes(1, 3.0), rejected(1, 9.0))
    assert reasons(*ride) == {1: what}
    assert needless([*ride, loaded(2, 20.0), *passes(2, 23.0), rejected(2, 29.0)]) == {2}


def is_excused(judged, *facts, items=8):
    """Whether the reject of one item is excused among items that follow closely; the other items are sorted."""
    records = list(facts)
    for item in range(1, items + 1):
        at_s = 5.0 * item
        bin_number = 0 if item == judged else 2
        records += [loaded(item, at_s), *passes(item, at_s + 3.0), trace.Binned(at_s + 9.0, item, bin_number)]
    return not needless(records)


@pytest.mark.parametrize("what", ["cut_off", "reconnected", "restarted"])
def test_a_neighbour_of_an_unseen_item_has_misleading_times_too(what):
    unseen = fact(what, 3, 16.0, beside=(2,))
    assert [item for item in range(4, 9) if is_excused(item, unseen)] == [4, 5]


def test_neighbours_of_an_object_have_misleading_times():
    laid = fact("laid_down", -1, 16.0, beside=(2, 3))
    assert [item for item in range(4, 9) if is_excused(item, laid)] == [4, 5]


@pytest.mark.parametrize("what", ["off_pace", "longer", "edge_late", "put_back"])
def test_neighbours_of_other_disturbed_items_have_correct_times(what):
    assert [item for item in range(5, 9) if is_excused(item, fact(what, 3, 16.0, beside=(2,)))] == []


def test_an_item_with_one_lost_edge_does_not_excuse_the_next():
    nose, tail = passes(1, 3.0)
    ride = (loaded(1), nose, fact("edge_lost", 1, 3.0), tail, rejected(1, 9.0))
    assert needless([*ride, loaded(2, 10.0), *passes(2, 13.0), rejected(2, 19.0)]) == {2}


def test_an_item_that_never_left_a_beam_has_not_passed_the_gate():
    """Items 5 and 6 only enter the beam, so item 7 is the next one after those with misleading times."""
    records = [
        record for record in ridden(3, 4)
        if not (isinstance(record, trace.Edge) and record.item in (5, 6) and not record.blocked)
    ]  # fmt: skip
    assert 7 not in needless(records)


@pytest.mark.parametrize("what", ["stroke_slow", "command_late", "push_failed"])
def test_an_effect_on_the_loaders_stroke_excuses_its_item(what):
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    assert reasons(*stroke, fact(what, None, 2.5, "rod 1"), loaded(1, 3.0), rejected(1)) == {1: what}
    assert needless([*stroke, fact(what, None, 2.4, "rod 1"), loaded(1, 3.0), rejected(1)]) == {1}


# Wrong bins.


@pytest.mark.parametrize("what", OWN)
def test_no_fault_excuses_the_bin_of_another_class(what):
    wrong = trace.Binned(9.0, 1, 3)
    assert found(loaded(), fact(what), wrong) == {("wrong_bin", 1)}
    assert found(loaded(), fact(what, 2, beside=(1,)), wrong) == {("wrong_bin", 1)}


@pytest.mark.parametrize("carries", [
    [loaded(2, 2.0, onto=1)], [trace.LaidDown(2.0, -1, 0.08, 0.3, 1)], [trace.TakenByHand(2.0, 2, True, False, 1)],
    [trace.Held(2.0, 1, None, 2)],
])  # fmt: skip
def test_a_wrong_bin_is_excused_if_another_item_carries_or_blocks_it(carries):
    wrong = trace.Binned(9.0, 1, 3)
    assert excuses(loaded(), *carries, wrong)["wrong_bin", 1] == "carried"


def test_only_the_blocked_item_is_excused_not_the_blocking_one():
    held = trace.Held(2.0, 1, None, 2)
    assert ("wrong_bin", 2) in found(loaded(1), loaded(2, 1.5), held, trace.Binned(9.0, 2, 3))


def test_an_item_beside_a_carried_one_is_not_excused():
    assert ("wrong_bin", 3) in found(loaded(1), loaded(2, 2.0, onto=1), loaded(3, 3.0), trace.Binned(9.0, 3, 3))


# Rods.

OUT = strokes(2, (10.0, "extending"), (10.25, "out"))
LEFT_OUT = [*OUT, *strokes(2, (15.0, "retracting"))]
NOTHING = [*OUT, *strokes(2, (10.5, "retracting"), (10.75, "in"))]
STRUCK = [loaded(), *OUT, trace.Struck(10.25, 1, 2, 0.07)]
HELD = [loaded(), *OUT, trace.Held(11.0, 1, 2, None)]
AGAIN = [*OUT, trace.Commanded(10.4, PUSH_TWICE)]
UNSAFE = [trace.BeltRuns(0.5, True), *OUT, trace.BeltRuns(11.0, False), *strokes(2, (15.0, "in"))]

ROD = {
    "rod_left_out": LEFT_OUT, "pushed_at_nothing": NOTHING, "struck": STRUCK, "jam": HELD, "protocol": AGAIN,
    "unsafe_stop": UNSAFE,
}  # fmt: skip


def checks_of(records):
    return {check for check, _ in found(*records)}


@pytest.mark.parametrize("check", ROD)
def test_a_break_without_a_fact_is_a_violation(check):
    assert check in checks_of(ROD[check])


@pytest.mark.parametrize("check", ROD)
@pytest.mark.parametrize("what", ["command_lost", "command_late", "command_twice", "stroke_slow", "rod_stuck"])
def test_an_effect_on_a_rod_excuses_the_same_stroke(check, what):
    assert check not in checks_of([*ROD[check], fact(what, None, 10.2, "rod 2")])
    assert check not in checks_of([*ROD[check], fact(what, None, 10.2, "rods")])


@pytest.mark.parametrize("check", ROD)
def test_an_effect_on_another_rod_excuses_nothing(check):
    assert check in checks_of([*ROD[check], fact("rod_stuck", None, 10.2, "rod 3")])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_an_effect_on_a_rod_does_not_excuse_a_later_stroke(check):
    assert check in checks_of([*ROD[check], fact("rod_stuck", None, 9.9, "rod 2")])


@pytest.mark.parametrize("check", ["pushed_at_nothing", "struck"])
def test_an_effect_excuses_a_push_only_since_the_item_left_the_gate(check):
    before_s = 10.0 - BOUNDS.leg_s
    assert check in checks_of([*ROD[check], fact("command_late", None, before_s - 0.1, "rod 2")])
    assert check not in checks_of([*ROD[check], fact("command_late", None, before_s + 0.1, "rod 2")])


@pytest.mark.parametrize("check", ROD)
@pytest.mark.parametrize("what", ["edge_lost", "edge_false", "picture_late", "answer_false", "garbage"])
def test_wrong_sensor_messages_do_not_excuse_what_a_rod_does(check, what):
    assert check in checks_of([*ROD[check], fact(what, 1, 9.9), fact(what, None, 9.9, "gate 1", (1,))])


@pytest.mark.parametrize("check", ["pushed_at_nothing", "struck"])
@pytest.mark.parametrize("what", ["edge_late", "edge_twice"])
def test_a_late_edge_excuses_a_late_push(check, what):
    assert check not in checks_of([*ROD[check], fact(what, 1, 9.9), fact(what, None, 9.9, "gate 1")])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_a_controller_that_is_cut_off_may_leave_a_rod_out(check):
    cut = fact("cut_off", None, 10.3, "controller")
    assert check not in checks_of([*ROD[check], cut])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_a_reconnected_controller_must_pull_rods_after_five_seconds(check):
    away = [fact("cut_off", None, 2.0, "controller"), fact("reconnected", None, 4.9, "controller")]
    assert check in checks_of([*ROD[check], *away])
    soon = [fact("cut_off", None, 2.0, "controller"), fact("reconnected", None, 5.1, "controller")]
    assert check not in checks_of([*ROD[check], *soon])


def test_a_push_at_a_removed_item_is_excused():
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9, "gate 1")]) == set()
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9, "gate 2")]) == {"pushed_at_nothing"}
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9 - BOUNDS.leg_s, "gate 1")]) == {"pushed_at_nothing"}


def test_a_cut_off_controller_may_not_strike_or_push_at_nothing():
    cut = fact("cut_off", None, 9.0, "controller")
    assert "struck" in checks_of([*STRUCK, cut])
    assert "pushed_at_nothing" in checks_of([*NOTHING, cut])


def test_the_reject_of_an_item_struck_because_of_a_fault_is_excused():
    late = fact("command_late", None, 10.2, "rod 2")
    assert reasons(*STRUCK, late, rejected()) == {1: "held"}
    assert found(*STRUCK, rejected()) >= {("struck", 1), ("needless_reject", 1)}


@pytest.mark.parametrize("check", ["struck", "jam"])
@pytest.mark.parametrize("what", ["off_pace", "longer", "two_loaded", "taken_off", "put_back", "laid_down", "held"])
def test_an_item_that_moved_unexpectedly_may_be_struck_or_jam(check, what):
    assert check not in checks_of([*ROD[check], fact(what, 1, 9.0, "belt")])
    assert check in checks_of([*ROD[check], fact(what, 2, 9.0, "belt")])


def test_running_into_an_item_that_a_fault_held_up_is_excused():
    stuck = fact("rod_stuck", None, 10.4, "rod 2")
    queue = [loaded(), loaded(2, 2.0), *OUT, stuck, trace.Held(11.0, 1, 2, None), trace.Held(12.0, 2, None, 1)]
    assert found(*queue) == set()
    assert found(*[record for record in queue if record is not stuck]) == {("jam", 1), ("jam", 2)}


def test_an_item_loaded_late_onto_a_free_belt_is_not_held_up():
    stroke = (*strokes(1, (0.5, "extending"), (1.0, "out")), fact("command_late", None, 0.5, "rod 1"))
    queue = (*stroke, loaded(), loaded(2, 2.0), trace.Held(12.0, 2, None, 1))
    assert found(*queue) == {("jam", 2)}


def test_running_into_an_item_that_was_put_back_is_excused():
    queue = (loaded(), loaded(2, 2.0), trace.Held(12.0, 2, None, 1))
    assert found(*queue, fact("taken_off", 1, 9.0)) == set()
    assert found(*queue, fact("edge_lost", 1, 9.0)) == {("jam", 2)}


def test_loading_onto_an_item_that_a_fault_stopped_is_excused():
    assert found(loaded(), fact("off_pace", 1, 1.5, "belt"), loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), loaded(2, 3.0, onto=1)) == {("jam", 2)}


# The end of the run.


def ended(reason="stalled", on_belt=(), in_stack=False):
    return trace.Ended(90.0, reason, on_belt, in_stack, (), False)


def test_a_stall_is_excused_while_a_fault_acts():
    acts = trace.FaultActs(2.0, "afault", True)
    assert found(acts, ended(in_stack=True)) == set()
    assert found(acts, trace.FaultActs(3.0, "afault", False), ended(in_stack=True)) == {("stalled", None)}


def test_a_stall_is_excused_until_all_faults_have_ended():
    both = (trace.FaultActs(2.0, "afault", True), trace.FaultActs(3.0, "afault", True))
    assert found(*both, trace.FaultActs(4.0, "afault", False), ended(in_stack=True)) == set()


@pytest.mark.parametrize("what", ["off_pace", "command_lost", "command_late"])
def test_an_effect_between_sensors_excuses_an_item_left_on_the_belt(what):
    assert found(loaded(), fact(what), ended(on_belt=(1,))) == set()
    assert found(loaded(), fact(what), ended("told to end", on_belt=(1,))) == set()


@pytest.mark.parametrize("what", ["edge_lost", "picture_lost", "answer_lost", "cut_off", "reconnected", "longer"])
def test_wrong_sensor_messages_do_not_excuse_leaving_an_item(what):
    assert found(loaded(), fact(what), ended(on_belt=(1,))) == {("stalled", None), ("lost", 1)}
    assert found(loaded(), fact(what), ended("told to end", on_belt=(1,))) == {("lost", 1)}


def test_an_item_stopped_out_of_sight_may_be_left_on_the_belt():
    hidden = (loaded(), fact("off_pace", 1, 3.0, "belt"))
    assert found(*hidden, ended(on_belt=(1,))) == set()
    assert found(*hidden, ended(on_belt=(1,), in_stack=True)) == {("stalled", None)}
    assert found(*hidden, loaded(2, 4.0), ended(on_belt=(1, 2))) == {("stalled", None), ("lost", 2)}


def test_a_restarted_controller_may_leave_items_it_never_saw_on_the_belt():
    before = (loaded(), fact("restarted", 1, 3.0, "controller"))
    assert found(*before, trace.Ended(90.0, "told to end", (1,), True, (), False)) == set()
    assert found(*before, ended(on_belt=(1,))) == {("stalled", None), ("lost", 1)}
    only_cut_off = (loaded(), fact("cut_off", 1, 2.0, "controller"), fact("reconnected", 1, 3.0, "controller"))
    assert found(*only_cut_off, trace.Ended(90.0, "told to end", (1,), True, (), False)) == {("lost", 1)}


def test_unrest_is_excused_only_if_the_command_to_each_part_was_lost():
    end_request = trace.EndRequested(50.0, "signal")
    out = strokes(2, (49.0, "extending"), (49.3, "out"))
    stop_lost = trace.Disturbed(60.0, "command_lost", "belt", None, (), "afault")
    stop_lost_before = trace.Disturbed(49.9, "command_lost", "belt", None, (), "afault")
    pull_lost = trace.Disturbed(60.0, "command_lost", "rods", None, (), "afault")
    unrest = trace.Ended(90.0, "told to end", (), False, (2,), True)
    assert ("not_at_rest", None) in found(end_request, *out, unrest)
    assert ("not_at_rest", None) in found(end_request, *out, stop_lost, unrest)
    assert ("not_at_rest", None) in found(end_request, *out, pull_lost, unrest)
    assert ("not_at_rest", None) not in found(end_request, *out, stop_lost, pull_lost, unrest)
    assert ("not_at_rest", None) in found(end_request, *out, stop_lost_before, pull_lost, unrest)


def test_an_item_loaded_onto_a_stopped_item_counts_as_held_up():
    ride = (loaded(), fact("off_pace", 1, 1.5, "belt"), loaded(2, 3.0, onto=1))
    assert reasons(*ride, rejected(2)) == {2: "held"}


@pytest.mark.parametrize("what", ["command_late", "command_twice", "stroke_slow", "rod_stuck"])
def test_loading_onto_an_item_is_excused_by_a_disturbed_stroke(what):
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    assert found(loaded(), *stroke, fact(what, None, 2.5, "rod 1"), loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), *stroke, fact(what, None, 2.4, "rod 1"), loaded(2, 3.0, onto=1)) == {("jam", 2)}


def test_loading_a_longer_item_onto_the_one_ahead_is_excused():
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    long = fact("longer", None, 3.0, "loader")
    assert found(loaded(), *stroke, long, loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), *stroke, fact("longer", None, 2.4, "loader"), loaded(2, 3.0, onto=1)) == {("jam", 2)}


def test_a_break_that_also_happens_without_faults_is_not_excused():
    with_fault = judged(
        loaded(), fact("edge_lost"), rejected(), loaded(2, 30.0), fact("edge_lost", 2, 33.0), rejected(2, 40.0)
    )
    another_rule = trace.Held(35.0, 2, 3, None)
    without = judged(loaded(), rejected(), loaded(2, 30.0), another_rule, trace.Binned(40.0, 2, 2))
    with_fault.withdraw_excuses(without)
    assert [(found.check, found.item) for found in with_fault.violations] == [("needless_reject", 1)]
    assert [each.violation.item for each in with_fault.excused] == [2]


def test_bounds_follow_from_the_layout_alone():
    assert (round(BOUNDS.trip_s, 2), round(BOUNDS.stall_s, 1), round(BOUNDS.rest_s, 1)) == (11.71, 51.1, 146.8)
    assert (round(BOUNDS.leg_s, 2), round(BOUNDS.settle_s, 2)) == (3.28, 8.56)


@pytest.mark.parametrize("places", [
    {"camera_m": 0.2, "gates_m": (1.0, 1.2), "rods_m": (1.1,), "end_m": 1.4},
    {"camera_m": 0.2, "gates_m": (0.4, 1.4), "rods_m": (0.5,), "end_m": 1.6},
    {"camera_m": 0.2, "gates_m": (0.4, 0.6), "rods_m": (0.5,), "end_m": 1.6},
])  # fmt: skip
def test_the_longest_leg_counts_wherever_it_is(places):
    assert Bounds(Layout(belt_speed_m_per_s=0.2, rod_stroke_s=0.25, **places)).leg_s == pytest.approx(5.5)
