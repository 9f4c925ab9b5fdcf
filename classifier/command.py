"""What all commands have in common: `--version`, `-h` besides `--help`, and completion in the shell."""

from typing import Annotated

import typer

from classifier.distribution import distribution_version


def command_app(
    program: str, about: str, *, epilog: str | None = None, pretty_exceptions: bool = False
) -> typer.Typer:  # fmt: skip
    """Make an app without commands yet; its help shows `about` at the top and `epilog` at the end."""
    app = typer.Typer(
        no_args_is_help=True, pretty_exceptions_enable=pretty_exceptions, help=about,
        epilog=epilog, context_settings={"help_option_names": ["-h", "--help"]},
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
