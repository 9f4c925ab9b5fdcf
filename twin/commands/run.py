"""The command `twin run`: a line with a controller, from options to verdict."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import typer

from twin.commands.chosen_scenario import chosen_scenario
from twin.commands.ending import leave, terminable
from twin.commands.exit_codes import exit_code
from twin.commands.one_line_errors import one_line_errors
from twin.commands.options import (
    DEFAULT_ITEMS,
    BrokerAddress,
    ComputeMs,
    ControllerCommand,
    InFlight,
    ItemsToSort,
    JunitFile,
    LayoutFile,
    Link,
    LinkKind,
    ListenPort,
    NoBrowser,
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
    View,
)

if TYPE_CHECKING:
    from classifier import Recognizer
    from twin.broker.embedded import EmbeddedBroker
    from twin.links.external_controller import ExternalController
    from twin.links.tempo import Tempo


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
    view: View = False,
    no_browser: NoBrowser = False,
) -> None:
    """Run a scenario on the whole line (plant, broker, controller and recognizer) and judge the result.

    The scenario comes from a file or from the options: a random stack of items and a line without faults.
    """
    from twin.report.console import ProgressBar
    from twin.report.screen import Screen, saying, verbatim
    from twin.run import simulate
    from twin.saved.run_files import RunFiles
    from twin.view.live_page import live_page

    console = Screen()
    with one_line_errors(), terminable():
        link = link or _usual_link(controller, anywhere=broker is None and listen is None)
        external = _external(controller, service_port, compute_ms, truth_service=truth_service)
        at = _listening(listen, broker, link.value)
        files = RunFiles(summary=summary, trace=trace, save=save, report=report, junit=junit)
        recognizer = "oracle" if truth_service else recognizer
        chosen, text = chosen_scenario(context, recognizer)
        answers = _recognizer(recognizer)
        head = f"seed {chosen.seed}, {chosen.item_count} items, link {link.value}"
        console.print(verbatim("\n".join(filter(None, (text, head)))), soft_wrap=True)
        with (
            at as at_broker,
            live_page(wanted=view, browser=not no_browser, say=saying(console), tempo=_tempo(link, view=view)) as page,
            ProgressBar(console, chosen.item_count) as bar,
        ):
            result = simulate(
                chosen, controller=external, recognizer=answers, link=link.value, broker=at_broker,
                keep_trace=False, trace_path=files.trace_path, watchers=(bar.see, *files.watchers, *page.watchers),
                on_waiting=bar.report, hands=page.hands, tempo=page.tempo,
                keep_beliefs=files.want_beliefs and external is None,
                belief_watchers=page.belief_watchers if external is None else (),
                picture_watchers=(files.on_picture, *page.picture_watchers),
            )  # fmt: skip
        leave(console, result, files, link.value)
    raise typer.Exit(exit_code(result))


def _tempo(link: LinkKind, *, view: bool) -> "Tempo | None":
    """The tempo of a run that is watched, where time is the twin's to give."""
    from twin.links.tempo import Tempo

    return Tempo() if view and link is not LinkKind.REALTIME else None


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


def _recognizer(name: str) -> "Recognizer | None":
    """The recognition service at a URL; None for `resnet` and `oracle`, which the scenario selects."""
    if name in ("resnet", "oracle"):
        return None
    from controller.recognizers import recognizer_of

    return recognizer_of(name)
