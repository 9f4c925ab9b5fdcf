"""Builds the host in the necessary order: each virtual part is installed before anything uses it."""

from __future__ import annotations

import os
import random
import sys
from types import ModuleType
from typing import Any

from . import thread_exceptions
from .baton import Baton
from .clock import Clock
from .computing import Measurement, Model
from .conversation import Conversation
from .functions import built_in
from .imports import when_imported
from .polling import Polling
from .program import Program
from .signals import Signals
from .streams import Keyboard, take_standard_streams, write_to
from .threads import Threads
from .unhostable import Unhostable
from .warmth import Warmth
from .watchdog import Watchdog


def start(words: list[str]) -> None:
    """Run the program of the command line, for the twin at the other end of standard input and output."""
    Host(Program(words)).run()


class Host:
    """All virtual parts, installed, and the program that runs with them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._baton = baton = Baton()
        self._conversation = conversation = Conversation(*take_standard_streams(), baton)
        signals = Signals(baton, lambda code: conversation.end(code, f"ended by signal {-code}"))
        warmth = Warmth(baton, conversation)  # Before what it needs is refused to the program.
        Threads(baton, signals).install()
        thread_exceptions.install(baton)
        clock = Clock(baton)
        clock.install()
        self._clock = clock
        self._install_rest(signals, clock)
        baton.on_resume = signals.deliver
        baton.on_stranger = lambda: conversation.refuse("a thread that Python did not start calls the program")
        self._order = warmth.await_order()

    def run(self) -> None:
        """Run the program to its end."""
        baton, conversation, program, order = self._baton, self._conversation, self._program, self._order
        if order["output"]:
            write_to(order["output"])
        self._clock.begin(order["began"])
        self._randomness.begin(order["seed"], order["start"])
        baton.chance = random.Random(order["schedule"]) if order["schedule"] else None
        polling = Polling(baton, program.folders)
        if order["computing"] is None:
            polling.computing = Measurement(baton, lambda: conversation.connects)
        elif order["computing"]:
            polling.computing = Model(order["computing"], self._clock.sleep)
        baton.on_start, baton.state_of, baton.idle = polling.watch, polling.state, conversation.idle
        Watchdog(baton, order["stall_s"], lambda: conversation.order, conversation.hang).start()
        conversation.begin(order["stall_s"], polling)
        polling.watch()
        sys.settrace = built_in(lambda function: None)  # The host's own traces would end with the program's.
        sys.stdin = Keyboard(conversation.await_key)
        code = program.run()
        conversation.end(code, program.reason)

    def _install_rest(self, signals: Signals, clock: Clock) -> None:
        """Install the parts whose imports build on what was replaced before."""
        from . import dates, one_process, plots, process_numbers, tk, windows
        from .network import Network
        from .randomness import Randomness

        conversation = self._conversation
        self._randomness: Any = Randomness()
        self._randomness.install()
        process_numbers.install()
        dates.install(clock.time)
        network = Network(self._baton, conversation.out, conversation.refuse)
        network.install()
        signals.install(network.write)
        one_process.install(conversation.refuse)
        windows.install(clock.sleep, conversation.await_key)
        tk.install(clock, conversation.await_click)
        plots.install(clock, conversation.await_click)
        if sys.platform == "win32":
            when_imported("asyncio", _select_events)
        Unhostable(conversation.refuse).install()
        os._exit = built_in(lambda status: conversation.end(status, ""))
        os.abort = built_in(lambda: conversation.end(-6, "aborted"))
        conversation.network, conversation.signals = network, signals


def _select_events(asyncio: ModuleType) -> None:
    """Choose the selector loop of asyncio on Windows: the usual one waits in the system for real sockets."""
    asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
