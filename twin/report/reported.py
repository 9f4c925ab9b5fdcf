"""A run as a report tells it: one sentence of what came of it, facts about it, and how to play it again."""

import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from controller.errors import printable
from twin import trace
from twin.report.drawing import MOST_RECORDS, Sketch
from twin.report.finished_run import FinishedRun
from twin.report.html import Difference, Report, ReportedRun
from twin.report.narration import narrate
from twin.scenario.scenario import Scenario, encode_scenario
from twin.verdict.checks import Excused, Violation

MOST_NAMED: Final = 4


class Verdict(NamedTuple):
    """What was found in a run. `unlisted` counts violations beyond those listed; `interrupted`: there is no verdict."""

    violations: Sequence[Violation]
    excused: Sequence[Excused] = ()
    unlisted: int = 0
    interrupted: bool = False


def verdict_of(run: FinishedRun) -> Verdict:
    """What was found in a finished run."""
    return Verdict(run.violations, run.excused, unlisted=run.unlisted, interrupted=run.interrupted)


class Origin(NamedTuple):
    """Where a run comes from: its link, its controller, and its scenario's file.

    `controller` is the command of an external one (None: not known, or ours), `core` names a core that is not ours.
    `options` are those of `twin run`, besides these, with which a program is run so again. `trace_file`: the run's
    trace, where nothing else is known of it.
    """

    link: str | None = None
    controller: str | None = None
    core: str | None = None
    scenario_file: str = "scenario.json"
    options: Sequence[str] = ()
    trace_file: str | None = None

    def in_folder(self, folder: Path) -> "Origin":
        """The origin of the same run, which is saved in a folder."""
        return self._replace(scenario_file=printable(folder / "scenario.json"))

    def of_folder(self, folder: Path) -> "Origin":
        """The origin of a run of which nothing is known but its folder."""
        return self._replace(scenario_file=printable(folder))

    @property
    def ours(self) -> bool:
        """Whether our controller ran, as far as that is known."""
        return self.controller is None and self.core is None and self.link in ("memory", "lockstep")


def reported_run(
    sketch: Sketch, verdict: Verdict, origin: Origin, *, caution: str | None = None, cautions: Sequence[str] = ()
) -> ReportedRun:
    """A run for a report. `caution` is what is wrong with its trace's file, `cautions` with any of its files."""
    drawing = sketch.drawing(verdict.violations, verdict.excused, [f"{words}." for words in cautions])
    total = len(verdict.violations) + verdict.unlisted
    return ReportedRun(
        ok=not total and not verdict.interrupted and caution is None,
        sentence=_sentence(verdict, total, sketch, caution), facts=_facts(drawing.scenario, origin, sketch.end_s),
        replay=replay_command(origin), scenario=encode_scenario(drawing.scenario).decode(), drawing=drawing,
    )  # fmt: skip


def report_of(runs: Sequence[tuple[ReportedRun, Sequence[trace.AnyRecord]]]) -> Report:
    """A report of one run, or of several beside each other: where the first differs from the first that is another."""
    shown = [run for run, _ in runs]
    if len(runs) == 1:
        return Report(sentence=shown[0].sentence, runs=shown)
    (_, first), *others = runs
    for number, (_, records) in enumerate(others, start=2):
        difference = first_difference(first, records)
        if difference is not None:
            which, other = ("The runs", "the other") if len(runs) == 2 else (f"Runs 1 and {number}", f"run {number}")
            at = f"{which} first differ at {difference.t_s:.3f} s"
            sentence = f"{at}: {difference.one}; in {other}, {difference.other}."
            of_runs = msgspec.structs.replace(difference, runs=(1, number))
            return Report(sentence=sentence, runs=shown, difference=of_runs)
    most = max(len(records) for _, records in runs)
    those = "the two runs" if len(runs) == 2 else f"all {len(runs)} runs"
    within = "" if most < MOST_RECORDS else f" in their first {most:,} records"
    return Report(sentence=f"The traces of {those} are the same{within}.", runs=shown)


def first_difference(one: Iterable[trace.AnyRecord], other: Iterable[trace.AnyRecord]) -> Difference | None:
    """Where two traces first differ, apart from their scenarios; None if they don't."""
    ones, others = iter(one), iter(other)
    while True:
        first, second = next(ones, None), next(others, None)
        if first is None and second is None:
            return None
        if first == second or (isinstance(first, trace.Began) and isinstance(second, trace.Began)):
            continue
        t_s = min(record.t_s for record in (first, second) if record is not None)
        return Difference(t_s=round(t_s, 6), one=_narrated(first), other=_narrated(second))


def _narrated(record: trace.AnyRecord | None) -> str:
    return "the trace is over" if record is None else f"{' '.join(narrate(record))} at {record.t_s:.3f} s"


def _sentence(verdict: Verdict, total: int, sketch: Sketch, caution: str | None) -> str:
    if verdict.violations:
        first = min(verdict.violations, key=lambda violation: violation.t_s)
        more = f", and {total - 1} more violation{'s' if total > 2 else ''}" if total > 1 else ""
        name = first.check.replace("_", " ")
        until = "Interrupted; until then: " if verdict.interrupted else ""
        return f"{until}{name[:1].upper()}{name[1:]} at {first.t_s:.2f} s: {first.detail}{more}."
    counts = f"{sketch.done} of {sketch.item_count} items reached a bin"
    if caution is not None:
        return f"The run's files are not whole; {counts} in what is there."
    if verdict.interrupted:
        return f"Interrupted, so there is no verdict; {counts}."
    excused = f", {len(verdict.excused)} excused by faults" if verdict.excused else ""
    return f"No rule was broken{excused}; {counts}."


def _facts(scenario: Scenario, origin: Origin, end_s: float) -> list[str]:
    facts = [f"seed {scenario.seed}", f"{scenario.item_count} items", f"{end_s:.1f} s"]
    if origin.link is not None:
        facts.append(f"link {origin.link}")
    if origin.ours:
        facts.append("our controller")
    elif origin.controller is not None or origin.core is not None:
        facts.append(f"controller: {origin.controller or origin.core}")
    if scenario.faults:
        names = [type(fault).__name__ for fault in scenario.faults]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        facts.append(f"faults: {', '.join(names[:MOST_NAMED])}{more}")
    return facts


def replay_command(origin: Origin) -> str:
    """The command that plays the run again; of a trace alone, whose controller is not known, that judges it again."""
    file = origin.scenario_file
    if origin.core is not None:
        return f"simulate(load_scenario({file!r}), controller={origin.core})"
    if origin.trace_file is not None:
        return command_text(["twin", "check", origin.trace_file])
    if origin.controller is None and origin.link != "realtime":
        if origin.options:
            return command_text(["twin", "run", file, "--link", str(origin.link), *origin.options])
        return command_text(["twin", "replay", file])
    program = ["--controller", origin.controller or "COMMAND"]
    return command_text(["twin", "run", file, "--link", str(origin.link), *program, *origin.options])


def command_text(words: Sequence[str]) -> str:
    """A command as a person types it into this system's shell."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
