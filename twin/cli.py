"""The command `twin`: run, serve, test, replay, check, doctor. The module is long because each command stands here.

Exit codes: 0 all well, 1 violations or a failed check, 2 bad usage or input, 130 interrupted, so without a verdict.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from classifier.command import command_app
from twin import suite
from twin.campaign import command as campaign_command
from twin.options import (
    ItemsToServe,
    ItemsToSort,
    LayoutFile,
    Link,
    LinkKind,
    PasswordFile,
    RecognizerName,
    SaveFolder,
    ScenarioFile,
    Seed,
    SummaryFile,
    TraceFile,
    examples,
)
from twin.refusals import one_line_errors

if TYPE_CHECKING:
    from rich.console import Console

    from classifier import Recognizer
    from twin.run import Run
    from twin.run_files import RunFiles
    from twin.scenario.scenario import Scenario

VIOLATED: Final = 1
INTERRUPTED: Final = 130
DEFAULT_ITEMS: Final = 100
FS_PORT: Final = 21883

app = command_app(
    "twin", "The digital twin of a sorting line that is controlled over MQTT.", pretty_exceptions=True,
    epilog="Exit codes: 0 all well, 1 violations or a failed check, 2 bad usage or input, 130 interrupted.",
)  # fmt: skip


@app.command(
    epilog=examples(
        "twin run --items 20 --seed 7", "twin run --items 20 --recognizer oracle --link memory",
        "twin run scenario.json --trace trace.jsonl", "twin run --layout line.toml --save kept",
    )
)  # fmt: skip
def run(
    context: typer.Context,
    scenario: ScenarioFile = None,
    items: ItemsToSort = DEFAULT_ITEMS,
    seed: Seed = 1,
    link: Link = LinkKind.LOCKSTEP,
    recognizer: RecognizerName = "resnet",
    in_flight: Annotated[
        str, typer.Option(help="Most items in flight (on the belt at the same time), or auto: as many as is safe.")
    ] = "auto",
    layout: LayoutFile = None,
    controller: Annotated[
        str | None,
        typer.Option(help="Command line of the program that controls the line; {host} and {port} in it: its broker."),
    ] = None,
    broker: Annotated[
        str | None, typer.Option(help="HOST:PORT of a broker. Without it, the twin starts a broker of its own.")
    ] = None,
    summary: SummaryFile = None,
    trace: TraceFile = None,
    save: SaveFolder = None,
) -> None:
    """Run a scenario on the whole line (plant, broker, controller and recognizer) and judge the result.

    The scenario comes from a file or from the options: a random stack of items and a line without faults.
    """
    from twin.file_kinds import read_as
    from twin.links.external_controller import ExternalController
    from twin.report.console import ProgressBar
    from twin.report.screen import Screen, verbatim
    from twin.run import simulate
    from twin.run_files import RunFiles
    from twin.scenario.overrides import OPTIONS, load_overridden, overridden_text

    console = Screen()
    with one_line_errors(), _terminable():
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
        _leave(console, result, files, link.value)
    raise typer.Exit(_exit_code(result))


@app.command(
    epilog=examples(
        "twin serve --items 20", "twin serve --port 1883 --speed 4 --save kept",
        "TWIN_PASSWORD=secret twin serve --host 0.0.0.0 --username line",
    )
)  # fmt: skip
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the broker; 21883 is that of FS. 0: any free port.")
    ] = FS_PORT,
    items: ItemsToServe = DEFAULT_ITEMS,
    seed: Seed = 1,
    layout: LayoutFile = None,
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
    from twin.links.external_controller import ExternalController
    from twin.report.console import StatusLine
    from twin.report.screen import Screen, verbatim
    from twin.run import simulate
    from twin.run_files import RunFiles

    console = Screen()
    with one_line_errors(), _terminable():
        files = RunFiles(summary=summary, trace=trace, save=save)
        chosen = _scenario(items, seed, "resnet", "auto", layout)
        passwords = _passwords(host, username, password_file, insecure=insecure)
        access = Access(passwords=passwords, cert_file=tls_cert, key_file=tls_key, strict_topics=strict_topics)
        with EmbeddedBroker(host, port, access) as broker, StatusLine(console, items) as status:
            at = address_text(broker.host, broker.port)

            def announce(_: str) -> None:  # A command sent before the plant listens would be lost.
                console.print(verbatim(f"seed {seed}, {items} items; the line listens on {at}, MQTT 3.1.1"))
                console.print(verbatim(f"connect a controller to it, for example: controller run --broker {at}"))

            result = simulate(
                chosen, controller=ExternalController(), link="realtime", broker=broker, speed=speed,
                keep_trace=False, trace_path=files.trace_path, watchers=(status.see,), on_waiting=announce,
            )  # fmt: skip
        _leave(console, result, files, LinkKind.REALTIME.value)
    raise typer.Exit(_exit_code(result))


@app.command(epilog=examples("twin replay scenario.json"))
def replay(file: Annotated[Path, typer.Argument(help="Scenario file (JSON).")]) -> None:
    """Run a scenario in memory and show it step by step. The exit code is 1 if it violates a rule."""
    from twin.file_kinds import read_as
    from twin.report.console import show_narration, show_violations
    from twin.report.screen import Screen
    from twin.run import simulate
    from twin.scenario.scenario import load_scenario

    console = Screen()
    with one_line_errors():
        with read_as("scenario", file):
            scenario = load_scenario(file)
        result = simulate(scenario, link="memory")
        show_narration(console, result.trace, result.violations)
        show_violations(console, result.violations, result.unlisted)
    raise typer.Exit(VIOLATED if result.violations else 0)


@app.command(epilog=examples("twin check trace.jsonl"))
def check(file: Annotated[Path, typer.Argument(help="Trace file (JSON Lines), written by twin run --trace.")]) -> None:
    """Judge a recorded trace again. The exit code is 1 if it violates a rule."""
    from twin.file_kinds import read_as
    from twin.report.console import show_violations
    from twin.report.screen import Screen
    from twin.trace import read_trace
    from twin.verdict.checks import ALL_CHECKS, Checks

    console = Screen()
    judged = Checks(ALL_CHECKS)
    with one_line_errors():
        with read_as("trace", file):
            for record in read_trace(file):
                judged.see(record)
        show_violations(console, judged.violations, judged.unlisted)
    raise typer.Exit(VIOLATED if judged.violations else 0)


@app.command(
    epilog=examples("twin doctor --broker 127.0.0.1:21883", "twin doctor --broker line.example:8883 --tls --listen 30")
)
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


def _was_given(context: typer.Context, name: str) -> bool:
    """Whether an option was given on the command line, even with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@contextmanager
def _terminable() -> Iterator[None]:
    """Treat every end signal like Ctrl-C, so that an interrupted run still writes its trace and summary."""
    from controller.system import END_SIGNALS

    before = {number: signal.signal(number, signal.default_int_handler) for number in END_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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


def _scenario(items: int, seed: int, recognizer: str, in_flight: str, layout_path: Path | None) -> "Scenario":
    """Build the scenario that the options describe."""
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


app.command("test", epilog=examples('twin test "python my_controller.py {host} {port}"'))(suite.run_suite)
app.command("campaign", epilog=campaign_command.EPILOG)(campaign_command.campaign)


def main() -> None:
    """The console script."""
    app()
