"""Data association: which item a picture or an edge belongs to, by order and by time."""

import pytest

from controller.core.timing_model import TimingModel
from controller.core.track import Stage, Track, TrackEvent
from controller.core.tracker import MOST_CLUTTER, Tracker

PICTURE_S, LEG_S, DWELL_S = 1.4, 2.8, 0.4
PATIENCE_S = 20.0
HEADWAY_S = 4.0


def a_tracker(*, learned=True):
    timing = TimingModel(3)
    for _ in range(20 if learned else 0):
        timing.picture.learn(PICTURE_S)
        timing.dwell.learn(DWELL_S)
        for leg in timing.legs[1:]:
            leg.learn(LEG_S)
    return Tracker(timing, near_s=1.0, patience_s=PATIENCE_S)


def loaded(tracker, at_s=0.0):
    tracker.items.append(Track(at_s))
    return tracker.items[-1]


def pictured(tracker, image=1, at_s=0.0):
    """An item loaded at `at_s` whose picture came on time."""
    item = loaded(tracker, at_s)
    assert tracker.picture(image, at_s + PICTURE_S) is item
    return item


def passes(tracker, gate, centre_s, dwell_s=DWELL_S):
    """Something passes a gate; returns the item or clutter that the tracker associates with it."""
    tracker.blocked(gate, centre_s - dwell_s / 2)
    return tracker.cleared(gate, centre_s + dwell_s / 2)


def clutter_of(tracker):
    return [item for item in tracker.items if item.clutter]


def test_detections_on_time_belong_to_the_item():
    tracker = a_tracker()
    item = pictured(tracker)
    for gate in (1, 2, 3):
        assert passes(tracker, gate, gate * LEG_S) is item
        assert (item.gate, item.centre_s) == (gate, pytest.approx(gate * LEG_S))
    assert (item.ambiguity, item.sightings, clutter_of(tracker)) == (None, 4, [])


def test_detections_are_associated_in_the_order_of_the_items():
    tracker = a_tracker()
    first, second = pictured(tracker, 1, 0.0), pictured(tracker, 2, HEADWAY_S)
    assert passes(tracker, 1, LEG_S) is first
    assert passes(tracker, 2, 2 * LEG_S) is first
    assert passes(tracker, 1, HEADWAY_S + LEG_S) is second
    assert (first.ambiguity, second.ambiguity) == (None, None)


def test_a_picture_outside_every_window_is_clutter():
    tracker = a_tracker()
    first, second = pictured(tracker), loaded(tracker, HEADWAY_S)
    assert tracker.picture(2, HEADWAY_S + 0.5) is None
    assert second.ambiguity == "an extra picture"
    assert first.image == 1
    assert len(clutter_of(tracker)) == 1


def test_a_late_picture_of_the_only_item_leaves_it_ambiguous():
    tracker = a_tracker()
    item = loaded(tracker)
    assert tracker.picture(1, PICTURE_S + 1.0) is item
    assert item.ambiguity == "picture outside its window"
    assert item.stage is Stage.REJECTED


def test_a_missing_picture_makes_all_that_await_one_ambiguous():
    tracker = a_tracker()
    first, second = loaded(tracker), loaded(tracker, 0.5)
    now_s = tracker.next_deadline_s
    assert tracker.overdue(now_s) == [first]
    assert first.ambiguity == "no picture"
    assert second.ambiguity == "the picture before its own is missing"
    assert tracker.unpictured_s == now_s


def test_an_item_at_the_first_gate_without_a_picture_is_ambiguous():
    tracker = a_tracker()
    item = loaded(tracker)
    assert passes(tracker, 1, LEG_S) is item
    assert item.ambiguity == "no picture"


def test_a_passage_outside_every_window_is_clutter_and_changes_no_item():
    tracker = a_tracker()
    first, second = pictured(tracker, 1, 0.0), pictured(tracker, 2, HEADWAY_S)
    stranger = passes(tracker, 3, HEADWAY_S + 2.0)
    assert stranger.clutter
    assert (stranger.gate, stranger.centre_s) == (3, pytest.approx(HEADWAY_S + 2.0))
    assert [(item.gate, item.ambiguity) for item in (first, second)] == [(0, None), (0, None)]


def test_a_flicker_is_no_passage():
    tracker = a_tracker()
    item = pictured(tracker)
    assert passes(tracker, 1, LEG_S - DWELL_S / 2, dwell_s=0.02) is None
    assert (item.gate, item.blocked_at, clutter_of(tracker)) == (0, 1, [])
    assert passes(tracker, 3, 1.0, dwell_s=0.02) is None
    assert clutter_of(tracker) == []


