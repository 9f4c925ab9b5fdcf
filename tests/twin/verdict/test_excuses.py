"""What excuses a break of a rule: facts about the very item or part, and no others, and not for ever."""

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
    """The fact that excuses each break that was excused, by check and item."""
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


# An item that rode to the end.

OWN = (
    "edge_lost", "edge_late", "edge_twice", "edge_false", "picture_lost", "picture_late", "picture_twice",
    "picture_spoilt", "answer_lost", "answer_late", "answer_false", "off_pace", "longer", "two_loaded", "taken_off",
    "put_back", "laid_down", "cut_off", "reconnected", "restarted", "command_lost", "command_late", "command_twice",
    "push_failed", "stroke_slow", "rod_stuck",
)  # fmt: skip
NOBODY_ELSES = ("answer_late", "answer_lost", "answer_false", "picture_spoilt")


@pytest.mark.parametrize("what", OWN)
def test_what_was_done_to_an_item_excuses_that_it_rode_to_the_end(what):
    assert excuses(loaded(), fact(what), rejected()) == {("needless_reject", 1): what}


@pytest.mark.parametrize("what", ["garbage", "push_slipped", "on_pace"])
def test_what_touches_no_item_excuses_no_reject(what):
    assert found(loaded(), fact(what, item=None), rejected()) == {("needless_reject", 1)}


def test_what_was_done_to_an_item_on_an_earlier_ride_excuses_nothing():
    again = (loaded(t_s=30.0), rejected(t_s=50.0))
    assert found(loaded(), fact("edge_lost"), rejected(), *again) == {("needless_reject", 1)}


def ends(*items):
    return [rejected(item, 20.0 + item) for item in items]


def reasons(*records):
    """The fact that excuses each needless reject."""
    return {item: what for (check, item), what in excuses(*records).items() if check == "needless_reject"}


def test_the_items_next_to_one_whose_edge_was_lost_may_be_taken_for_it():
    ride = (loaded(1), loaded(2, 2.0), loaded(3, 3.0), loaded(4, 4.0), fact("edge_lost", 2, beside=(1, 3)))
    assert reasons(*ride, *ends(1, 2, 3)) == {1: "edge_lost", 2: "edge_lost", 3: "edge_lost"}
    assert found(*ride, *ends(4)) == {("needless_reject", 4)}


@pytest.mark.parametrize("what", [what for what in OWN if what not in NOBODY_ELSES])
def test_what_was_done_to_one_item_may_be_taken_for_having_been_done_to_the_next_one(what):
    assert reasons(loaded(1), loaded(2, 2.0), fact(what, 2, beside=(1,)), rejected(1)) == {1: what}


@pytest.mark.parametrize("what", NOBODY_ELSES)
def test_what_can_be_nobody_elses_excuses_no_neighbour(what):
    ride = (loaded(1), loaded(2, 2.0), fact(what, 2, beside=(1,)))
    assert found(*ride, rejected(1), rejected(2, 21.0)) == {("needless_reject", 1)}


def test_what_was_done_at_a_part_is_taken_for_having_been_done_to_whoever_is_there():
    ride = (loaded(1), loaded(2, 2.0), loaded(3, 3.0), loaded(4, 4.0), fact("edge_false", None, beside=(1, 2)))
    assert reasons(*ride, *ends(1, 2, 3)) == {1: "edge_false", 2: "edge_false", 3: "edge_false"}  # 3 is next to 2.
    assert found(*ride, *ends(4)) == {("needless_reject", 4)}


def test_the_items_next_to_them_ahead_and_behind_may_be_taken_for_them():
    ride = [*(loaded(item, float(item)) for item in range(1, 7)), fact("edge_false", None, 9.0, beside=(3, 4))]
    assert [bool(reasons(*ride, *ends(item))) for item in range(1, 7)] == [False, True, True, True, True, False]


def test_whoever_is_loaded_behind_a_disturbed_item_may_be_taken_for_it():
    ride = (loaded(1), fact("edge_lost", 1, 3.0), loaded(2, 4.0, beside=(1,)), loaded(3, 6.0, beside=(2,)))
    assert reasons(*ride, *ends(2)) == {2: "edge_lost"}
    assert found(*ride, *ends(3)) == {("needless_reject", 3)}


