"""The reported outcome of an item: its bin, or why it rides to reject."""

import pytest

from controller.core.outcome import outcome
from controller.core.track import Stage, Track, TrackEvent
from controller.settings import Settings


def rejected(label=None, confidence=None, rod=None, *, gate=0):
    """A pictured item that got this answer behind `gate`."""
    item = Track(0.0, number=7)
    item.sightings, item.gate, item.label, item.confidence = 1, gate, label, confidence
    item.take(TrackEvent.PICTURE)
    item.answered(rod)
    return item


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (rejected(), "the recognizer gave no answer"),
        (rejected("plum", 0.9), "its label has no bin"),
        (rejected("ripe", 0.4), "confidence not within 0.8 to 1"),
        (rejected("ripe", 0.9, 2, gate=1), "the answer came after its gate"),
    ],
)
def test_a_rejected_item_has_a_reason(item, reason):
    done = outcome(item, Settings())
    assert (done.number, done.bin, done.reason) == (7, None, reason)


def test_an_ambiguous_item_has_its_ambiguity_as_the_reason():
    item = Track(0.0)
    item.sightings = 1
    item.mark_ambiguous("no picture")
    assert outcome(item, Settings()).reason == "no picture"


def test_a_pushed_item_has_its_bin_and_no_reason():
    item = Track(0.0)
    item.stage, item.rod = Stage.PUSHED, 3
    assert (outcome(item, Settings()).bin, outcome(item, Settings()).reason) == (3, None)
