"""The live page of a run, from before it begins until after it ends."""

import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from twin.beliefs import BeliefWatcher
from twin.links.hands import Hands
from twin.links.tempo import Tempo
from twin.pictures import PictureWatcher
from twin.trace import Watcher
from twin.view.feed import Feed
from twin.view.server import ViewServer


class LivePage(NamedTuple):
    """What a run needs of its page: watchers of records, pictures and our controller's beliefs, hands and tempo.

    The hands are those of the people who watch, the tempo is theirs.
    """

    watchers: tuple[Watcher, ...] = ()
    hands: Hands | None = None
    tempo: Tempo | None = None
    picture_watchers: tuple[PictureWatcher, ...] = ()
    belief_watchers: tuple[BeliefWatcher, ...] = ()


@contextmanager
def live_page(
    *, wanted: bool, browser: bool, say: Callable[[str], None], speed: float = 1.0, tempo: Tempo | None = None,
    tour: bool = False,
) -> Iterator[LivePage]:  # fmt: skip
    """Serve the page while the context lasts, if it is wanted. `say` gets its address; `browser`: it is opened, too.

    `tempo` is that of a run in virtual time, which a watcher may change; without one the run is in real time, `speed`
    times as fast. `tour`: the page begins with a guided tour.

    Raises `TwinError` if the page cannot be served.
    """
    if not wanted:
        yield LivePage()
        return
    feed, hands = Feed(speed, tempo), Hands()
    with ViewServer(feed, hands, tempo) as server:
        url = f"{server.url}&tour" if tour else server.url
        say(f"watch and break the line at {url}")
        if browser:
            webbrowser.open(url)
        yield LivePage((feed.see,), hands, tempo, (feed.see_picture,), (feed.see_belief,))
