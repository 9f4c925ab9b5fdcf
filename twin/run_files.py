"""The files that a run writes on request: summary, trace, or a folder with both, the scenario and version details."""

import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from classifier.distribution import distribution_version
from twin import trace
from twin.errors import FileError
from twin.files import check_writable, write_json
from twin.scenario.scenario import SCENARIO_FORMAT, Scenario
from twin.verdict.summary import Lateness, Summary

RUN_FORMAT: Final = 1


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `run.json`: formats of the files beside it, versions, link and command lines.

    `command` is the twin's command line, `controller` that of an external controller (None: our controller).
    `threshold` is the confidence from which an answer counts as sure, `lateness_ms` how late events were in real time.
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
    lateness_ms: Lateness


class Savable(Protocol):
    """What is written of a run, besides its trace."""

    @property
    def scenario(self) -> Scenario:
        """What it was."""

    @property
    def summary(self) -> Summary:
        """What came of it."""

    @property
    def lateness_ms(self) -> Lateness:
        """How late events were under the wall clock."""

    @property
    def output(self) -> str:
        """What an external program wrote."""


class RunFiles:
    """The files of one run: `summary` and `trace` are single files, `save` is a folder for all of them.

    All paths are checked before the run begins. Raises `FileError` for a path that cannot be written; `save_name` is
    what it calls the folder.
    """

    def __init__(
        self, *, summary: Path | None, trace: Path | None, save: Path | None, save_name: str = "--save"
    ) -> None:
        if trace is not None and save is not None:
            raise FileError("--trace must be left out together with --save, which saves the trace as well")
        check_writable("--summary", summary)
        check_writable("--trace", trace)
        if save is not None:
            _make_folder(save, save_name)
        self.trace_path = trace if save is None else save / "trace.jsonl"
        self._summary = summary
        self._folder = save

    def write(self, run: Savable, *, link: str, controller: str | None = None) -> None:
        """Write the summary and the folder of a finished run; the trace is already written. Raises `FileError`."""
        if self._summary is not None:
            write_json(self._summary, run.summary)
        if self._folder is None:
            return
        info = RunInfo(
            twin=distribution_version(), python=platform.python_version(), platform=sys.platform,
            link=link, command=sys.argv, controller=controller, threshold=run.scenario.controller.confidence_threshold,
            lateness_ms=run.lateness_ms,
        )  # fmt: skip
        for name, content in (("scenario", run.scenario), ("summary", run.summary), ("run", info)):
            write_json(self._folder / f"{name}.json", content)
        if run.output:
            (self._folder / "output.txt").write_text(run.output, encoding="utf-8")


def _make_folder(path: Path, name: str) -> None:
    """Create the folder. Raises `FileError` if it cannot be created, or is not empty."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        empty = next(path.iterdir(), None) is None
    except OSError as error:
        raise FileError(f"{name} must be a folder that can be written, got {str(path)!r}: {error.strerror}") from None
    if not empty:
        raise FileError(f"{name} must be a new or empty folder, got {str(path)!r}, which is not empty")