def test_an_item_taken_off_seems_to_be_there_for_the_next_one_and_no_longer_than_a_ride():
    off = (loaded(1), fact("taken_off", 1, 3.0), trace.TakenByHand(3.0, 1, False, False))
    soon_s, late_s = 3.0 + BOUNDS.trip_s - 0.1, 3.0 + BOUNDS.trip_s + 0.1
    assert found(*off, loaded(2, soon_s), rejected(2, 40.0)) == set()
    assert found(*off, loaded(2, late_s), rejected(2, 40.0)) == {("needless_reject", 2)}
    assert found(*off, loaded(2, 4.0), loaded(3, 5.0), rejected(3, 40.0)) == {("needless_reject", 3)}


@pytest.mark.parametrize(
    "what", ["taken_off", "edge_false", "picture_late", "picture_twice", "edge_late", "edge_twice"]
)
def test_what_a_sensor_said_of_nobody_may_be_taken_for_the_next_one(what):
    assert reasons(fact(what, None, 3.0), loaded(1, 4.0), rejected(1)) == {1: what}


@pytest.mark.parametrize("what", ["edge_lost", "picture_lost", "answer_late", "command_late", "garbage"])
def test_what_nobody_said_is_taken_for_nobody(what):
    assert found(fact(what, None, 3.0), loaded(1, 4.0), rejected(1)) == {("needless_reject", 1)}


def test_behind_one_that_rode_on_because_of_a_fault_nobody_may_be_pushed():
    ride = (loaded(1), loaded(2, 2.0), loaded(3, 3.0), fact("picture_spoilt", 1))
    # Item 1 ought to have left; item 2 could not be pushed beside it, nor item 3 beside that.
    assert reasons(*ride, *ends(1, 2, 3)) == {1: "picture_spoilt", 2: "rode_on", 3: "rode_on"}


def test_riding_on_is_no_excuse_for_whoever_was_loaded_when_the_disturbed_item_was_gone():
    late_s = 5.0 + BOUNDS.trip_s + 0.1
    ride = (loaded(1), fact("picture_spoilt", 1), loaded(2, late_s), rejected(1, late_s + 1.0))
    assert found(*ride, rejected(2, 40.0)) == {("needless_reject", 2)}


def passes(item, t_s, gate=1):
    return [trace.Edge(t_s, gate, True, item), trace.Edge(t_s + 0.4, gate, False, item)]


def ridden(*mistimed, items=8, what="off_pace"):
    """Items one after another past gate 1, some of them off their pace, all to reject at the end."""
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
def test_two_items_in_a_row_that_ride_otherwise_show_another_line_to_the_next_two(what):
    assert RELEARNED == 2
    assert needless(ridden(3, 4, what=what)) == {1, 2, 7, 8}


@pytest.mark.parametrize("what", ["edge_lost", "edge_twice", "picture_lost", "answer_late", "push_failed", "put_back"])
def test_what_says_nothing_of_time_shows_no_other_line(what):
    assert needless(ridden(3, 4, what=what)) >= {6, 7, 8}


def test_one_item_off_its_pace_shows_no_other_line():
    assert needless(ridden(4)) == {1, 2, 3, 5, 6, 7, 8}
    assert needless(ridden(3, 5)) == {1, 2, 4, 6, 7, 8}


def test_the_first_item_that_a_gate_ever_sees_shows_the_line_alone():
    assert needless(ridden(1)) == {4, 5, 6, 7, 8}


def test_which_line_was_shown_is_a_matter_of_each_gate():
    """Items 5 and 6 leave before gate 2, so item 7 is the first to meet there what items 3 and 4 have shown."""
    records = ridden(3, 4)
    for item in (1, 2, 3, 4, 7, 8):
        records += passes(item, 10.0 * item + 6.0, gate=2)
    assert needless(records) == {1, 2}


