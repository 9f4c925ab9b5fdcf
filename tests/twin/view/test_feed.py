"""What the live page gets of the items' pictures."""

import pytest

from twin import Item, Layout, RecognizerModel, Scenario, settings_for, simulate, trace
from twin.pictures import MOST_THUMBNAILS
from twin.report.drawing import MOST_MARKS
from twin.view.feed import MOST_TRACKS, Feed

STACK = (Item(item_class="ripe"), Item(item_class="raw"))


def fed(source):
    feed = Feed(1.0)
    scenario = Scenario(items=STACK, recognizer=RecognizerModel(source=source))
    simulate(scenario, watchers=(feed.see,), picture_watchers=(feed.see_picture,))
    return feed


def test_each_picture_is_sent_once_and_to_who_comes_later():
    feed = fed("images")
    first = feed.changes()
    assert len(first["thumbnails"]) == len(STACK)
    assert {item.picture for item in first["items"]} == set(first["thumbnails"])
    assert feed.changes()["thumbnails"] == {}
    assert feed.whole()["drawing"].thumbnails == first["thumbnails"]


def test_blank_pictures_are_not_sent():
    feed = fed("oracle")
    assert feed.changes()["thumbnails"] == {}
    assert feed.whole()["drawing"].thumbnails == {}


def test_the_page_shows_what_reaches_nobody_whether_it_is_open_from_the_start_or_not():
    records = [
        trace.Began(0.0, Scenario(items=STACK)),
        trace.Connection(1.0, "FS_Ctl", "connected", "MQTT 3.1.1"),
        trace.Feedback(2.0, "gate 1", "blocked"),
        trace.Connection(3.0, "FS_Ctl", "subscribed", "bb"),
        trace.Feedback(4.0, "gate 1", "clear"),
    ]
    feed, shown = Feed(1.0), []
    for record in records:
        feed.see(record)
        shown += feed.changes()["events"]
    words = [event.words for event in shown if event.lane == "feedback"]
    assert words == ["sends gate 1 blocked, which reaches nobody: no client is subscribed", "receives gate 1 clear"]
    assert [event.words for event in feed.whole()["drawing"].events if event.lane == "feedback"] == words


def test_who_comes_later_is_sent_as_many_marks_as_who_was_there():
    feed = Feed(1.0)
    feed.see(trace.Began(0.0, Scenario(items=STACK)))
    for number in range(MOST_MARKS + 20):
        feed.see(trace.Refused(1.0 + number, "nonsense"))
    place, marks = feed.changes()["grown"]["marks"]
    later = feed.whole()["drawing"].marks
    assert (place, len(marks)) == (0, MOST_MARKS)
    assert [(mark.t_s, mark.detail) for mark in later] == [(t_s, detail) for t_s, _, _, detail in marks]
    assert feed.changes()["grown"]["marks"] == [MOST_MARKS, []]


@pytest.mark.parametrize("more", [0, 5])
def test_the_pictures_of_the_latest_items_are_kept(more):
    feed = Feed(1.0)
    for number in range(MOST_THUMBNAILS + more):
        feed.see_picture(str(number), b"")
    assert len(feed._images) == MOST_THUMBNAILS
    assert str(MOST_THUMBNAILS + more - 1) in feed._images


def believing(items):
    feed = Feed(1.0)
    stack = tuple(Item(item_class="ripe") for _ in range(items))
    scenario = Scenario(items=stack, controller=settings_for(Layout(), items=items))
    simulate(scenario, watchers=(feed.see,), belief_watchers=(feed.see_belief,))
    return feed


def test_what_the_controller_believes_is_sent_when_it_changes_and_to_who_comes_later():
    feed = believing(2)
    beliefs = feed.changes()["beliefs"]
    assert [(belief.number, belief.item, belief.wrong) for belief in beliefs] == [(1, 1, []), (2, 2, [])]
    assert [belief.steps[-1][3] for belief in beliefs] == ["ripe", "ripe"]
    assert feed.changes()["beliefs"] is None
    assert feed.whole()["drawing"].beliefs == beliefs


def test_of_a_long_run_the_latest_beliefs_are_kept_and_earlier_items_are_not_called_unknown():
    beliefs = believing(MOST_TRACKS + 5).changes()["beliefs"]
    assert [belief.item for belief in beliefs] == list(range(6, MOST_TRACKS + 6))
    assert not any(belief.wrong for belief in beliefs)


def test_a_run_whose_controller_shows_no_beliefs_sends_none():
    assert fed("oracle").changes()["beliefs"] is None
