"""The command `controller run`. Exit 0: success; 1: the run failed; 2: bad usage or input, or an unusable broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from classifier.command import command_app

REFUSED: Final = 2

app = command_app(
    "controller", "The sorting line's controller. It learns the line's times by itself; no geometry is configured."
)


class ClockKind(StrEnum):
    """The clock that the controller follows."""

    WALL = "wall"
    GRANTED = "granted"


@app.command()
def run(
    broker: Annotated[
        str, typer.Option(help="HOST[:PORT] of the broker, an IPv6 host in brackets.", metavar="HOST[:PORT]")
    ] = "127.0.0.1:21883",
    recognizer: Annotated[
        str, typer.Option(help="resnet, the http(s) URL of a recognition service, or oracle (scenarios only).")
    ] = "resnet",
    in_flight: Annotated[
        str | None, typer.Option(help="Most items on the belt at once, or auto: as many as is safe. [default: auto]")
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="End after this many items. An item counts when it is in a bin, or was on the belt when the broker "
            "was lost. Also end when the stack is empty. [default: go on]",
        ),
    ] = None,
    clock: Annotated[
        ClockKind, typer.Option(help="The wall clock, or the clock that a twin grants (lockstep).")
    ] = ClockKind.WALL,
    config: Annotated[Path | None, typer.Option(help="Settings, a TOML file; options override it.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Client id at the broker. [default: FS_Ctl]")] = None,
    keep_alive: Annotated[int | None, typer.Option(help="Keep-alive in s, 1 to 65535. [default: 50]")] = None,
    username: Annotated[str | None, typer.Option(help="User name at the broker.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="File with the password in its first line. [default: the variable CONTROLLER_PASSWORD]"),
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt the connection.")] = False,
    ca_file: Annotated[Path | None, typer.Option(help="Certificates to trust (PEM). [default: the system's]")] = None,
    cert: Annotated[Path | None, typer.Option(help="The controller's own certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Send the password without TLS even to another machine.")
    ] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log lines as JSON objects.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log each message, too.")] = False,
) -> None:
    """Control a line until stopped (Ctrl-C: the belt clears, then the rods retract and the belt stops)."""
    with _one_line_errors():
        # Imported here, so that --help starts fast.
        from controller import configuration, journal, program

        journal.open_log(as_json=log_json, messages=verbose)
        found = configuration.read(config)
        settings = configuration.settings_of(found, in_flight=configuration.in_flight_of(in_flight), items=items)
        address = configuration.address_of(
            found, broker, insecure=insecure, client_id=client_id, keep_alive_s=keep_alive, username=username,
            password=configuration.password_of(password_file) if username or "username" in found else None,
            tls=tls or None, ca_file=_text(ca_file), cert_file=_text(cert), key_file=_text(key),
        )  # fmt: skip
        plan = program.Plan(
            settings=settings, address=address, recognizer=recognizer, granted=clock is ClockKind.GRANTED
        )
        code = program.run(plan, lambda text: typer.echo(f"controller: {text}", err=True))
    raise typer.Exit(code)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """An error of the controller or the classifier ends the command with one line and exit code 2."""
    from classifier import ClassifierError
    from controller.errors import ControllerError

    try:
        yield
    except (ControllerError, ClassifierError) as error:
        typer.echo(f"controller: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(REFUSED) from None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def main() -> None:
    """The console script."""
    app()
