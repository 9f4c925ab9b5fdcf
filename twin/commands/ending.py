"""How a command with a run ends: which signals end it, and what it leaves behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from twin.run import Run
    from twin.saved.run_files import RunFiles


@contextmanager
def terminable() -> Iterator[None]:
    """Treat every end signal like Ctrl-C, so that an interrupted run still writes its trace and summary."""
    from controller.system import END_SIGNALS

    before = {number: signal.signal(number, signal.default_int_handler) for number in END_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(console: "Console", result: "Run", files: "RunFiles", link: str) -> None:
    """Write the run's files, then show its table. The files come first, since a script may wait for them."""
    from twin.report.console import show_run

    try:
        files.write(result, link=link, controller=result.controller)
    finally:
        show_run(console, result)
