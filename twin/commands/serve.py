"""The command `twin serve`: the stand-in for the plant."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from twin.commands.chosen_scenario import scenario_of
from twin.commands.ending import leave, terminable
from twin.commands.exit_codes import exit_code
from twin.commands.one_line_errors import one_line_errors
from twin.commands.options import (
    DEFAULT_ITEMS,
    ItemsToServe,
    LayoutFile,
    LinkKind,
    NoBrowser,
    PasswordFile,
    Pictures,
    SaveFolder,
    Seed,
    ServicePort,
    StrictTopics,
    SummaryFile,
    TraceFile,
    TruthService,
    UserName,
    View,
)

if TYPE_CHECKING:
    from rich.console import Console

FS_PORT: Final = 21883


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the broker; 21883 is that of FS. 0: any free port.")
    ] = FS_PORT,
    items: ItemsToServe = DEFAULT_ITEMS,
    seed: Seed = 1,
    layout: LayoutFile = None,
    pictures: Pictures = None,
    truth_service: TruthService = False,
    service_port: ServicePort = None,
    speed: Annotated[float, typer.Option(min=0.01, max=1000.0, help="Speed of the line over real time.")] = 1.0,
    summary: SummaryFile = None,
    trace: TraceFile = None,
    save: SaveFolder = None,
    username: UserName = None,
    password_file: PasswordFile = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate of the broker (PEM), for TLS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key of the certificate (PEM).")] = None,
    strict_topics: StrictTopics = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Allow other machines without a password.")] = False,
    view: View = False,
    no_browser: NoBrowser = False,
) -> None:
    """Stand in for the plant in real time, for any controller that connects.

    The plant behaves like FS, the industrial simulator of the sorting line: same topics, messages and port.
    """
    from controller.address import address_text
    from twin.broker.access import Access
    from twin.broker.embedded import EmbeddedBroker
    from twin.links.external_controller import SERVICE_PORT, ExternalController
    from twin.report.console import StatusLine
    from twin.report.screen import Screen, saying
    from twin.run import simulate
    from twin.saved.run_files import RunFiles
    from twin.view.live_page import live_page

    console = Screen()
    with one_line_errors(), terminable():
        files = RunFiles(summary=summary, trace=trace, save=save)
        recognizer = "oracle" if truth_service else "resnet"
        chosen = scenario_of(items, seed, recognizer, "auto", layout, pictures or "rendered")
        service_port = SERVICE_PORT if truth_service and service_port is None else service_port
        passwords = _passwords(host, username, password_file, insecure=insecure)
        access = Access(passwords=passwords, cert_file=tls_cert, key_file=tls_key, strict_topics=strict_topics)
        with (
            EmbeddedBroker(host, port, access) as broker,
            live_page(wanted=view, browser=not no_browser, speed=speed, say=saying(console)) as page,
            StatusLine(console, items) as status,
        ):
            announce = _announcer(console, f"seed {seed}, {items} items", address_text(broker.host, broker.port))
            result = simulate(
                chosen, controller=ExternalController(service_port=service_port), link="realtime", broker=broker,
                speed=speed, keep_trace=False, trace_path=files.trace_path,
                watchers=(status.see, *files.watchers, *page.watchers), on_waiting=announce, hands=page.hands,
                picture_watchers=(files.on_picture, *page.picture_watchers),
            )  # fmt: skip
        leave(console, result, files, LinkKind.REALTIME.value)
    raise typer.Exit(exit_code(result))


def _announcer(console: "Console", what: str, at: str) -> Callable[[str], None]:
    """Says where the line listens, and its recognition service, once it does: an earlier command would be lost."""
    from twin.report.screen import verbatim

    def announce(text: str) -> None:
        if text.startswith("waiting"):
            text = f"connect a controller to it, for example: controller run --broker {at}"
            console.print(verbatim(f"{what}; the line listens on {at}, MQTT 3.1.1"))
        console.print(verbatim(text))

    return announce


def _passwords(host: str, username: str | None, path: Path | None, *, insecure: bool) -> dict[str, str]:
    """Passwords by user name. Raises `TwinError` if other machines could connect without one and without --insecure."""
    from controller.address import is_loopback
    from twin.broker.access import read_passwords
    from twin.errors import TwinError

    passwords = {} if path is None else read_passwords(path)
    if username is not None:
        password = os.environ.get("TWIN_PASSWORD")
        if not password:
            raise TwinError(f"--username must be given with its password in TWIN_PASSWORD, got {username!r} alone")
        passwords[username] = password
    if not passwords and not insecure and not is_loopback(host):
        raise TwinError(
            f"--host must be a loopback address without --username, --password-file or --insecure, got {host!r}"
        )
    return passwords
