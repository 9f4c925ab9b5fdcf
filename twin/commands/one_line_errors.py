"""How a command refuses what it cannot do: one line on stderr, and exit code 2."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from twin.commands.exit_codes import REFUSED


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
