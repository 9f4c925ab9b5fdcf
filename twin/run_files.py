"""What a run leaves where it was asked to: a summary, a trace, or a folder with these, the scenario, and what ran."""

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec

from twin import trace
from twin.errors import FileError
from twin.files import check_writable, write_json
from twin.run import Run
from twin.scenario.scenario import SCENARIO_FORMAT

RUN_FORMAT: Final = 1
_DISTRIBUTION: Final = "sorting-line-twin"


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What ran: the formats of the files beside this one, versions, link, command line, and what counts as sure.

    `command` is that of the twin, `controller` that of an external controller (None: ours), `threshold` the confidence
    from which an answer is a sure one.
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
    threshold: float


class RunFiles:
    """The files of one run: `summary` and `trace` by path, and `save`, a folder for all of it.

    Looked at before the run begins. Raises `FileError` for what could not be written later.
    """

    def __init__(self, *, summary: Path | None, trace: Path | None, save: Path | None) -> None:
        if trace is not None and save is not None:
            raise FileError("--trace must be left out beside --save, which keeps the trace, too")
        check_writable("--summary", summary)
        check_writable("--trace", trace)
        if save is not None:
            _make_folder(save)
        self.trace_path = trace if save is None else save / "trace.jsonl"
        self._summary = summary
        self._folder = save

    def write(self, run: Run, *, link: str, controller: str | None = None) -> None:
        """The run is over: write what is still to be written. Raises `FileError`."""
        if self._summary is not None:
            write_json(self._summary, run.summary)
        if self._folder is None:
            return
        info = RunInfo(
            twin=_version(), python=platform.python_version(), platform=sys.platform, link=link, command=sys.argv,
            controller=controller, threshold=run.scenario.controller.confidence_threshold,
        )  # fmt: skip
        for name, content in (("scenario", run.scenario), ("summary", run.summary), ("run", info)):
            write_json(self._folder / f"{name}.json", content)
        if run.output:
            (self._folder / "output.txt").write_text(run.output, encoding="utf-8")


def _make_folder(path: Path) -> None:
    """Raises `FileError` for a folder that holds something."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        empty = next(path.iterdir(), None) is None
    except OSError as error:
        raise FileError(f"--save must be a folder that can be written, got {str(path)!r}: {error.strerror}") from None
    if not empty:
        raise FileError(f"--save must be a new folder, or an empty one, got {str(path)!r}, which holds something")


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:  # A checkout that was never installed.
        return "unknown"
