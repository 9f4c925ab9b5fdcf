"""A look into the past on the live page: it stays there while the run goes on, until the reader follows again."""

import math

import pytest
from support.browser import settle

pytestmark = pytest.mark.browser


def click_at(live, at_s):
    """Click into the diagram at a time."""
    from_s, until_s = live.span_s
    box, left, right = live.page.locator(".diagram svg").bounding_box(), 66, 10
    share = (at_s - from_s) / (until_s - from_s)
    live.page.mouse.click(box["x"] + left + share * (box["width"] - left - right), box["y"] + 200)


def drag(page):
    """Drag the diagram to the right."""
    box = page.locator(".diagram svg").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 200, steps=4)
    page.mouse.up()


@pytest.fixture(scope="module")
def now_s(failing):
    """Some time after the latest violation, and later than the window is long."""
    return math.ceil(failing.violations[-1].t_s) + 4.0


@pytest.fixture
def live(fed_page, failing, now_s):
    with fed_page() as page:
        page.go_on(failing, now_s)
        assert page.shown_s == pytest.approx(now_s, abs=0.01)
        yield page


def follow(live):
    return live.page.get_by_role("button", name="Follow")


def test_a_click_ahead_of_now_shows_now(fed_page, failing, now_s):
    with fed_page(paused=False) as live:
        live.see_all(record for record in failing.trace if record.t_s <= now_s)
        live.page.locator(".trajectory").first.wait_for(state="attached")
        click_at(live, now_s + 3.0)
        settle(live.page)
        assert live.shown_s <= now_s


def test_a_click_into_the_past_stays_there_until_the_reader_follows_again(live, failing, now_s):
    assert follow(live).get_attribute("aria-pressed") == "true"
    span = live.span_s
    click_at(live, now_s - 10.0)
    live.go_on(failing, now_s + 3.0)
    assert live.shown_s == pytest.approx(now_s - 10.0, abs=0.1)
    assert live.span_s == span
    assert follow(live).get_attribute("aria-pressed") == "false"
    follow(live).focus()
    live.page.keyboard.press("Enter")
    settle(live.page)
    assert live.shown_s == pytest.approx(now_s + 3.0, abs=0.01)
    live.go_on(failing, now_s + 5.0)
    assert live.shown_s == pytest.approx(now_s + 5.0, abs=0.01)
    assert live.span_s == pytest.approx([bound + 5.0 for bound in span], abs=0.02)


def test_rows_of_the_events_and_violations_lead_into_the_past(live, failing, now_s):
    live.page.locator("ul.marks button").first.click()
    live.go_on(failing, now_s + 3.0)
    assert live.shown_s == pytest.approx(failing.violations[0].t_s, abs=0.01)
    follow(live).click()
    row = live.page.locator(".scroll tbody tr").first
    row_s = float(row.locator(".number").text_content())
    row.click()
    live.go_on(failing, now_s + 5.0)
    assert live.shown_s == pytest.approx(row_s, abs=0.01)


def test_the_events_scroll_where_the_reader_scrolls_them(live, failing, now_s):
    click_at(live, now_s - 10.0)
    settle(live.page)
    live.page.evaluate("document.querySelector('.scroll').scrollTop = 17")
    live.go_on(failing, now_s + 3.0)
    assert live.page.evaluate("document.querySelector('.scroll').scrollTop") == 17


def test_a_drag_moves_the_window_and_a_selection_ends_when_the_reader_follows(live, failing, now_s):
    from_s, until_s = live.span_s
    drag(live.page)
    live.page.keyboard.down("Shift")
    drag(live.page)
    live.page.keyboard.up("Shift")
    live.go_on(failing, now_s + 3.0)
    assert live.span_s[0] < from_s
    assert live.span_s[1] < until_s
    assert live.page.locator(".selection").count() == 1
    follow(live).click()
    settle(live.page)
    assert live.page.locator(".selection").count() == 0
    assert live.span_s[1] > until_s


def test_after_the_end_the_reader_looks_wherever_they_want(live, failing, now_s):
    live.see_all(failing.trace[-1:])
    live.wait_for("document.querySelector('[role=status]').textContent.includes('has ended')")
    click_at(live, now_s)
    settle(live.page)
    assert live.shown_s == pytest.approx(now_s, abs=0.1)
