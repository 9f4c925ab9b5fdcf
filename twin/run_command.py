"""The commands `twin run` and `twin serve`: a line with a controller, from options to verdict."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from twin.options import (
    BrokerAddress,
    ComputeMs,
    ControllerCommand,
    InFlight,
    ItemsToServe,
    ItemsToSort,
    JunitFile,
    LayoutFile,
    Link,
    LinkKind,
    ListenPort,
    PasswordFile,
    Pictures,
    RecognizerName,
    ReportFile,
    SaveFolder,
    ScenarioFile,
    Seed,
    ServicePort,
    SummaryFile,
    TraceFile,
    TruthService,
)
from twin.refusals import one_line_errors, terminable

if TYPE_CHECKING:
    from rich.console import Console

    from classifier import Recognizer
    from twin.broker.embedded import EmbeddedBroker
    from twin.links.external_controller import ExternalController
    from twin.run import Run
    from twin.run_files import RunFiles
    from twin.scenario.scenario import Scenario

VIOLATED: Final = 1
INTERRUPTED: Final = 130
DEFAULT_ITEMS, FS_PORT = 100, 21883


def run(
    context: typer.Context,
    scenario: ScenarioFile = None,
    items: ItemsToSort = DEFAULT_ITEMS,
    seed: Seed = 1,
    link: Link = None,
    recognizer: RecognizerName = "resnet",
    in_flight: InFlight = "auto",
    layout: LayoutFile = None,
    pictures: Pictures = None,
    controller: ControllerCommand = None,
    listen: ListenPort = None,
    service_port: ServicePort = None,
    truth_service: TruthService = False,
    broker: BrokerAddress = None,
    compute_ms: ComputeMs = None,
    summary: SummaryFile = None,
    trace: TraceFile = None,
    save: SaveFolder = None,
    report: ReportFile = None,
    junit: JunitFile = None,
) -> None:
    """Run a scenario on the whole line (plant, broker, controller and recognizer) and judge the result.

    The scenario comes from a file or from the options: a random stack of items and a line without faults.
    """
    from twin.file_kinds import read_as
    from twin.report.console import ProgressBar
    from twin.report.screen import Screen, verbatim
    from twin.run import simulate
    from twin.run_files import RunFiles
    from twin.scenario.overrides import OPTIONS, load_overridden, overridden_text

    console = Screen()
    with one_line_errors(), terminable():
        link = link or _usual_link(controller, anywhere=broker is None and listen is None)
        external = _external(controller, service_port, compute_ms, truth_service=truth_service)
        at = _listening(listen, broker, link.value)
        files = RunFiles(summary=summary, trace=trace, save=save, report=report, junit=junit)
        given = {name: context.params[name] for name in OPTIONS if _was_given(context, name)}
        if truth_service:
            given["recognizer"] = recognizer = "oracle"
        if scenario is None:
            chosen = _scenario(items, seed, recognizer, in_flight, layout, pictures)
        else:
            with read_as("scenario", scenario):
                chosen = load_overridden(scenario, given)
        answers = _recognizer(recognizer)
        if scenario is not None:
            console.print(verbatim(overridden_text(scenario, given)), soft_wrap=True)
        console.print(f"seed {chosen.seed}, {chosen.item_count} items, link {link.value}", highlight=False)
        with at as at_broker, ProgressBar(console, chosen.item_count) as bar:
            result = simulate(
                chosen, controller=external, recognizer=answers, link=link.value, broker=at_broker,
                keep_trace=False, trace_path=files.trace_path, watchers=(bar.see, *files.watchers),
                on_waiting=bar.report,
            )  # fmt: skip
        _leave(console, result, files, link.value)
    raise typer.Exit(_exit_code(result))


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
    username: Annotated[
        str | None, typer.Option(help="Require this user name, with the password in the variable TWIN_PASSWORD.")
    ] = None,
    password_file: PasswordFile = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate of the broker (PEM), for TLS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key of the certificate (PEM).")] = None,
    strict_topics: Annotated[
        bool, typer.Option("--strict-topics", help="Refuse clients that publish on the plant's or the clock's topics.")
    ] = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Allow other machines without a password.")] = False,
) -> None:
    """Stand in for the plant in real time, for any controller that connects.

    The plant behaves like FS, the industrial simulator of the sorting line: same topics, messages and port.
    """
    from controller.address import address_text
    from twin.broker.access import Access
    from twin.broker.embedded import EmbeddedBroker
    from twin.links.external_controller import SERVICE_PORT, ExternalController
    from twin.report.console import StatusLine
    from twin.report.screen import Screen
    from twin.run import simulate
    from twin.run_files import RunFiles

    console = Screen()
    with one_line_errors(), terminable():
        files = RunFiles(summary=summary, trace=trace, save=save)
        chosen = _scenario(items, seed, "oracle" if truth_service else "resnet", "auto", layout, pictures)
        service_port = SERVICE_PORT if truth_service and service_port is None else service_port
        passwords = _passwords(host, username, password_file, insecure=insecure)
        access = Access(passwords=passwords, cert_file=tls_cert, key_file=tls_key, strict_topics=strict_topics)
        with EmbeddedBroker(host, port, access) as broker, StatusLine(console, items) as status:
            announce = _announcer(console, f"seed {seed}, {items} items", address_text(broker.host, broker.port))
            result = simulate(
                chosen, controller=ExternalController(service_port=service_port), link="realtime", broker=broker,
                speed=speed, keep_trace=False, trace_path=files.trace_path, watchers=(status.see, *files.watchers),
                on_waiting=announce,
            )  # fmt: skip
        _leave(console, result, files, LinkKind.REALTIME.value)
    raise typer.Exit(_exit_code(result))


def _announcer(console: "Console", what: str, at: str) -> Callable[[str], None]:
    """Says where the line listens, and its recognition service, once it does: an earlier command would be lost."""
    from twin.report.screen import verbatim

    def announce(text: str) -> None:
        if text.startswith("waiting"):
            text = f"connect a controller to it, for example: controller run --broker {at}"
            console.print(verbatim(f"{what}; the line listens on {at}, MQTT 3.1.1"))
        console.print(verbatim(text))

    return announce


def _was_given(context: typer.Context, name: str) -> bool:
    """Whether an option was given on the command line, even with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _leave(console: "Console", result: "Run", files: "RunFiles", link: str) -> None:
    """Write the run's files, then show its table. The files come first, since a script may wait for them."""
    from twin.report.console import show_run

    try:
        files.write(result, link=link, controller=result.controller)
    finally:
        show_run(console, result)


