"""The files that a run writes on request: summary, trace, or a folder with both, the scenario and version details."""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from classifier.distribution import distribution_version
from twin import trace
from twin.errors import FileError
from twin.scenario.scenario import SCENARIO_FORMAT, Scenario
from twin.verdict.summary import Summary

RUN_FORMAT: Final = 1


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `run.json`: formats of the files beside it, versions, link and command lines.

    `command` is the twin's command line, `controller` that of an external controller (None: our controller).
    `threshold` is the confidence from which an answer counts as sure.
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


class Savable(Protocol):
    """What is written of a run, besides its trace."""

    @property
    def scenario(self) -> Scenario:
        """What it was."""

    @property
    def summary(self) -> Summary:
        """What came of it."""

    @property
    def output(self) -> str:
        """What a hosted program wrote."""


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
        _check_writable("--summary", summary)
        _check_writable("--trace", trace)
        if save is not None:
            _make_folder(save, save_name)
        self.trace_path = trace if save is None else save / "trace.jsonl"
        self._summary = summary
        self._folder = save

    def write(self, run: Savable, *, link: str, controller: str | None = None) -> None:
        """Write the summary and the folder of a finished run; the trace is already written. Raises `FileError`."""
        if self._summary is not None:
            _write_json(self._summary, run.summary)
        if self._folder is None:
            return
        info = RunInfo(
            twin=distribution_version(), python=platform.python_version(), platform=sys.platform,
            link=link, command=sys.argv, controller=controller, threshold=run.scenario.controller.confidence_threshold,
        )  # fmt: skip
        for name, content in (("scenario", run.scenario), ("summary", run.summary), ("run", info)):
            _write_json(self._folder / f"{name}.json", content)
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


def _check_writable(option: str, path: Path | None) -> None:
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
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None
