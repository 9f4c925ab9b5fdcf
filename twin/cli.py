"""The command `twin`: run, serve, replay, check, doctor.

Exit 0: all well; 1: violations; 2: bad usage or input; 130: interrupted, and so without a verdict.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from classifier import Recognizer
    from twin.run import Run
    from twin.run_files import RunFiles
    from twin.scenario.scenario import Scenario

VIOLATED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130
DEFAULT_ITEMS: Final = 100
FS_PORT: Final = 21883

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The sorting line's digital twin.")


class LinkKind(StrEnum):
    """Which clock a scenario runs under."""

    HOSTED = "hosted"
    LOCKSTEP = "lockstep"
    MEMORY = "memory"
    REALTIME = "realtime"


Items = Annotated[int, typer.Option(min=0, max=10_000_000, help="How many items the stack has.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides items, pictures and jitter.")]
SummaryFile = Annotated[Path | None, typer.Option("--summary", help="Write the summary to this file, as JSON.")]
TraceFile = Annotated[Path | None, typer.Option("--trace", help="Write the trace to this file, as JSON Lines.")]
SaveFolder = Annotated[
    Path | None, typer.Option("--save", help="Keep the run in this new folder: scenario, trace, summary.")
]
LayoutFile = Annotated[Path | None, typer.Option("--layout", help="The line's layout, a TOML file.")]
ScenarioFile = Annotated[Path | None, typer.Argument(help="A scenario file; options beside it go over it.")]


@app.command()
def run(
    context: typer.Context,
    scenario: ScenarioFile = None,
    items: Items = DEFAULT_ITEMS,
    seed: Seed = 1,
    link: Annotated[LinkKind, typer.Option(help="In memory, hosted, over a broker in lockstep, or in real time.")] = (
        LinkKind.LOCKSTEP
    ),
    recognizer: Annotated[str, typer.Option(help="resnet, oracle, or the URL of a recognition service.")] = "resnet",
    in_flight: Annotated[str, typer.Option(help="Most items on the belt at once, or auto.")] = "auto",
    layout: LayoutFile = None,
    controller: Annotated[
        str | None,
        typer.Option(help="Command line of a program that controls the line; {host} and {port}: its broker."),
    ] = None,
    broker: Annotated[str | None, typer.Option(help="HOST:PORT of a broker; without it, one is embedded.")] = None,
    summary: SummaryFile = None,
    trace: TraceFile = None,
    save: SaveFolder = None,
) -> None:
    """Run the whole line: plant, broker, controller and recognizer, and judge what happened."""
    from twin.files import read_as
    from twin.links.external_controller import ExternalController
    from twin.report.console import ProgressBar
    from twin.report.screen import Screen, verbatim
    from twin.run import simulate
    from twin.run_files import RunFiles
    from twin.scenario.overrides import OPTIONS, load_overridden, overridden_text

    console = Screen()
    with _one_line_errors(), _terminable():
        files = RunFiles(summary=summary, trace=trace, save=save)
        given = {name: context.params[name] for name in OPTIONS if _was_given(context, name)}
        if scenario is None:
            chosen = _scenario(items, seed, recognizer, in_flight, layout)
        else:
            with read_as("scenario", scenario):
                chosen = load_overridden(scenario, given)
        answers = _recognizer(recognizer)
        if scenario is not None:
            console.print(verbatim(overridden_text(scenario, given)), soft_wrap=True)
        console.print(f"seed {chosen.seed}, {chosen.item_count} items, link {link.value}", highlight=False)
        with ProgressBar(console, chosen.item_count) as bar:
            result = simulate(
                chosen, controller=None if controller is None else ExternalController(controller),
                recognizer=answers, link=link.value, broker=broker,
                keep_trace=False, trace_path=files.trace_path, watchers=(bar.see,), on_waiting=bar.report,
            )  # fmt: skip
        _leave(console, result, files, link.value, controller)
    raise typer.Exit(_exit_code(result))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the embedded broker; 0: any.")] = FS_PORT,
    items: Items = DEFAULT_ITEMS,
    seed: Seed = 1,
    layout: LayoutFile = None,
    speed: Annotated[float, typer.Option(min=0.01, max=1000.0, help="How fast time goes.")] = 1.0,
    summary: SummaryFile = None,
    trace: TraceFile = None,
    save: SaveFolder = None,
    username: Annotated[
        str | None, typer.Option(help="Let in only who has this name and the password in TWIN_PASSWORD.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="Let in only who is in this file: NAME:PASSWORD, or as mosquitto_passwd writes.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="The broker's certificate (PEM): connections are TLS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    strict_topics: Annotated[
        bool, typer.Option("--strict-topics", help="No client may publish as the plant or as the clock.")
    ] = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let in everybody, even from other machines.")] = False,
) -> None:
    """Stand in for the plant, in real time, for whatever controller connects."""
    from controller.address import address_text
    from twin.broker.access import Access
    from twin.broker.embedded import EmbeddedBroker
    from twin.links.external_controller import ExternalController
    from twin.report.console import StatusLine
    from twin.report.screen import Screen, verbatim
    from twin.run import simulate
    from twin.run_files import RunFiles

    console = Screen()
    with _one_line_errors(), _terminable():
        files = RunFiles(summary=summary, trace=trace, save=save)
        chosen = _scenario(items, seed, "resnet", "auto", layout)
        passwords = _passwords(host, username, password_file, insecure=insecure)
        access = Access(passwords=passwords, cert_file=tls_cert, key_file=tls_key, strict_topics=strict_topics)
        with EmbeddedBroker(host, port, access) as broker, StatusLine(console, items) as status:
            at = address_text(broker.host, broker.port)

            def announce(_: str) -> None:  # Only now: what a controller says before the plant hears is lost.
                console.print(verbatim(f"seed {seed}, {items} items; the line listens on {at}, MQTT 3.1.1"))
                console.print(verbatim(f"point a controller at it, for example: controller run --broker {at}"))

            result = simulate(
                chosen, controller=ExternalController(), link="realtime", broker=broker, speed=speed,
                keep_trace=False, trace_path=files.trace_path, watchers=(status.see,), on_waiting=announce,
            )  # fmt: skip
        _leave(console, result, files, LinkKind.REALTIME.value)
    raise typer.Exit(_exit_code(result))


@app.command()
def replay(file: Annotated[Path, typer.Argument(help="A scenario file.")]) -> None:
    """Run a scenario in memory and tell it step by step; exit 1 while it still fails."""
    from twin.files import read_as
    from twin.report.console import show_narration, show_violations
    from twin.report.screen import Screen
    from twin.run import simulate
    from twin.scenario.scenario import load_scenario

    console = Screen()
    with _one_line_errors():
        with read_as("scenario", file):
            scenario = load_scenario(file)
        result = simulate(scenario, link="memory")
        show_narration(console, result.trace, result.violations)
        show_violations(console, result.violations, result.unlisted)
    raise typer.Exit(VIOLATED if result.violations else 0)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A trace file, as `twin run --trace` writes it.")]) -> None:
    """Judge a recorded trace again; exit 1 if it violates a rule."""
    from twin.files import read_as
    from twin.report.console import show_violations
    from twin.report.screen import Screen
    from twin.trace import read_trace
    from twin.verdict.checks import ALL_CHECKS, Checks

    console = Screen()
    judged = Checks(ALL_CHECKS)
    with _one_line_errors():
        with read_as("trace", file):
            for record in read_trace(file):
                judged.see(record)
        show_violations(console, judged.violations, judged.unlisted)
    raise typer.Exit(VIOLATED if judged.violations else 0)


@app.command()
def doctor(
    broker: Annotated[str, typer.Option(help="HOST:PORT of the broker.")],
    listen: Annotated[float, typer.Option(min=0.0, max=3600.0, help="For how long to listen to the line, in s.")] = 5.0,
    username: Annotated[str | None, typer.Option(help="User name; the password is in TWIN_PASSWORD.")] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt the connection.")] = False,
    ca_file: Annotated[Path | None, typer.Option(help="Certificates to trust (PEM).")] = None,
) -> None:
    """Look at a broker and the line behind it: what is there, what is missing, and what to do about it."""
    from controller.address import parse_address
    from controller.mqtt import Address
    from twin.doctor import examine
    from twin.report.console import show_findings
    from twin.report.screen import Screen, verbatim

    console = Screen()
    with _one_line_errors():
        host, port = parse_address(broker)
        address = Address(
            host=host, port=port, username=username, password=os.environ.get("TWIN_PASSWORD"), tls=tls,
            ca_file=None if ca_file is None else str(ca_file),
        )  # fmt: skip
        with console.status("") as status:
            findings = list(examine(address, listen, lambda words: status.update(verbatim(words))))
        show_findings(console, findings)
    raise typer.Exit(VIOLATED if any(finding.state == "ill" for finding in findings) else 0)


def _was_given(context: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line, and does not only have its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Whatever comes from outside ends the command with one line and exit code 2."""
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
def _terminable() -> Iterator[None]:
    """Who asks it to end does as Ctrl-C does: the run ends with its trace and its summary."""
    from controller.system import END_SIGNALS

    before = {number: signal.signal(number, signal.default_int_handler) for number in END_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(
    console: "Console", result: "Run", files: "RunFiles", link: str, controller: str | None = None
) -> None:  # fmt: skip
    """What a run leaves: its files first, as a program waits for them, then the table for a person."""
    from twin.report.console import show_run

    try:
        files.write(result, link=link, controller=controller)
    finally:
        show_run(console, result)


def _exit_code(result: "Run") -> int:
    """An interrupted run has no verdict."""
    if result.interrupted:
        return INTERRUPTED
    return VIOLATED if result.violations else 0


def _scenario(items: int, seed: int, recognizer: str, in_flight: str, layout_path: Path | None) -> "Scenario":
    """The scenario that the options describe."""
    from controller.configuration import in_flight_of
    from twin.scenario.layout import Layout, load_layout
    from twin.scenario.scenario import ItemDraw, RecognizerModel, Scenario, settings_for

    layout: Layout = Layout() if layout_path is None else load_layout(layout_path)
    return Scenario(
        seed=seed, layout=layout, items=ItemDraw(count=items),
        recognizer=RecognizerModel(source="oracle" if recognizer == "oracle" else "images"),
        controller=settings_for(layout, in_flight=in_flight_of(in_flight), items=items),
    )  # fmt: skip


def _passwords(host: str, username: str | None, path: Path | None, *, insecure: bool) -> dict[str, str]:
    """Who is let in. Other machines reach the broker only if it asks for a password, or is said to be insecure."""
    from twin.broker.access import is_loopback, read_passwords
    from twin.errors import TwinError

    passwords = {} if path is None else read_passwords(path)
    if username is not None:
        password = os.environ.get("TWIN_PASSWORD")
        if not password:
            raise TwinError(f"--username = {username!r}: allowed is with the password in TWIN_PASSWORD")
        passwords[username] = password
    if not passwords and not insecure and not is_loopback(host):
        raise TwinError(
            f"--host = {host!r}: allowed is a loopback address, or with --username, --password-file, or --insecure"
        )
    return passwords


def _recognizer(name: str) -> "Recognizer | None":
    """The recognizer that an option names; None for the scenario's own."""
    if name in ("resnet", "oracle"):
        return None
    from controller.recognizers import recognizer_of

    return recognizer_of(name)


def main() -> None:
    """The console script."""
    app()
