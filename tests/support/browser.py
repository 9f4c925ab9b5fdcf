"""A real browser for the tests of the pages: Debian's Chromium, or another that is on PATH, driven by playwright."""

import os
import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium_path():
    """The path of Chromium. Skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"needs a browser, one of {', '.join(NAMES)}, on PATH (apt-get install chromium)")
    return found


@contextmanager
def browser():
    """A running Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (extra `test`)")
    path = chromium_path()
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox does not run as root.
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        try:
            yield running
        finally:
            running.close()


def settle(page):
    """Wait until the page has drawn what changed: it does so in its next frame."""
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


class Watched:
    """A page with all that it asked for, and all that it complained of."""

    def __init__(self, page):
        self.page = page
        self.requests = []
        self.complaints = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._collect)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _collect(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
