"""What excuses the bin of an item: only facts about the same item or part, and only for a limited time."""

import pytest
from support.judging import BOUNDS, ends, excuses, fact, found, judged, loaded, reasons, rejected, strokes

from twin import trace
from twin.verdict.excuses import RELEARNED

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


def test_an_item_with_wrong_messages_is_none_to_learn_from():
    unclear = [fact("picture_twice", 5, 52.0)]
    ridden_on = sorted([*ridden(3, 4), *unclear], key=lambda record: record.t_s)
    assert needless(ridden_on) == {1, 2, 8}


def held_at(rod):
    """Rod `rod`, which does not obey, holds item 1. Item 3 comes to rod 2 while item 1 is still on the belt."""
    stuck = [
        *strokes(rod, (3.0, trace.Stroke.EXTENDING), (3.25, trace.Stroke.OUT)),
        fact("rod_stuck", None, 4.0, part=f"rod {rod}"),
        trace.Held(4.5, 1, rod, None),
    ]
    ride = [loaded(1), loaded(2, 5.0), loaded(3, 6.0), *passes(3, 8.0), rejected(1, 9.0), trace.Binned(9.5, 2, 2)]
    return [*stuck, *ride, rejected(3, 12.0)]


def test_an_item_that_a_rod_held_excuses_those_that_come_to_this_rod():
    assert needless(held_at(rod=2)) == set()
    assert needless(held_at(rod=3)) == {3}


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


HALF_RIPE = trace.Loaded(1.5, 2, "half_ripe", 0.08, None)
"""Another item, which belongs in bin 3."""


@pytest.mark.parametrize("carries", [
    [HALF_RIPE, trace.Loaded(2.0, 2, "half_ripe", 0.08, 1)], [trace.LaidDown(2.0, -1, 0.08, 0.3, 1)],
    [HALF_RIPE, trace.TakenByHand(2.0, 2, True, False, 1)], [HALF_RIPE, trace.Held(2.0, 1, None, 2)],
])  # fmt: skip
def test_a_wrong_bin_is_excused_if_another_item_carries_or_blocks_it(carries):
    wrong = trace.Binned(9.0, 1, 3)
    assert excuses(loaded(), *carries, wrong)["wrong_bin", 1] == "carried"


def test_only_the_blocked_item_is_excused_not_the_blocking_one():
    held = trace.Held(2.0, 1, None, 2)
    assert ("wrong_bin", 2) in found(loaded(1), loaded(2, 1.5), held, trace.Binned(9.0, 2, 3))


def test_an_item_beside_a_carried_one_is_not_excused():
    assert ("wrong_bin", 3) in found(loaded(1), loaded(2, 2.0, onto=1), loaded(3, 3.0), trace.Binned(9.0, 3, 3))


def test_a_break_that_also_happens_without_faults_is_not_excused():
    with_fault = judged(
        loaded(), fact("edge_lost"), rejected(), loaded(2, 30.0), fact("edge_lost", 2, 33.0), rejected(2, 40.0)
    )
    another_rule = trace.Held(35.0, 2, 3, None)
    without = judged(loaded(), rejected(), loaded(2, 30.0), another_rule, trace.Binned(40.0, 2, 2))
    with_fault.withdraw_excuses(without)
    assert [(found.check, found.item) for found in with_fault.violations] == [("needless_reject", 1)]
    assert [each.violation.item for each in with_fault.excused] == [2]