def test_the_item_after_a_lost_edge_meets_a_beam_that_is_not_what_it_seems():
    lost = (loaded(1), fact("edge_lost", 1, 3.0), rejected(1, 9.0))
    ride = (*lost, loaded(2, 10.0), *passes(2, 13.0), rejected(2, 19.0))
    assert needless(ride) == set()
    assert needless([*ride, loaded(3, 20.0), *passes(3, 23.0), rejected(3, 29.0)]) == {3}


@pytest.mark.parametrize("what", ["edge_lost", "edge_false"])
def test_the_next_item_that_passes_meets_a_beam_that_is_not_what_it_seems(what):
    ride = (loaded(1), fact(what, None, 2.0), *passes(1, 3.0), rejected(1, 9.0))
    assert reasons(*ride) == {1: what}
    assert needless([*ride, loaded(2, 20.0), *passes(2, 23.0), rejected(2, 29.0)]) == {2}


def is_excused(judged, *facts, items=8):
    """Whether one item, of some that ride close behind each other, may ride to the end; the others are sorted."""
    records = list(facts)
    for item in range(1, items + 1):
        at_s = 5.0 * item
        bin_number = 0 if item == judged else 2
        records += [loaded(item, at_s), *passes(item, at_s + 3.0), trace.Binned(at_s + 9.0, item, bin_number)]
    return not needless(records)


@pytest.mark.parametrize("what", ["cut_off", "reconnected", "restarted"])
def test_whoever_rides_next_to_an_item_that_nobody_heard_of_shows_another_line_too(what):
    unheard = fact(what, 3, 16.0, beside=(2,))
    assert [item for item in range(4, 9) if is_excused(item, unheard)] == [4, 5]


def test_whoever_rides_next_to_an_object_shows_another_line():
    thrown = fact("laid_down", -1, 16.0, beside=(2, 3))
    assert [item for item in range(4, 9) if is_excused(item, thrown)] == [4, 5]


@pytest.mark.parametrize("what", ["off_pace", "longer", "edge_late", "put_back"])
def test_whoever_rides_next_to_another_disturbed_item_shows_no_other_line(what):
    assert [item for item in range(5, 9) if is_excused(item, fact(what, 3, 16.0, beside=(2,)))] == []


def test_an_edge_lost_of_an_item_that_shows_the_other_one_is_no_matter_of_the_next_item():
    nose, tail = passes(1, 3.0)
    ride = (loaded(1), nose, fact("edge_lost", 1, 3.0), tail, rejected(1, 9.0))
    assert needless([*ride, loaded(2, 10.0), *passes(2, 13.0), rejected(2, 19.0)]) == {2}


def test_an_item_that_never_left_a_gate_s_beam_has_not_passed_it():
    """Items 5 and 6 only reach the beam, so item 7 is the next one behind those that have shown another line."""
    records = [
        record for record in ridden(3, 4)
        if not (isinstance(record, trace.Edge) and record.item in (5, 6) and not record.blocked)
    ]  # fmt: skip
    assert 7 not in needless(records)


@pytest.mark.parametrize("what", ["stroke_slow", "command_late", "push_failed"])
def test_what_was_done_to_the_loader_in_a_stroke_was_done_to_its_item(what):
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    assert reasons(*stroke, fact(what, None, 2.5, "rod 1"), loaded(1, 3.0), rejected(1)) == {1: what}
    assert needless([*stroke, fact(what, None, 2.4, "rod 1"), loaded(1, 3.0), rejected(1)]) == {1}


# Where an item may not end.


@pytest.mark.parametrize("what", OWN)
def test_no_fault_excuses_another_class_s_bin(what):
    wrong = trace.Binned(9.0, 1, 3)
    assert found(loaded(), fact(what), wrong) == {("wrong_bin", 1)}
    assert found(loaded(), fact(what, 2, beside=(1,)), wrong) == {("wrong_bin", 1)}


@pytest.mark.parametrize("carries", [
    [loaded(2, 2.0, onto=1)], [trace.LaidDown(2.0, -1, 0.08, 0.3, 1)], [trace.TakenByHand(2.0, 2, True, False, 1)],
    [trace.Held(2.0, 1, None, 2)],
])  # fmt: skip
def test_an_item_goes_where_another_carries_or_holds_it(carries):
    wrong = trace.Binned(9.0, 1, 3)
    assert excuses(loaded(), *carries, wrong)["wrong_bin", 1] == "carried"


