"""The faults on the live page: as long as they have acted up to now, each once, and only such as a person meant."""

import json

import msgspec
import pytest

from twin import Item, Scenario, faults, simulate, trace
from twin.view.feed import Feed

pytestmark = pytest.mark.browser

STUCK = faults.GateStuck(gate=2, from_s=5.0, until_s=15.0)
RUN = simulate(Scenario(items=(Item(item_class="ripe"),), faults=(STUCK,)))
BEGAN = RUN.trace[0]
HEALTHY = trace.Began(0.0, Scenario(items=(Item(item_class="ripe"),)))
SHORT = faults.GateStuck(gate=1, from_s=6.0, until_s=6.01)
LONG = faults.LinkDelay(from_s=7.0, until_s=607.0)
BY_HAND = (
    trace.Injected(6.0, 1, SHORT, True), trace.Injected(6.01, 1, SHORT, False), trace.Injected(7.0, 2, LONG, True),
)  # fmt: skip
SPANS = "[...document.querySelectorAll('.fault title')].map(title => title.textContent.split('), ')[1])"


def at(at_s):
    """A record that shows no more than that the run has come to a time."""
    return trace.Feedback(at_s, "gate 3", "clear")


def test_the_feed_tells_how_long_a_fault_of_the_scenario_lasts_and_keeps_those_made_by_hand_apart():
    feed = Feed(1.0)
    for record in (BEGAN, at(5.5), *BY_HAND, at(8.0)):
        feed.see(record)
    injected = feed.changes()["injected"]
    (fault,) = feed.whole()["drawing"].faults
    assert (fault.from_s, fault.until_s) == (5.0, 15.0)
    assert [(each["number"], each["acts"]) for each in injected] == [(1, False), (2, True)]
    assert [(each["fault"].from_s, each["fault"].until_s) for each in injected] == [(6.0, 6.01), (7.0, 607.0)]


def test_a_fault_of_the_scenario_is_drawn_once_it_acts_and_grows(fed_page):
    with fed_page() as live:
        live.see_all((BEGAN, at(4.0)))
        live.wait_for("document.querySelector('.facts').textContent.startsWith('4.00')")
        assert live.page.evaluate(SPANS) == []
        for until_s, expected in ((8.0, "8.00"), (12.0, "12.00"), (17.0, "15.00")):
            live.see(at(until_s))
            live.wait_for(f"{SPANS}[0] === '5.00 s to {expected} s'")
        assert len(live.page.evaluate(SPANS)) == 1


def test_a_page_that_is_opened_while_a_fault_acts_draws_on(fed_page):
    with fed_page() as live:
        live.see_all((BEGAN, at(8.0)))
        live.wait_for(f"{SPANS}[0] === '5.00 s to 8.00 s'")
        live.page.reload()
        live.wait_for(f"{SPANS}[0] === '5.00 s to 8.00 s'")
        live.see(at(12.0))
        live.wait_for(f"{SPANS}[0] === '5.00 s to 12.00 s'")


def test_faults_made_by_hand_are_drawn_once_however_short_and_also_after_a_reload(fed_page):
    expected = ["6.00 s to 6.01 s", "7.00 s to 9.00 s"]
    with fed_page() as live:
        live.see_all((HEALTHY, at(5.0)))
        live.page.locator(".line").wait_for()
        live.see_all((*BY_HAND, at(9.0)))
        live.wait_for(f"JSON.stringify({SPANS}) === '{json.dumps(expected, separators=(',', ':'))}'")
        assert live.page.locator(".acting [data-fault]").count() == 1
        live.page.reload()
        live.page.locator("[data-fault='LinkDelay']").wait_for()
        live.wait_for("document.querySelector('.facts').textContent.startsWith('9.00')")
        assert live.page.evaluate(SPANS) == expected
        live.see_all((trace.Injected(10.0, 2, msgspec.structs.replace(LONG, until_s=10.0), False), at(12.0)))
        live.page.locator(".acting .none").wait_for()
        live.wait_for(f"{SPANS}.at(-1) === '7.00 s to 10.00 s'")


def test_a_duration_may_have_a_comma_and_what_is_no_number_is_refused(fed_page):
    sent = []
    with fed_page() as live:
        page = live.page
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(json.loads(text))))
        page.reload()
        live.see_all((HEALTHY, at(5.0)))
        page.get_by_role("button", name="link", exact=True).click()
        delay, lasts = page.get_by_label("delay_s"), page.get_by_label("lasts, in s").first
        for field, good in ((lasts, "2,5"), (delay, "0,25")):
            field.fill("abc")
            page.get_by_role("button", name="delay", exact=True).click()
            assert page.locator("[role=alert]").text_content() == 'must be a number, got "abc"'
            assert field.get_attribute("aria-invalid") == "true"
            field.fill(good)
        page.get_by_role("button", name="delay", exact=True).click()
        assert lasts.get_attribute("aria-invalid") == delay.get_attribute("aria-invalid") == "false"
        page.get_by_text("made to act while the line runs").wait_for()
        (asked,) = [each for each in sent if each["type"] == "begin"]
        assert (asked["lasts_s"], asked["fault"]["delay_s"]) == (2.5, 0.25)