def _exit_code(result: "Run") -> int:
    """The exit code of a run. An interrupted run has no verdict."""
    if result.interrupted:
        return INTERRUPTED
    return VIOLATED if result.violations else 0


def _scenario(
    items: int, seed: int, recognizer: str, in_flight: str, layout_path: Path | None, pictures: str | None
) -> "Scenario":
    """Build the scenario that the options describe."""
    from controller.configuration import in_flight_of
    from twin.scenario.layout import Layout, load_layout
    from twin.scenario.overrides import camera_of
    from twin.scenario.scenario import Camera, ItemDraw, RecognizerModel, Scenario, settings_for

    layout: Layout = Layout() if layout_path is None else load_layout(layout_path)
    camera = Camera() if pictures is None else camera_of(pictures, Camera())
    oracle = "oracle" in (recognizer, pictures)
    return Scenario(
        seed=seed, layout=layout, items=ItemDraw(count=items), camera=camera,
        recognizer=RecognizerModel(source="oracle" if oracle else "images"),
        controller=settings_for(layout, in_flight=in_flight_of(in_flight), items=items),
    )  # fmt: skip


def _usual_link(command: str | None, *, anywhere: bool) -> LinkKind:
    """The link if none is asked for: a Python program is hosted, unless it has to meet a broker."""
    from twin.links.external_controller import starts_python

    hosted = command is not None and anywhere and starts_python(command)
    return LinkKind.HOSTED if hosted else LinkKind.LOCKSTEP


def _external(
    command: str | None, service_port: int | None, compute_ms: float | None, *, truth_service: bool
) -> "ExternalController | None":
    """The external controller that the options describe, or None. Raises `TwinError` for options without effect."""
    from twin.errors import TwinError
    from twin.links.external_controller import SERVICE_PORT, ExternalController

    for option, given in (
        ("--service-port", service_port is not None), ("--truth-service", truth_service),
        ("--compute-ms", compute_ms is not None),
    ):  # fmt: skip
        if given and command is None:
            raise TwinError(f"{option} must be given with --controller")
    if command is None:
        return None
    if truth_service and service_port is None and "{service}" not in command:
        service_port = SERVICE_PORT
    return ExternalController(command, service_port=service_port, compute_ms=compute_ms)


def _listening(
    port: int | None, broker: str | None, link: str
) -> "AbstractContextManager[EmbeddedBroker | str | None]":
    """The twin's broker on a port, or else the broker that was asked for. Raises `TwinError` for both."""
    from twin.broker.embedded import EmbeddedBroker
    from twin.errors import TwinError

    if port is None:
        return nullcontext(broker)
    if broker is not None or link not in ("lockstep", "realtime"):
        raise TwinError("--listen must be given with --link lockstep or realtime, and without --broker")
    return EmbeddedBroker("127.0.0.1", port)


def _passwords(host: str, username: str | None, path: Path | None, *, insecure: bool) -> dict[str, str]:
    """Passwords by user name. Raises `TwinError` if other machines could connect without one and without --insecure."""
    from twin.broker.access import is_loopback, read_passwords
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


def _recognizer(name: str) -> "Recognizer | None":
    """The recognition service at a URL; None for `resnet` and `oracle`, which the scenario selects."""
    if name in ("resnet", "oracle"):
        return None
    from controller.recognizers import recognizer_of

    return recognizer_of(name)