def test_an_item_behind_another_that_stood_is_excused_and_the_one_that_stood_is_not():
    held = trace.Held(2.0, 1, None, 2)
    assert ("wrong_bin", 2) in found(loaded(1), loaded(2, 1.5), held, trace.Binned(9.0, 2, 3))


def test_an_item_beside_one_that_lies_on_another_is_not_excused():
    assert ("wrong_bin", 3) in found(loaded(1), loaded(2, 2.0, onto=1), loaded(3, 3.0), trace.Binned(9.0, 3, 3))


# What rods do.

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
def test_without_a_fact_it_is_a_violation(check):
    assert check in checks_of(ROD[check])


@pytest.mark.parametrize("check", ROD)
@pytest.mark.parametrize("what", ["command_lost", "command_late", "command_twice", "stroke_slow", "rod_stuck"])
def test_what_was_done_to_a_rod_in_a_stroke_excuses_what_it_does_in_it(check, what):
    assert check not in checks_of([*ROD[check], fact(what, None, 10.2, "rod 2")])
    assert check not in checks_of([*ROD[check], fact(what, None, 10.2, "rods")])


@pytest.mark.parametrize("check", ROD)
def test_what_was_done_to_another_rod_excuses_nothing(check):
    assert check in checks_of([*ROD[check], fact("rod_stuck", None, 10.2, "rod 3")])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_what_was_done_to_a_rod_in_an_earlier_stroke_excuses_nothing(check):
    assert check in checks_of([*ROD[check], fact("rod_stuck", None, 9.9, "rod 2")])


@pytest.mark.parametrize("check", ["pushed_at_nothing", "struck"])
def test_what_was_done_before_an_item_can_have_come_from_the_gate_excuses_no_push(check):
    before_s = 10.0 - BOUNDS.leg_s
    assert check in checks_of([*ROD[check], fact("command_late", None, before_s - 0.1, "rod 2")])
    assert check not in checks_of([*ROD[check], fact("command_late", None, before_s + 0.1, "rod 2")])


@pytest.mark.parametrize("check", ROD)
@pytest.mark.parametrize("what", ["edge_lost", "edge_false", "picture_late", "answer_false", "garbage"])
def test_no_rod_may_do_wrong_because_of_what_the_controller_is_told(check, what):
    assert check in checks_of([*ROD[check], fact(what, 1, 9.9), fact(what, None, 9.9, "gate 1", (1,))])


@pytest.mark.parametrize("check", ["pushed_at_nothing", "struck"])
@pytest.mark.parametrize("what", ["edge_late", "edge_twice"])
def test_an_edge_that_came_late_makes_a_push_too_late(check, what):
    assert check not in checks_of([*ROD[check], fact(what, 1, 9.9), fact(what, None, 9.9, "gate 1")])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_whoever_is_cut_off_can_pull_no_rod(check):
    cut = fact("cut_off", None, 10.3, "controller")
    assert check not in checks_of([*ROD[check], cut])


@pytest.mark.parametrize("check", ["rod_left_out", "jam", "protocol", "unsafe_stop"])
def test_whoever_is_connected_again_can_after_five_seconds(check):
    away = [fact("cut_off", None, 2.0, "controller"), fact("reconnected", None, 4.9, "controller")]
    assert check in checks_of([*ROD[check], *away])
    soon = [fact("cut_off", None, 2.0, "controller"), fact("reconnected", None, 5.1, "controller")]
    assert check not in checks_of([*ROD[check], *soon])


def test_a_rod_may_push_where_an_item_was_that_has_been_taken_off_since():
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9, "gate 1")]) == set()
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9, "gate 2")]) == {"pushed_at_nothing"}
    assert checks_of([*NOTHING, fact("taken_off", None, 9.9 - BOUNDS.leg_s, "gate 1")]) == {"pushed_at_nothing"}


