"""The live page without eyes or without a mouse: what is read out, what keeps the focus, which keys work."""

import pytest
from support.browser import settle

pytestmark = pytest.mark.browser

FRAMES = 20
PASS = """async frames => {
    for (let frame = 0; frame < frames; frame++) await new Promise(requestAnimationFrame);
}"""
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"


@pytest.fixture
def now_s(failing):
    return round(failing.violations[0].t_s) + 1.0


def test_only_a_lost_connection_and_the_end_are_read_out(fed_page, failing, now_s):
    with fed_page() as live:
        status = live.page.locator("header [role=status]")
        assert "waiting for the line" in status.text_content()
        live.go_on(failing, now_s)
        assert status.text_content() == ""
        live.lose()
        live.wait_for("document.querySelector('header [role=status]').textContent.includes('is lost')")
        live.page.evaluate(PASS, FRAMES)
        assert live.page.locator(".facts").text_content() == "the connection to twin is lost; trying again"
    with fed_page() as live:
        live.see_all(failing.trace)
        live.wait_for("document.querySelector('header [role=status]').textContent.includes('has ended')")


def test_the_parts_that_can_be_broken_are_buttons_for_a_screen_reader_too(fed_page, failing, now_s):
    with fed_page() as live:
        live.go_on(failing, now_s)
        assert live.page.locator(".line").get_attribute("role") == "group"
        names = [f"Break {part}" for part in ("gate 1", "gate 2", "gate 3", "rod 2", "rod 3", "rod 4")]
        assert [live.page.get_by_role("button", name=name).count() for name in names] == [1] * len(names)


@pytest.mark.parametrize(("real_time", "keys"), [
    (False, "Space pauses, the right arrow goes to the next event."), (True, ""),
])  # fmt: skip
def test_the_diagram_names_the_keys_that_work(fed_page, failing, now_s, real_time, keys):
    with fed_page(real_time=real_time) as live:
        live.see_all(record for record in failing.trace if record.t_s <= now_s)
        live.page.locator(".trajectory").first.wait_for(state="attached")
        assert live.page.locator(".diagram svg").get_attribute("aria-label").partition("marks.")[2].strip() == keys


@pytest.mark.parametrize("place", [".diagram .mark", "ul.marks button", ".line [data-part='gate 2']"])
def test_what_has_the_focus_keeps_it_while_the_line_goes_on(fed_page, failing, now_s, place):
    with fed_page() as live:
        live.go_on(failing, now_s)
        live.page.locator(place).first.focus()
        live.page.evaluate("document.addEventListener('focusout', () => { document.focusWasLost = true; })")
        focused = live.page.evaluate(FOCUSED)
        live.page.evaluate(PASS, FRAMES)
        live.go_on(failing, failing.violations[-1].t_s)
        assert live.page.locator("ul.marks button").count() > 1
        assert live.page.evaluate(FOCUSED) == focused
        assert not live.page.evaluate("document.focusWasLost")


def test_a_part_keeps_the_focus_while_the_words_below_it_grow(fed_page, failing):
    with fed_page() as live:
        live.go_on(failing, 1.0)
        live.page.set_viewport_size({"width": 400, "height": 900})
        settle(live.page)
        live.page.locator("[data-part='gate 2']").focus()
        high = live.page.locator(".first").bounding_box()["height"]
        live.page.evaluate("document.querySelector('.caption').style.minHeight = '12em'")
        live.page.evaluate(PASS, FRAMES)
        assert live.page.locator(".first").bounding_box()["height"] > high
        assert live.page.evaluate(FOCUSED) == "Break gate 2"
