"""The files that a run writes on request: summary, trace, or a folder with both, the scenario and version details."""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from classifier.distribution import distribution_version
from controller.core.controller import Controller
from controller.errors import printable
from controller.recognizers import Service
from twin import trace
from twin.beliefs import BELIEFS_FILE, write_beliefs
from twin.broker.embedded import EmbeddedBroker
from twin.errors import FileError
from twin.links.base import ControllerOf
from twin.links.external_controller import ExternalController
from twin.links.program_origin import interpreter_of, program_digest
from twin.pictures import MOST_PICTURES, PICTURES, write_pictures
from twin.report.drawing import Sketch
from twin.report.finished_run import FinishedRun
from twin.report.html import write_report
from twin.report.junit import write_junit
from twin.report.reported import Origin, report_of, reported_run, verdict_of
from twin.saved.output_file import OUTPUT_FILE, write_output
from twin.scenario.scenario import SCENARIO_FORMAT
from twin.trace import Watcher
from twin.verdict.summary import Lateness

RUN_FORMAT: Final = 1
RUN_FILE: Final = "run.json"
SUMMARY_FILE: Final = "summary.json"
TRACE_FILE: Final = "trace.jsonl"


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `run.json`: formats of the files beside it, versions, link and command lines.

    `command` is the twin's command line, `controller` that of an external controller (None: our controller), `core`
    the name of a core in Python that is not ours. `options` are further ones of `twin run`, with which the command is
    run so again. `interpreter` is the path of what the controller's command starts, `program` a digest of the files
    that it names. `threshold` is the confidence from which an answer counts as sure, `lateness_ms` how late events were
    in real time. `interrupted`: whether the run, or its repeat without faults, was interrupted, so that there is no
    verdict.
    """

    format: int = RUN_FORMAT
    scenario_format: int = SCENARIO_FORMAT
    trace_format: int = trace.FORMAT
    twin: str
    python: str
    platform: str
    link: str
    command: Sequence[str]
    controller: str | None = None
    core: str | None = None
    interpreter: str | None = None
    program: str | None = None
    options: Sequence[str] = ()
    threshold: float
    lateness_ms: Lateness
    interrupted: bool = False


def options_of(
    external: ExternalController | None, broker: str | EmbeddedBroker | None, recognizer: object = None
) -> tuple[str, ...]:
    """The options of `twin run` that a program needs to find broker and service again, and to compute as long.

    Our controller needs the recognition service that was given to it, if there was one.
    """
    if external is None or external.command is None:
        return ("--recognizer", recognizer.url) if isinstance(recognizer, Service) else ()
    options = [] if not isinstance(broker, str) else ["--broker", broker]
    if isinstance(broker, EmbeddedBroker) and "{port}" not in external.command:
        options += ["--listen", str(broker.port)]
    if external.service_port is not None:
        options += ["--service-port", str(external.service_port)]
    if external.compute_ms is not None:
        options += ["--compute-ms", f"{external.compute_ms:g}"]
    return tuple(options)


def core_name(controller: ControllerOf | ExternalController | None) -> str | None:
    """The name of a core that is not ours."""
    if controller is None or controller is Controller or isinstance(controller, ExternalController):
        return None
    return getattr(controller, "__name__", type(controller).__name__)


class RunFiles:
    """The files of one run: `save` is a folder for all of them but `junit`, the others are single files.

    All paths are checked before the run begins. Raises `FileError` for a path that cannot be written; `save_name` is
    what it calls the folder. `watchers` have to see the run's records. `want_beliefs`: whether what our controller
    believed is written or drawn.
    """

    def __init__(
        self, *, summary: Path | None, trace: Path | None, save: Path | None, report: Path | None = None,
        junit: Path | None = None, save_name: str = "--save",
    ) -> None:  # fmt: skip
        if trace is not None and save is not None:
            raise FileError("--trace must be left out together with --save, which saves the trace as well")
        check_writable("--summary", summary)
        check_writable("--trace", trace)
        check_writable("--report", report)
        check_writable("--junit", junit)
        if save is not None:
            _make_folder(save, save_name)
        self.trace_path = trace if save is None else save / TRACE_FILE
        self._summary = summary
        self._folder = save
        self._report = report
        self._junit = junit
        self._sketch = None if save is None and report is None else Sketch()
        self._images: dict[str, bytes] = {}
        self.want_beliefs = self._sketch is not None
        self.watchers: tuple[Watcher, ...] = () if self._sketch is None else (self._sketch.see,)

    def on_picture(self, digest: str, image: bytes) -> None:
        """Keep a picture for the folder and the drawing, of the first `MOST_PICTURES`."""
        if self._sketch is not None and len(self._images) < MOST_PICTURES:
            self._images[digest] = image

    def write(self, run: FinishedRun, *, link: str, controller: str | None = None) -> None:
        """Write what was asked for of a finished run; the trace is already written. Raises `FileError`."""
        command = None if controller is None else printable(controller)
        if self._summary is not None:
            _write_json(self._summary, run.summary)
        if self._sketch is not None:
            self._sketch.beliefs = run.beliefs or ()
            self._sketch.images = {} if run.scenario.has_blank_pictures else self._images
        if self._junit is not None:
            write_junit(self._junit, run, link)
        origin = Origin(link=link, controller=command, core=run.core, options=run.again)
        if self._report is not None:
            self._draw(self._report, run, origin)
        if self._folder is None:
            return
        info = RunInfo(
            twin=distribution_version(), python=platform.python_version(), platform=sys.platform,
            link=link, command=[printable(word) for word in sys.argv], controller=command, core=run.core,
            options=run.again,
            interpreter=None if controller is None else interpreter_of(controller),
            program=None if controller is None else program_digest(controller),
            threshold=run.scenario.controller.sure_at, lateness_ms=run.lateness_ms, interrupted=run.interrupted,
        )  # fmt: skip
        for name, content in (("scenario", run.scenario), ("summary", run.summary), ("run", info)):
            _write_json(self._folder / f"{name}.json", content)
        if run.beliefs is not None:
            write_beliefs(self._folder / BELIEFS_FILE, run.beliefs)
        if run.output_lines:
            write_output(self._folder / OUTPUT_FILE, run.output_lines)
        if self._sketch is not None and self._sketch.images:
            write_pictures(self._folder / PICTURES, self._sketch.images)
        self._draw(self._folder / "report.html", run, origin.in_folder(self._folder))

    def _draw(self, path: Path, run: FinishedRun, origin: Origin) -> None:
        assert self._sketch is not None, "a run that is drawn has been watched"
        write_report(path, report_of([(reported_run(self._sketch, verdict_of(run), origin), self._sketch.records)]))


def _make_folder(path: Path, name: str) -> None:
    """Create the folder. Raises `FileError` if it cannot be created, or is not empty."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        empty = next(path.iterdir(), None) is None
    except OSError as error:
        raise FileError(f"{name} must be a folder that can be written, got {str(path)!r}: {error.strerror}") from None
    if not empty:
        raise FileError(f"{name} must be a new or empty folder, got {str(path)!r}, which is not empty")


def check_writable(option: str, path: Path | None) -> None:
    """Raise `FileError`, naming the option, if a file cannot be written. An existing file is not changed."""
    if path is None:
        return
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            return  # A pipe or a device: opening it would disturb the program at its other end.
        new = not os.path.lexists(path)
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        why = error.strerror or error
        raise FileError(f"{option} must be a file that can be written, got {str(path)!r} ({why})") from None


def _write_json(path: Path, content: msgspec.Struct) -> None:
    """Write an object as indented JSON. Raises `FileError`."""
    _write(path, msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None
