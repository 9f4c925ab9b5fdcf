"""Which faults befall a part now, what they touch, and how it is told."""

from typing import get_args

import pytest

from twin import Scenario, faults, trace
from twin.mishaps import RECOVERY_TRIPS, Mishaps
from twin.story import told
from twin.streams import Streams
from twin.timeline import Timeline

TRIP_S = 2.0 / 0.25 + 2 * 0.5
"""What an item needs on the default line, from the push to the belt's end."""


@pytest.fixture
def timeline():
    return Timeline()


@pytest.fixture
def records():
    return []


@pytest.fixture
def mishaps(timeline, records):
    chosen = (
        faults.RodDead(rod=2, from_s=1.0, until_s=3.0), faults.RodDead(rod=3, from_s=2.0, until_s=4.0),
        faults.LinkDrop(share=0.25, until_s=5.0),
    )  # fmt: skip
    return Mishaps(timeline, Scenario(faults=chosen), Streams(0).stream("faults"), records.append)


def test_a_part_is_befallen_by_its_own_faults_only(timeline, mishaps):
    timeline.run(until=2.5)
    assert mishaps.now(faults.RodDead, rod=2).rod == 2
    assert mishaps.now(faults.RodDead, rod=3).rod == 3
    assert mishaps.now(faults.RodDead, rod=4) is None
    assert mishaps.now(faults.RodSlow, rod=2) is None


def test_all_of_a_kind_are_told_whenever_they_are(mishaps):
    assert [fault.rod for fault in mishaps.all(faults.RodDead)] == [2, 3]
    assert mishaps.all(faults.RodSlow) == []


def test_a_share_befalls_about_so_often_and_the_same_again_with_the_same_seed(mishaps, timeline):
    again = Mishaps(timeline, Scenario(), Streams(0).stream("faults"), lambda record: None)
    drawn = [mishaps.drawn(0.25) for _ in range(400)]
    assert 60 < sum(drawn) < 140
    assert [again.drawn(0.25) for _ in range(400)] == drawn
    assert not any(mishaps.drawn(0.0) for _ in range(100))
    assert all(mishaps.drawn(1.0) for _ in range(100))


def test_what_is_loaded_before_the_aftermath_is_over_is_touched(mishaps, timeline, records):
    (drop,) = mishaps.all(faults.LinkDrop)
    mishaps.touch(drop)
    over_s = RECOVERY_TRIPS * TRIP_S
    assert records == [trace.Mishap(0.0, "linkdrop", over_s)]
    timeline.run(until=over_s)
    mishaps.loaded(1)
    timeline.run(until=over_s + 0.1)
    mishaps.loaded(2)
    assert records[1:] == [trace.Touched(over_s, 1, "linkdrop")]


def test_a_fault_that_lasts_is_over_when_its_aftermath_is(mishaps, records):
    (drop,) = mishaps.all(faults.LinkDrop)
    mishaps.touch(drop, 50.0)
    mishaps.touch(drop)
    mishaps.loaded(1)
    assert [record.over_s for record in records if isinstance(record, trace.Mishap)] == [
        50.0 + RECOVERY_TRIPS * TRIP_S, RECOVERY_TRIPS * TRIP_S,
    ]  # fmt: skip
    assert records[-1] == trace.Touched(0.0, 1, "linkdrop")


TOLD = {
    trace.Held(1.0, 2, 3, None): ("belt", "item 2 rides into rod 3, which is out"),
    trace.Held(1.0, 2, None, 1): ("belt", "item 2 rides into item 1, which stands"),
    trace.Loaded(1.0, 2, "raw", 0.08, 1): ("loader", "item 2 (raw, 80 mm) is on the belt, onto item 1"),
    trace.Answered(1.0, 2, None, 0.0): ("recognizer", "says of item 2: nothing"),
    trace.Struck(1.0, 2, 3, -0.05): ("rod 3", "strikes item 2, its centre 50.0 mm behind the head's"),
    trace.Taken(1.0, 2, 3, 0.01, None): ("rod 3", "takes item 2, its centre 10.0 mm ahead of the head's"),
    trace.TakenByHand(1.0, 2, True, False): ("somebody", "puts back item 2"),
    trace.Refused(1.0, "no"): ("plant", "refuses: no"),
    trace.Crashed(1.0, "KeyError"): ("controller", "is gone: KeyError"),
    trace.Ended(1.0, "stalled", (4,), True, (2,), True): (
        "run", "over: stalled, on the belt [4], items left in the stack, rods out [2]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("record", TOLD, ids=lambda record: type(record).__name__)
def test_a_record_is_told_in_words(record):
    assert told(record) == TOLD[record]


def test_every_kind_of_record_can_be_told():
    examples = [
        trace.Began(0.0, Scenario()), trace.BeltRuns(0.0, True), trace.RodMoves(0.0, 2, "out"),
        trace.LoadedNothing(0.0), trace.Photographed(0.0, 1, "ab", 3), trace.Edge(0.0, 1, True),
        trace.Released(0.0, 1), trace.Binned(0.0, 1, 0), trace.Mishap(0.0, "roddead", 1.0),
        trace.Touched(0.0, 1, "roddead"), trace.Feedback(0.0, "gate 1", "clear"), trace.Commanded(0.0, "{}"), *TOLD,
    ]  # fmt: skip
    assert {type(record) for record in examples} == set(get_args(trace.AnyRecord))
    assert all(all(told(record)) for record in examples)
