"""The live page in a real browser, of a run whose records a test gives it."""

import re
from contextlib import ExitStack, contextmanager

import msgspec
import pytest
from support.browser import Watched, browser, settle

from controller import Controller
from twin import Item, Scenario, simulate, trace
from twin.links.tempo import Tempo
from twin.view.live_page import live_page


def mixes_up_bins(settings):
    """Our controller with one mistake: ripe items go where half-ripe ones belong."""
    return Controller(msgspec.structs.replace(settings, bins={"ripe": 3, "half_ripe": 3, "raw": 4}))


class FedPage:
    """A live page whose time stands at the latest record, unless it is in real time.

    `see` gives it the next record, `lose` ends its server.
    """

    def __init__(self, page, see, lose):
        self.page = page
        self.see = see
        self.lose = lose
        self._seen = 0

    def see_all(self, records):
        """Give it the next records."""
        for record in records:
            self.see(record)

    def go_on(self, run, until_s):
        """Let it see what happens in a run from the latest record on, up to a time, and show so."""
        records = [record for record in run.trace[self._seen :] if record.t_s <= until_s]
        self._seen += len(records)
        self.see_all([*records, trace.Feedback(until_s, "gate 3", "clear")])
        self.wait_for(f"document.querySelector('.facts').textContent.startsWith('{until_s:.2f}')")
        settle(self.page)

    def wait_for(self, condition):
        """Wait until an expression of JavaScript is true."""
        self.page.wait_for_function(condition, timeout=10_000)

    @property
    def shown_s(self):
        """The time at which the line is shown from above."""
        return float(self.page.locator(".caption").text_content().split()[0])

    @property
    def span_s(self):
        """From when to when the diagram is drawn."""
        words = self.page.locator(".diagram svg").get_attribute("aria-label")
        return tuple(map(float, re.search(r"from ([\d.]+) s to ([\d.]+) s", words).groups()))


@pytest.fixture(scope="session")
def failing():
    """A run in which rules are broken again and again."""
    stack = tuple(Item(item_class=name) for name in ("ripe", "raw", "half_ripe") * 4)
    return simulate(Scenario(items=stack), controller=mixes_up_bins)


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture
def fed_page(chromium):
    """Opens the page. It complains of nothing but a lost connection."""

    @contextmanager
    def opened(*, real_time=False, paused=True):
        tempo = Tempo()
        tempo.paused = paused
        addresses = []
        with ExitStack() as serving:
            live = serving.enter_context(
                live_page(wanted=True, browser=False, tempo=None if real_time else tempo, say=addresses.append)
            )
            page = chromium.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
            watched = Watched(page)
            page.goto(addresses[0].split()[-1])
            yield FedPage(page, live.watchers[0], serving.close)
            page.close()
        assert [words for words in watched.complaints if "WebSocket" not in words] == []

    return opened
