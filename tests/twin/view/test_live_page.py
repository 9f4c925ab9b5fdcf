"""The live page in a real browser: the line moves, a click breaks a part, a heal ends it; that is a scenario."""

import threading
from contextlib import contextmanager

import pytest
from support.browser import Watched, browser

from twin import Item, Layout, Scenario, faults, settings_for, simulate, trace
from twin.view.live_page import live_page

FAST = Layout(belt_speed_m_per_s=0.4)
SCENARIO = Scenario(
    layout=FAST, items=tuple(Item(item_class=name) for name in ("raw", "ripe", "raw")),
    controller=settings_for(FAST, belt_start_s=1.0, items=3),
)  # fmt: skip


@contextmanager
def run_in_a_thread(page):
    """A run in real time with our controller. Yields the list in which the run will be."""
    runs = []

    def run():
        runs.append(simulate(SCENARIO, link="realtime", watchers=page.watchers, hands=page.hands))

    running = threading.Thread(target=run)
    running.start()
    try:
        yield runs
    finally:
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
        with run_in_a_thread(live) as runs:
            page.locator("[data-part='gate 2']").click(timeout=20_000)
            page.get_by_role("button", name="stuck blocked").click()
            page.locator("[data-fault='gate stuck']").wait_for()
            assert "gate 2" in page.locator(".acting").text_content()
            page.wait_for_function("document.querySelectorAll('.fault').length > 0")
            page.wait_for_function("document.querySelectorAll('.way').length > 0")
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
    assert simulate(run.scenario).summary.bins == run.summary.bins