def test_a_long_train_of_bounces_is_no_passage():
    """Longer than short items are in the beam, but each of its pulses is a bounce."""
    tracker = a_tracker()
    tracker.timing.dwell.learn(DWELL_S / 2)
    item, nose_s = pictured(tracker), LEG_S - DWELL_S / 2
    for bounce in range(8):
        tracker.blocked(1, nose_s + bounce * 0.016)
        assert tracker.cleared(1, nose_s + bounce * 0.016 + 0.008) is None
    tracker.blocked(1, nose_s + 0.13)
    tracker.blocked(1, nose_s + DWELL_S - 0.01)  # The same again, as a wire may deliver it.
    assert tracker.cleared(1, nose_s + DWELL_S) is item
    assert (item.gate, item.dwell_s, item.ambiguity) == (1, pytest.approx(DWELL_S), None)


def test_an_item_is_not_where_a_beam_only_flickered():
    """A false pulse comes shortly before the item."""
    tracker = a_tracker()
    item, nose_s = pictured(tracker), LEG_S - DWELL_S / 2
    tracker.blocked(1, nose_s - 0.3)
    assert tracker.cleared(1, nose_s - 0.29) is None
    now_s = tracker.next_deadline_s
    assert nose_s - 0.29 < now_s < nose_s
    tracker.overdue(now_s)
    assert (item.blocked_at, item.missed, item.ambiguity) == (None, 0, None)
    assert passes(tracker, 1, LEG_S) is item
    assert (item.gate, item.dwell_s, item.ambiguity) == (1, pytest.approx(DWELL_S), None)


def test_a_bounce_behind_an_item_is_not_another_item():
    tracker = a_tracker()
    item = pictured(tracker)
    passes(tracker, 1, LEG_S)
    tail_s = LEG_S + DWELL_S / 2
    tracker.blocked(1, tail_s + 0.01)
    assert tracker.cleared(1, tail_s + 0.02) is None
    assert (tracker.items, item.gate, item.ambiguity) == ([item], 1, None)


def test_a_missed_gate_is_bridged_by_the_next_one():
    tracker = a_tracker()
    item = pictured(tracker)
    assert tracker.overdue(tracker.next_deadline_s) == [item]
    assert (item.missed, item.next_gate) == (1, 2)
    assert passes(tracker, 2, 2 * LEG_S) is item
    assert (item.gate, item.missed, item.ambiguity) == (2, 0, None)


def test_an_item_out_of_its_window_at_a_gate_is_ambiguous():
    tracker = a_tracker()
    item = pictured(tracker)
    assert passes(tracker, 1, LEG_S + 0.9) is item
    assert item.ambiguity == "outside its window at a gate"


@pytest.mark.parametrize(
    ("dwell_s", "ambiguity"),
    [(1.4, "too long in the beam for one item"), (0.7, "another dwell than at the gate before")],
)
def test_an_item_with_an_odd_dwell_is_ambiguous(dwell_s, ambiguity):
    tracker = a_tracker()
    item = pictured(tracker)
    passes(tracker, 1, LEG_S)
    assert passes(tracker, 2, 2 * LEG_S, dwell_s) is item
    assert item.ambiguity == ambiguity


def test_an_item_that_no_sensor_detected_is_given_up_once_others_are_seen():
    tracker = a_tracker()
    absent, other = loaded(tracker), pictured_after_a_missing_one(tracker)
    while not absent.unseen:
        tracker.overdue(tracker.next_deadline_s)
    assert tracker.gone(absent, tracker.next_deadline_s)
    assert not tracker.gone(other, HEADWAY_S + LEG_S)


def pictured_after_a_missing_one(tracker):
    """An item behind one that was not loaded, with its own picture on time."""
    item = loaded(tracker, HEADWAY_S)
    item.image, item.sightings = 1, 1
    item.take(TrackEvent.PICTURE)
    return item


def test_on_an_unknown_line_the_only_item_gets_every_detection():
    tracker = a_tracker(learned=False)
    item = loaded(tracker)
    assert tracker.picture(1, 0.7) is item
    assert passes(tracker, 1, 5.0) is item
    assert passes(tracker, 2, 6.0) is item
    assert item.ambiguity is None
    assert [tracker.timing.picture.mean_s, *(leg.mean_s for leg in tracker.timing.legs[1:3])] == [
        0.7, pytest.approx(5.0), pytest.approx(1.0),
    ]  # fmt: skip


def test_clutter_is_bounded():
    tracker = a_tracker()
    for number in range(2 * MOST_CLUTTER):
        passes(tracker, 3, 1.0 + number)
    assert len(tracker.items) == MOST_CLUTTER
    tracker.forget()
    assert (tracker.items, tracker.next_deadline_s) == ([], None)
