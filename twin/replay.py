"""What `twin replay` shows: a scenario, run again in memory, or a saved run, as it was."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from twin.file_kinds import read_as
from twin.links.output_log import OutputLine
from twin.report.drawing import Sketch
from twin.report.reported import Verdict
from twin.run import simulate
from twin.saved_run import load_run
from twin.scenario.scenario import load_scenario


class Replayed(NamedTuple):
    """A run's records, what was found in it, and what an external program wrote.

    `caution` says what is wrong with a saved run's trace, if that is not whole; then there is no verdict.
    """

    sketch: Sketch
    verdict: Verdict
    output_lines: Sequence[OutputLine] = ()
    caution: str | None = None


def replayed(path: Path) -> Replayed:
    """The run of `path`: of a scenario file, or of a folder with a saved run.

    Raises `FileError`.
    """
    if path.is_dir():
        saved = load_run(path)
        return Replayed(saved.sketch, saved.verdict, saved.output_lines, saved.caution)
    with read_as("scenario", path):
        scenario = load_scenario(path)
    sketch = Sketch()
    run = simulate(scenario, link="memory", keep_trace=False, watchers=(sketch.see,))
    return Replayed(sketch, Verdict(run.violations, run.excused, run.unlisted, run.interrupted))