def test_whoever_is_cut_off_is_not_excused_from_striking_or_from_pushing_at_nothing():
    cut = fact("cut_off", None, 9.0, "controller")
    assert "struck" in checks_of([*STRUCK, cut])
    assert "pushed_at_nothing" in checks_of([*NOTHING, cut])


def test_an_item_that_was_struck_because_of_a_fault_may_ride_to_the_end():
    late = fact("command_late", None, 10.2, "rod 2")
    assert reasons(*STRUCK, late, rejected()) == {1: "held"}
    assert found(*STRUCK, rejected()) >= {("struck", 1), ("needless_reject", 1)}


@pytest.mark.parametrize("check", ["struck", "jam"])
@pytest.mark.parametrize("what", ["off_pace", "longer", "two_loaded", "taken_off", "put_back", "laid_down", "held"])
def test_whoever_rides_otherwise_may_be_struck_and_ride_into_a_rod(check, what):
    assert check not in checks_of([*ROD[check], fact(what, 1, 9.0, "belt")])
    assert check in checks_of([*ROD[check], fact(what, 2, 9.0, "belt")])


def test_behind_an_item_that_a_fault_had_held_up_nobody_is_to_blame_for_running_into_it():
    stuck = fact("rod_stuck", None, 10.4, "rod 2")
    queue = [loaded(), loaded(2, 2.0), *OUT, stuck, trace.Held(11.0, 1, 2, None), trace.Held(12.0, 2, None, 1)]
    assert found(*queue) == set()
    assert found(*[record for record in queue if record is not stuck]) == {("jam", 1), ("jam", 2)}


def test_an_item_that_was_loaded_late_onto_an_empty_place_was_not_held_up():
    stroke = (*strokes(1, (0.5, "extending"), (1.0, "out")), fact("command_late", None, 0.5, "rod 1"))
    queue = (*stroke, loaded(), loaded(2, 2.0), trace.Held(12.0, 2, None, 1))
    assert found(*queue) == {("jam", 2)}


def test_an_item_that_was_taken_off_and_put_back_may_stand_in_the_next_one_s_way():
    queue = (loaded(), loaded(2, 2.0), trace.Held(12.0, 2, None, 1))
    assert found(*queue, fact("taken_off", 1, 9.0)) == set()
    assert found(*queue, fact("edge_lost", 1, 9.0)) == {("jam", 2)}


def test_an_item_may_be_loaded_onto_one_that_a_fault_had_stand_still():
    assert found(loaded(), fact("off_pace", 1, 1.5, "belt"), loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), loaded(2, 3.0, onto=1)) == {("jam", 2)}


# When all is over.


def ended(reason="stalled", on_belt=(), in_stack=False):
    return trace.Ended(90.0, reason, on_belt, in_stack, (), False)


def test_while_a_fault_acts_nobody_need_move_on():
    acts = trace.FaultActs(2.0, "afault", True)
    assert found(acts, ended(in_stack=True)) == set()
    assert found(acts, trace.FaultActs(3.0, "afault", False), ended(in_stack=True)) == {("stalled", None)}


def test_a_fault_acts_until_the_last_of_its_kind_has_ended():
    both = (trace.FaultActs(2.0, "afault", True), trace.FaultActs(3.0, "afault", True))
    assert found(*both, trace.FaultActs(4.0, "afault", False), ended(in_stack=True)) == set()


@pytest.mark.parametrize("what", ["off_pace", "command_lost", "command_late"])
def test_what_may_hold_an_item_up_unseen_excuses_that_it_is_left(what):
    assert found(loaded(), fact(what), ended(on_belt=(1,))) == set()
    assert found(loaded(), fact(what), ended("told to end", on_belt=(1,))) == set()


@pytest.mark.parametrize("what", ["edge_lost", "picture_lost", "answer_lost", "cut_off", "reconnected", "longer"])
def test_what_a_sensor_misses_is_no_reason_to_leave_an_item(what):
    assert found(loaded(), fact(what), ended(on_belt=(1,))) == {("stalled", None), ("lost", 1)}
    assert found(loaded(), fact(what), ended("told to end", on_belt=(1,))) == {("lost", 1)}


