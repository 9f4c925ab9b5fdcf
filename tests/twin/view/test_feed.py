"""What the live page gets of the items' pictures."""

import pytest

from twin import Item, RecognizerModel, Scenario, simulate
from twin.pictures import MOST_THUMBNAILS
from twin.view.feed import Feed

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


@pytest.mark.parametrize("more", [0, 5])
def test_the_pictures_of_the_latest_items_are_kept(more):
    feed = Feed(1.0)
    for number in range(MOST_THUMBNAILS + more):
        feed.see_picture(str(number), b"")
    assert len(feed._images) == MOST_THUMBNAILS
    assert str(MOST_THUMBNAILS + more - 1) in feed._images
