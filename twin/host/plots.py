"""matplotlib's windows without a screen: figures are drawn, nobody closes them, and their loop is in virtual time."""

from __future__ import annotations

import sys
import traceback
from types import ModuleType
from typing import Any, Callable

from .clock import Clock
from .event_loop import EventLoop
from .imports import when_imported

BACKEND = f"{__package__}.screen"
"""The module by which matplotlib knows these windows. It is made when matplotlib is imported."""

CHOICE = f"module://{BACKEND}"
FILES = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")
"""What matplotlib draws with instead, where a program wants no window."""


def install(clock: Clock, on_patience: Callable[[], None]) -> None:
    """Give matplotlib our windows once it is imported, with an `EventLoop`."""
    loop = EventLoop(clock, on_patience)
    when_imported("matplotlib", _choose)
    when_imported("matplotlib.backend_bases", lambda bases: _make(bases, loop))
    when_imported("matplotlib.pyplot", lambda pyplot: _replace(pyplot, "switch_backend"))


def _choose(matplotlib: Any) -> None:
    """Let windows be ours, whichever the program asks for. A program that asks for none has none."""
    matplotlib.rcParams["backend"] = CHOICE
    _replace(matplotlib, "use")


def _replace(module: Any, name: str) -> None:
    real = getattr(module, name)

    def choose(backend: Any, *words: Any, **options: Any) -> Any:
        is_file = not isinstance(backend, str) or backend.lower() in FILES or backend.startswith("module://")
        return real(backend if is_file else CHOICE, *words, **options)

    setattr(module, name, choose)


def _make(bases: Any, loop: EventLoop) -> None:
    """Make the module, of the names that matplotlib looks for in one."""
    module: Any = ModuleType(BACKEND)
    sys.modules[BACKEND] = module
    canvas, manager = _canvas(_timer(bases, loop), loop), _manager(bases, loop)
    canvas.manager_class = manager
    backend = _backend(bases, loop, canvas, manager)
    for name in (
        "FigureCanvas", "FigureManager", "new_figure_manager", "new_figure_manager_given_figure",
        "draw_if_interactive", "show",
    ):  # fmt: skip
        setattr(module, name, getattr(backend, name))


def _timer(bases: Any, loop: EventLoop) -> Any:
    class Timer(bases.TimerBase):  # type: ignore[misc]
        """Ticks while the loop runs, an interval after the tick before, until it is stopped or fails, as in tkinter."""

        name = ""

        def _timer_start(self) -> None:
            self._timer_stop()
            self.name = loop.add(self.interval / 1000, self._tick)

        def _timer_stop(self) -> None:
            loop.cancel(self.name)
            self.name = ""

        def _tick(self) -> None:
            name = self.name
            if _succeeds(self._on_timer) and self.name == name and not self.single_shot:
                self._timer_start()

    return Timer


def _canvas(timer: Any, loop: EventLoop) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    class FigureCanvas(FigureCanvasAgg):
        """A figure in a window: it is drawn when the loop comes to it."""

        awaits_draw = False

        def new_timer(self, interval: Any = None, callbacks: Any = None) -> Any:
            """As matplotlib's."""
            return timer(interval, callbacks)

        def draw_idle(self, *_: Any, **__: Any) -> None:
            """Draw once, however often it is asked for."""
            if not self.awaits_draw:
                self.awaits_draw = True
                loop.add(0.0, self._draw_now)

        def _draw_now(self) -> None:
            _succeeds(self.draw)
            self.awaits_draw = False  # What changes while it is drawn needs no other time.

        def flush_events(self) -> None:
            """Do what is due."""
            loop.update()

        def start_event_loop(self, timeout: float = 0) -> None:
            """Run the loop for so many s, or until something ends it."""
            self._looping = True
            end = loop.add(timeout, self.stop_event_loop) if timeout > 0 else ""
            loop.run(lambda: not self._looping)
            loop.cancel(end)

        def stop_event_loop(self) -> None:
            """End it."""
            self._looping = False
            loop.touch()

    return FigureCanvas


def _manager(bases: Any, loop: EventLoop) -> Any:
    class FigureManager(bases.FigureManagerBase):  # type: ignore[misc]
        """A window. It is open until the program closes it."""

        def __init__(self, canvas: Any, num: Any) -> None:
            super().__init__(canvas, num)
            self._is_open = True
            loop.windows += 1

        def show(self) -> None:
            """Draw what has changed."""
            if self.canvas.figure.stale:
                self.canvas.draw_idle()

        def destroy(self, *_: Any) -> None:
            """Close it, and say so to those who want to know."""
            if self._is_open:
                self._is_open = False
                loop.add(0.0, self._closed)  # Not within what the loop calls now.

        def _closed(self) -> None:
            loop.windows -= 1
            self.canvas.callbacks.process("close_event", bases.CloseEvent("close_event", self.canvas))
            self.canvas.stop_event_loop()

    return FigureManager


def _backend(bases: Any, loop: EventLoop, canvas: Any, manager: Any) -> Any:
    class Backend(bases._Backend):  # type: ignore[misc]
        """matplotlib's functions for these windows."""

        FigureCanvas, FigureManager = canvas, manager

        @staticmethod
        def mainloop() -> None:
            """Wait until all are closed."""
            loop.run_main(0)

        @classmethod
        def draw_if_interactive(cls) -> None:
            """After each change, where the program wants that."""
            active = bases.Gcf.get_active() if bases.is_interactive() else None
            if active is not None:
                active.canvas.draw_idle()

        @classmethod
        def new_figure_manager_given_figure(cls, num: Any, figure: Any) -> Any:
            """A window for a figure."""
            return manager(canvas(figure), num)

    return Backend


def _succeeds(function: Callable[[], Any]) -> bool:
    """Call what the loop comes to. A mistake in it is shown, and the loop goes on."""
    try:
        function()
    except Exception:
        traceback.print_exc()
        return False
    return True