def test_an_item_that_a_standing_belt_hides_may_be_left_on_it():
    hidden = (loaded(), fact("off_pace", 1, 3.0, "belt"))
    assert found(*hidden, ended(on_belt=(1,))) == set()
    assert found(*hidden, ended(on_belt=(1,), in_stack=True)) == {("stalled", None)}
    assert found(*hidden, loaded(2, 4.0), ended(on_belt=(1, 2))) == {("stalled", None), ("lost", 2)}


def test_whoever_was_started_anew_cannot_know_what_lies_on_the_belt_and_may_leave_it_there_at_rest():
    before = (loaded(), fact("restarted", 1, 3.0, "controller"))
    assert found(*before, trace.Ended(90.0, "told to end", (1,), True, (), False)) == set()
    assert found(*before, ended(on_belt=(1,))) == {("stalled", None), ("lost", 1)}
    only_cut_off = (loaded(), fact("cut_off", 1, 2.0, "controller"), fact("reconnected", 1, 3.0, "controller"))
    assert found(*only_cut_off, trace.Ended(90.0, "told to end", (1,), True, (), False)) == {("lost", 1)}


def test_a_line_is_not_at_rest_without_blame_only_if_the_last_command_to_each_part_was_lost():
    told = trace.EndRequested(50.0, "signal")
    out = strokes(2, (49.0, "extending"), (49.3, "out"))
    stop_lost = trace.Disturbed(60.0, "command_lost", "belt", None, (), "afault")
    stop_lost_before = trace.Disturbed(49.9, "command_lost", "belt", None, (), "afault")
    pull_lost = trace.Disturbed(60.0, "command_lost", "rods", None, (), "afault")
    unrest = trace.Ended(90.0, "told to end", (), False, (2,), True)
    assert ("not_at_rest", None) in found(told, *out, unrest)
    assert ("not_at_rest", None) in found(told, *out, stop_lost, unrest)
    assert ("not_at_rest", None) in found(told, *out, pull_lost, unrest)
    assert ("not_at_rest", None) not in found(told, *out, stop_lost, pull_lost, unrest)
    assert ("not_at_rest", None) in found(told, *out, stop_lost_before, pull_lost, unrest)


def test_an_item_that_was_loaded_onto_one_that_stood_was_held_up_as_well():
    ride = (loaded(), fact("off_pace", 1, 1.5, "belt"), loaded(2, 3.0, onto=1))
    assert reasons(*ride, rejected(2)) == {2: "held"}


@pytest.mark.parametrize("what", ["command_late", "command_twice", "stroke_slow", "rod_stuck"])
def test_an_item_may_be_loaded_onto_another_in_a_stroke_that_was_not_as_told(what):
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    assert found(loaded(), *stroke, fact(what, None, 2.5, "rod 1"), loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), *stroke, fact(what, None, 2.4, "rod 1"), loaded(2, 3.0, onto=1)) == {("jam", 2)}


def test_an_item_so_long_that_it_lies_on_the_one_before_is_nobodys_doing():
    stroke = strokes(1, (2.5, "extending"), (3.0, "out"))
    long = fact("longer", None, 3.0, "loader")
    assert found(loaded(), *stroke, long, loaded(2, 3.0, onto=1)) == set()
    assert found(loaded(), *stroke, fact("longer", None, 2.4, "loader"), loaded(2, 3.0, onto=1)) == {("jam", 2)}


def test_a_break_that_happens_without_the_fault_too_is_not_excused():
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


@pytest.mark.parametrize("ways", [
    {"camera_m": 0.2, "gates_m": (1.0, 1.2), "rods_m": (1.1,), "end_m": 1.4},
    {"camera_m": 0.2, "gates_m": (0.4, 1.4), "rods_m": (0.5,), "end_m": 1.6},
    {"camera_m": 0.2, "gates_m": (0.4, 0.6), "rods_m": (0.5,), "end_m": 1.6},
])  # fmt: skip
def test_the_longest_way_counts_wherever_it_is(ways):
    assert Bounds(Layout(belt_speed_m_per_s=0.2, rod_stroke_s=0.25, **ways)).leg_s == pytest.approx(5.5)
