"""The command `twin doctor`: a broker and the line behind it, checked."""

import os
from pathlib import Path
from typing import Annotated

import typer

from twin.commands.exit_codes import VIOLATED
from twin.commands.one_line_errors import one_line_errors


def doctor(
    broker: Annotated[str, typer.Option(help="HOST:PORT of the broker.")],
    listen: Annotated[
        float, typer.Option(min=0.0, max=3600.0, help="How long to listen for messages of the line, in s.")
    ] = 5.0,
    username: Annotated[
        str | None, typer.Option(help="User name at the broker. The password is in the variable TWIN_PASSWORD.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt the connection with TLS.")] = False,
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificates to trust (PEM). Without it: those of the system.")
    ] = None,
) -> None:
    """Check a broker and the line behind it, and advise what to do about each problem.

    It publishes nothing on the line's topics.
    """
    from controller.address import parse_address
    from controller.mqtt import Address
    from twin.doctor import examine
    from twin.report.console import show_findings
    from twin.report.screen import Screen, verbatim

    console = Screen()
    with one_line_errors():
        host, port = parse_address(broker)
        address = Address(
            host=host, port=port, username=username, password=os.environ.get("TWIN_PASSWORD"), tls=tls,
            ca_file=None if ca_file is None else str(ca_file),
        )  # fmt: skip
        with console.status("") as status:
            findings = list(examine(address, listen, lambda words: status.update(verbatim(words))))
        show_findings(console, findings)
    raise typer.Exit(VIOLATED if any(finding.state == "ill" for finding in findings) else 0)
