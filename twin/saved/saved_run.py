"""A run read from its saved folder, or from its trace alone, as a report needs it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from controller.errors import printable
from twin import trace
from twin.beliefs import BELIEFS_FILE, Belief, read_beliefs
from twin.errors import FileError
from twin.links.output_log import OutputLine
from twin.pictures import PICTURES, read_pictures
from twin.report.drawing import Sketch
from twin.report.html import ReportedRun
from twin.report.reported import Origin, Verdict, reported_run
from twin.saved.file_kinds import read_as
from twin.saved.output_file import OUTPUT_FILE, read_output
from twin.saved.run_files import RUN_FILE, RUN_FORMAT, SUMMARY_FILE, TRACE_FILE, RunInfo
from twin.trace import read_trace
from twin.verdict.checks import ALL_CHECKS, Checks, Violation

T = TypeVar("T")


class SavedRun(NamedTuple):
    """A run as it was saved. `caution` says what is wrong with its trace, or with the files of what was found.

    `output_lines` are the lines that an external program wrote. `beliefs_caution` says what is wrong with the file of
    the controller's beliefs, `pictures_caution` with its pictures; what could be read of them is drawn.
    """

    sketch: Sketch
    verdict: Verdict
    origin: Origin
    caution: str | None
    output_lines: Sequence[OutputLine] = ()
    beliefs_caution: str | None = None
    pictures_caution: str | None = None

    @property
    def cautions(self) -> list[str]:
        """All that is wrong with its files."""
        found = (self.caution, self.beliefs_caution, self.pictures_caution)
        return [words for words in found if words is not None]

    @property
    def reported(self) -> ReportedRun:
        """The run for a report."""
        return reported_run(self.sketch, self.verdict, self.origin, caution=self.caution, cautions=self.cautions)


class _Ending(msgspec.Struct):
    """What a run's details say about its end. The end of the repeat without faults is in no trace."""

    interrupted: bool = False


class _Found(msgspec.Struct):
    """What a summary file says about violations."""

    violations: Sequence[Violation]


def load_run(path: Path) -> SavedRun:
    """Read a saved run's folder, or a trace file.

    A trace that ends too soon, or has a bad line, is read up to there. Raises `FileError` if there is nothing to read.
    """
    folder = path if path.is_dir() else None
    records = path if folder is None else folder / TRACE_FILE
    sketch, judged, ended = Sketch(), Checks(ALL_CHECKS), None
    caution = None
    try:
        with read_as("trace", records):
            for ended in read_trace(records):
                sketch.see(ended)
                judged.see(ended)
    except FileError as error:
        if not sketch.began:
            raise
        caution = str(error)
    violations, excused = judged.violations, judged.excused
    try:
        found = None if folder is None else _read(folder / SUMMARY_FILE, _Found)
        interrupted, origin = _interrupted(ended, folder), _origin(path)
    except FileError as error:
        found, interrupted, origin = None, False, Origin().of_folder(folder or path)
        caution = caution or str(error)
    if found is not None:  # It also knows what happens without the faults.
        violations = list(found.violations)
        excused = [each for each in excused if each.violation not in violations]
    verdict = Verdict(violations, excused, judged.unlisted, interrupted)
    sketch.images, pictures_caution = ({}, None) if folder is None else read_pictures(folder / PICTURES)
    beliefs_caution = None if folder is None else _believe(sketch, folder / BELIEFS_FILE)
    output_lines = [] if folder is None else read_output(folder / OUTPUT_FILE)
    return SavedRun(sketch, verdict, origin, caution, output_lines, beliefs_caution, pictures_caution)


def judged_again(path: Path) -> Verdict:
    """Judge a trace file again; one of a saved run also by what was found when that was repeated without its faults.

    Raises `FileError` for a trace that is not whole, and for a file beside it that cannot be read.
    """
    judged, ended = Checks(ALL_CHECKS), None
    with read_as("trace", path):
        for ended in read_trace(path):
            judged.see(ended)
    folder = path.parent if path.name == TRACE_FILE else None
    summary = None if folder is None else _read(folder / SUMMARY_FILE, _Found)
    known = () if summary is None else summary.violations  # Of another run, it has none that is excused here.
    withdrawn = [each.violation for each in judged.excused if each.violation in known]
    excused = [each for each in judged.excused if each.violation not in known]
    violations = sorted([*judged.violations, *withdrawn], key=lambda violation: violation.t_s)
    return Verdict(violations, excused, judged.unlisted, _interrupted(ended, folder))


def _interrupted(ended: trace.AnyRecord | None, folder: Path | None) -> bool:
    """Whether a run whose last record is `ended`, or its repeat without faults, was interrupted."""
    ending = None if folder is None else _read(folder / RUN_FILE, _Ending)
    return (isinstance(ended, trace.Ended) and ended.interrupted) or (ending is not None and ending.interrupted)


def _believe(sketch: Sketch, path: Path) -> str | None:
    """Give the sketch what the controller believed, as far as a file has it. Returns what is wrong with the file."""
    beliefs: list[Belief] = []
    sketch.beliefs = beliefs
    try:
        if path.exists():
            beliefs.extend(read_beliefs(path))
    except FileError as error:
        return str(error)
    return None


def _origin(path: Path) -> Origin:
    """Where the run of a folder, or of a trace file, comes from. Raises `FileError` for a file that cannot be read."""
    if not path.is_dir():
        return Origin(trace_file=printable(path))
    folder, info = path, _read(path / RUN_FILE, RunInfo)
    if info is None:  # It was cut short.
        return Origin().of_folder(folder)
    if info.format != RUN_FORMAT:
        raise FileError(f"{folder / RUN_FILE}: format must be {RUN_FORMAT}, got {info.format}")
    return Origin(info.link, info.controller, info.core, options=info.options).in_folder(folder)


def _read(path: Path, kind: type[T]) -> T | None:
    """The content of a JSON file beside the trace; None if it is not there. Raises `FileError` if it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path} must be what the run wrote there, got: {error}") from None
