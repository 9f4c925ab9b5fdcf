"""The table of a track: every step in it is taken, every other step is refused without effect."""

import itertools

import pytest

from controller.core.track import TRACK_TRANSITIONS, Stage, Track, TrackEvent

PAIRS = list(itertools.product(Stage, TrackEvent))


def an_item(stage):
    item = Track(0.0)
    item.stage = stage
    return item


@pytest.mark.parametrize(("stage", "event"), PAIRS, ids=[f"{stage.value}-{event.name}" for stage, event in PAIRS])
def test_a_step_that_the_table_lacks_is_refused_without_effect(stage, event):
    item = an_item(stage)
    if (stage, event) in TRACK_TRANSITIONS:
        item.take(event)
        assert item.stage is TRACK_TRANSITIONS[stage, event]
    else:
        with pytest.raises(AssertionError, match=stage.value):
            item.take(event)
        assert item.stage is stage


def test_only_an_item_with_a_sure_answer_is_ever_pushed():
    assert [stage for (stage, _), after in TRACK_TRANSITIONS.items() if after is Stage.PUSHED] == [Stage.DECIDED]
    assert {event for (_, event), after in TRACK_TRANSITIONS.items() if after is Stage.DECIDED} == {TrackEvent.SURE}


def test_a_rejected_track_is_never_decided_again():
    assert {after for (stage, _), after in TRACK_TRANSITIONS.items() if stage is Stage.REJECTED} == {
        Stage.REJECTED,
        Stage.GONE,
    }


def test_no_step_follows_a_final_stage():
    assert not {stage for stage, _ in TRACK_TRANSITIONS} & {Stage.PUSHED, Stage.GONE}


def test_every_stage_is_reached_from_the_loader():
    reached = {Stage.LOADED}
    for _ in Stage:
        reached |= {after for (stage, _), after in TRACK_TRANSITIONS.items() if stage in reached}
    assert reached == set(Stage)


@pytest.mark.parametrize(
    ("gate", "rod", "stage"), [(0, 2, Stage.DECIDED), (1, 2, Stage.REJECTED), (1, 3, Stage.DECIDED)]
)
def test_an_answer_is_in_time_while_its_rod_lies_ahead(gate, rod, stage):
    item = an_item(Stage.PICTURED)
    item.gate = gate
    item.answered(rod)
    assert item.stage is stage


def test_clutter_is_never_pushed():
    clutter = Track(0.0, clutter=True)
    clutter.answered(3)
    assert clutter.stage is Stage.REJECTED
    assert clutter.rod is None
