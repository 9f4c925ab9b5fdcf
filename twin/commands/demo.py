"""The command `twin demo`: the line with our controller, live on a page, with a guided tour."""

from typing import Annotated, Final

import typer

from twin.commands.one_line_errors import one_line_errors
from twin.commands.options import NoBrowser, Seed

ITEMS: Final = 100


def show_demo(
    items: Annotated[int, typer.Option(min=1, max=10_000, help="Number of items in the stack.")] = ITEMS,
    seed: Seed = 1,
    no_browser: NoBrowser = False,
) -> None:
    """Watch our controller sort items on the live page, break a part of the line, and heal it.

    A tour of six steps leads to a program of your own. Ctrl-C ends the demo.
    """
    from twin.report.console import StatusLine
    from twin.report.screen import Screen, saying
    from twin.run import simulate
    from twin.scenario.layout import Layout
    from twin.scenario.scenario import ItemDraw, Scenario, settings_for
    from twin.view.live_page import live_page

    console = Screen()
    say = saying(console)
    scenario = Scenario(seed=seed, items=ItemDraw(count=items), controller=settings_for(Layout(), items=items))

    with (
        one_line_errors(),
        live_page(wanted=True, browser=not no_browser, say=say, tour=True) as page,
        StatusLine(console, items) as status,
    ):
        say("Ctrl-C ends the demo")
        run = simulate(
            scenario, link="realtime", keep_trace=False, watchers=(status.see, *page.watchers), hands=page.hands,
            picture_watchers=page.picture_watchers, belief_watchers=page.belief_watchers,
        )  # fmt: skip
    say(f"{run.summary.items} items sorted, {run.summary.rejected} of them rejected; now yours: twin serve --view")
