"""The live page in a real browser: the line moves, a click breaks a part, a heal ends it; that is a scenario."""

import threading
from contextlib import contextmanager

import pytest
from support.browser import Watched, browser

from twin import Item, Layout, Scenario, faults, settings_for, simulate, trace
from twin.links.tempo import Tempo
from twin.view.live_page import live_page

STILL_MS = 400
FAST = Layout(belt_speed_m_per_s=0.4)
SCENARIO = Scenario(
    layout=FAST, items=tuple(Item(item_class=name) for name in ("raw", "ripe", "raw")),
    controller=settings_for(FAST, belt_start_s=1.0, items=3),
)  # fmt: skip


@contextmanager
def run_in_a_thread(page, link):
    """A run with our controller. Yields the list in which the run will be."""
    runs = []

    def run():
        run = simulate(
            SCENARIO, link=link, watchers=page.watchers, hands=page.hands, tempo=page.tempo,
            belief_watchers=page.belief_watchers,
        )  # fmt: skip
        runs.append(run)

    running = threading.Thread(target=run)
    running.start()
    try:
        yield runs
    finally:
        if page.tempo is not None:  # A test that has failed may have left it paused.
            page.tempo.set_speed(50.0)
            page.tempo.go_on()
        running.join(120)


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.realtime
@pytest.mark.browser
def test_a_click_on_a_gate_breaks_it_until_it_is_healed():
    addresses = []
    with (
        browser() as chromium,
        live_page(wanted=True, browser=False, speed=1.0, say=addresses.append) as live,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        watched = Watched(page)
        page.goto(addresses[0].split()[-1])
        assert "waiting for the line" in page.locator(".facts").text_content()
        with run_in_a_thread(live, "realtime") as runs:
            page.locator("[data-part='gate 2']").click(timeout=20_000)
            assert "can't be paused" in page.locator(".why").text_content()
            assert page.get_by_role("button", name="Pause (space)").is_disabled()
            page.get_by_role("button", name="stuck blocked").click()
            page.locator("[data-fault='GateStuck']").wait_for()
            assert "gate 2" in page.locator(".acting").text_content()
            page.wait_for_function("document.querySelectorAll('.fault').length > 0")
            page.wait_for_function("document.querySelectorAll('.trajectory').length > 0")
            first_s = float(page.locator(".facts").text_content().split()[0])
            page.get_by_role("button", name="heal", exact=True).click()
            page.locator(".acting .none").wait_for()
            assert float(page.locator(".facts").text_content().split()[0]) >= first_s
            page.wait_for_function(
                "document.querySelector('.facts').textContent.includes('has ended')", timeout=120_000
            )
        assert watched.complaints == []
    (run,) = runs
    begun, ended = [record for record in run.trace if isinstance(record, trace.Injected)]
    assert begun.fault == faults.GateStuck(gate=2, from_s=begun.t_s, until_s=begun.t_s + 600.0)
    assert run.scenario.faults == (faults.GateStuck(gate=2, from_s=begun.t_s, until_s=ended.t_s),)
    again = [record for record in simulate(run.scenario).trace if isinstance(record, trace.FaultActs)]
    assert [(record.t_s, record.acts) for record in again] == [(begun.t_s, True), (ended.t_s, False)]


def time_of(page):
    return float(page.locator(".facts").text_content().split()[0])


@pytest.mark.slow
@pytest.mark.browser
def test_time_that_is_ours_to_give_is_paused_stepped_and_hurried():
    addresses = []
    with (
        browser() as chromium,
        live_page(wanted=True, browser=False, tempo=Tempo(), say=addresses.append) as live,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        watched = Watched(page)
        page.goto(addresses[0].split()[-1])
        with run_in_a_thread(live, "memory") as runs:
            page.locator(".beliefs td", has_text="item 1").first.wait_for(timeout=20_000)
            assert page.locator(".lane-beliefs .belief").count() >= 1
            assert page.locator(".lane-beliefs .belief.wrong").count() == 0
            page.get_by_role("button", name="Pause (space)").click(timeout=20_000)
            page.get_by_role("button", name="Go on (space)").wait_for()
            page.wait_for_timeout(STILL_MS)
            stands_s = time_of(page)
            page.wait_for_timeout(STILL_MS)
            assert time_of(page) == stands_s
            assert page.locator(".why").count() == 0
            stepped_s = stands_s
            for _ in range(5):  # The page shows hundredths, and a message comes 2 ms after its edge.
                page.get_by_role("button", name="Next event (right arrow)").click()
                page.wait_for_timeout(STILL_MS)
                if (stepped_s := time_of(page)) > stands_s:
                    break
            assert stepped_s > stands_s
            page.locator("[data-part='gate 2']").click()
            page.get_by_role("button", name="stuck blocked").click()
            page.locator("[data-fault='GateStuck']").wait_for()
            assert time_of(page) == pytest.approx(stepped_s, abs=0.011)
            page.get_by_role("button", name="heal", exact=True).click()
            page.locator(".acting .none").wait_for()
            page.get_by_label("speed").select_option("50")
            page.get_by_label("speed").blur()
            page.keyboard.press("Space")
            page.wait_for_function("document.querySelector('.facts').textContent.includes('has ended')")
        assert watched.complaints == []
    (run,) = runs
    times_s = {round(record.t_s, 2) for record in run.trace}
    assert stepped_s in times_s
    (fault,) = run.scenario.faults
    assert fault.from_s < fault.until_s == pytest.approx(stepped_s, abs=0.011)
    assert simulate(run.scenario).summary.digest == run.summary.digest


@pytest.mark.slow
@pytest.mark.browser
def test_an_item_is_taken_off_and_the_controller_killed_by_clicks():
    addresses = []
    with (
        browser() as chromium,
        live_page(wanted=True, browser=False, tempo=Tempo(2.0), say=addresses.append) as live,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        page.goto(addresses[0].split()[-1])
        with run_in_a_thread(live, "memory") as runs:
            page.wait_for_selector(".line [data-item='1']")
            page.keyboard.press("Space")
            page.get_by_role("button", name="Go on (space)").wait_for()
            page.wait_for_timeout(STILL_MS)
            box = page.evaluate(
                "document.querySelector(\".line [data-item='1'] rect\").getBoundingClientRect().toJSON()"
            )
            page.mouse.click((box["left"] + box["right"]) / 2, (box["top"] + box["bottom"]) / 2)
            page.get_by_role("button", name="take it off").click()
            page.wait_for_function("document.querySelectorAll(\".line [data-item='1']\").length === 0")
            page.get_by_role("button", name="controller", exact=True).click()
            page.get_by_role("button", name="killed, and started again when healed").click()
            page.locator("[data-fault='ControllerKilled']").wait_for()
            page.get_by_role("button", name="heal", exact=True).click()
            page.locator(".acting .none").wait_for()
            page.get_by_label("speed").select_option("50")
            page.get_by_role("button", name="Go on (space)").click()
            page.wait_for_function("document.querySelector('.facts').textContent.includes('has ended')")
    (run,) = runs
    assert [record.item for record in run.trace if isinstance(record, trace.TakenByHand)] == [1]
    assert [type(fault) for fault in run.scenario.faults] == [faults.TakenOff, faults.ControllerKilled]
    assert simulate(run.scenario).summary.digest == run.summary.digest


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_a_watched_run_fits(width):
    addresses = []
    with (
        browser() as chromium,
        live_page(wanted=True, browser=False, tempo=Tempo(50.0), say=addresses.append) as live,
    ):
        page = chromium.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
        page.goto(addresses[0].split()[-1])
        with run_in_a_thread(live, "memory"):
            page.get_by_role("button", name="Pause (space)").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
