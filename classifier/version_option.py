"""The option `--version` of every command."""

from typing import Any

import typer

from classifier.distribution import distribution_version


def version_option(program: str) -> Any:
    """What typer needs to know of it; `program` stands before the version."""

    def show(wanted: bool) -> None:
        if wanted:
            typer.echo(f"{program} {distribution_version()}")
            raise typer.Exit

    return typer.Option("--version", is_eager=True, callback=show, help="Show the version and end.")
