"""Puts the host together, in the order that it needs: what is virtual takes its place before anything uses it."""

from __future__ import annotations

import os
import random
import sys
from typing import BinaryIO

from .baton import Baton
from .clock import Clock
from .conversation import Conversation
from .polling import Polling
from .program import Program
from .refusals import Refusals
from .signals import Signals
from .threads import NEWEST, OLDEST, Threads
from .watchdog import Watchdog


def start(words: list[str]) -> None:
    """Run the program that stands on the command line, for the twin at the other end of standard input and output."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        version, oldest, newest = (".".join(map(str, pair)) for pair in (sys.version_info[:2], OLDEST, NEWEST))
        must = f"{oldest} to {newest} to be hosted, got {version}"
        sys.exit(f"the program's Python must be {must}: use another, or --link realtime")
    hears, says = _take_streams()
    baton = Baton()
    conversation = Conversation(hears, says, baton)
    order = conversation.hello()
    signals = Signals(baton, lambda code: conversation.end(code, f"ended by signal {-code}"))
    Threads(baton, signals).install()
    clock = Clock(baton)
    clock.install()
    chance = random.Random(order["schedule"]) if order["schedule"] else None
    _install_rest(baton, conversation, signals, clock, order["seed"])
    program = Program(words)
    polling = Polling(baton, program.folders)
    baton.on_start = polling.watch
    baton.state_of = polling.state
    baton.on_resume = signals.deliver
    baton.idle = conversation.idle
    baton.on_stranger = lambda: conversation.refuse("a thread that Python did not start calls the program")
    baton.chance = chance
    Watchdog(baton, order["stall_s"], lambda: conversation.busy, conversation.hang).start()
    polling.watch()
    code = program.run()
    conversation.end(code, program.reason)


def _install_rest(baton: Baton, conversation: Conversation, signals: Signals, clock: Clock, seed: int) -> None:
    """What is imported only now: it is made of what has been replaced before."""
    from . import dates, windows
    from .network import Network
    from .randomness import Randomness

    Randomness(seed).install()
    dates.install(clock.time)
    network = Network(baton, conversation.out, conversation.refuse)
    network.install()
    signals.install(network.write)
    windows.install(clock.sleep)
    Refusals(conversation.refuse).install()
    conversation.network, conversation.signals = network, signals


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """The twin's end of standard input and output; the program gets none and standard error instead of them."""
    hears, says = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # It may be killed at any time.
    return hears, says
