"""How a command ends early: one line on stderr and exit code 2 for what it cannot do, or by a signal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

REFUSED: Final = 2


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn errors caused by input or environment into one line on stderr and exit code 2."""
    from classifier import ClassifierError
    from controller.errors import ControllerError
    from twin.errors import ArgumentError, TwinError

    try:
        yield
    except (TwinError, ControllerError, ClassifierError) as error:
        option = "--" if isinstance(error, ArgumentError) else ""
        typer.echo(f"twin: {option}{' '.join(str(error).split())}", err=True)
        raise typer.Exit(REFUSED) from None


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
