"""What every command has in common: `--version`, `-h` beside `--help`, and no command without a word."""

from typing import Annotated

import typer

from classifier.distribution import distribution_version


def command_app(program: str, about: str, *, pretty_exceptions: bool = False) -> typer.Typer:
    """An app without commands yet; `about` stands above its help."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=pretty_exceptions, help=about,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip

    def show(wanted: bool) -> None:
        if wanted:
            typer.echo(f"{program} {distribution_version()}")
            raise typer.Exit

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=show, help="Show the version and end.")
        ] = False,
    ) -> None: ...

    return app
