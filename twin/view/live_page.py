"""The live page of a run, from before it begins until after it ends."""

import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from twin.hands import Hands
from twin.trace import Watcher
from twin.view.feed import Feed
from twin.view.server import ViewServer


class LivePage(NamedTuple):
    """What a run needs of its page: watchers of its records, and the hands of those who watch."""

    watchers: tuple[Watcher, ...] = ()
    hands: Hands | None = None


@contextmanager
def live_page(
    *, wanted: bool, browser: bool, speed: float, say: Callable[[str], None], tour: bool = False
) -> Iterator[LivePage]:
    """Serve the page while the context lasts, if it is wanted. `say` gets its address; `browser`: it is opened, too.

    `tour`: the page begins with a guided tour.

    Raises `TwinError` if the page cannot be served.
    """
    if not wanted:
        yield LivePage()
        return
    feed, hands = Feed(speed), Hands()
    with ViewServer(feed, hands) as server:
        url = f"{server.url}&tour" if tour else server.url
        say(f"watch and break the line at {url}")
        if browser:
            webbrowser.open(url)
        yield LivePage((feed.see,), hands)
