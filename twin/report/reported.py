"""A run as a report tells it: one sentence of what came of it, facts about it, and how to play it again."""

import shlex
from collections.abc import Iterable, Sequence
from typing import Final

from twin import trace
from twin.report.drawing import Sketch
from twin.report.html import Difference, Report, ReportedRun
from twin.report.narration import narrate
from twin.scenario.scenario import Scenario
from twin.verdict.checks import Excused, Violation

MOST_NAMED: Final = 4
SAME_S: Final = 1e-9


class Verdict:
    """What was found in a run. `unlisted` counts violations beyond those listed; `interrupted`: there is no verdict."""

    def __init__(
        self, violations: Sequence[Violation], excused: Sequence[Excused] = (), *, unlisted: int = 0,
        interrupted: bool = False,
    ) -> None:  # fmt: skip
        self.violations = violations
        self.excused = excused
        self.unlisted = unlisted
        self.interrupted = interrupted


class Origin:
    """Where a run comes from: its link and its controller's command (None: not known), the file of its scenario.

    `ours`: whether our controller ran.
    """

    def __init__(
        self, *, link: str | None = None, controller: str | None = None, ours: bool = False,
        scenario_file: str = "scenario.json",
    ) -> None:  # fmt: skip
        self.link = link
        self.controller = controller
        self.ours = ours
        self.scenario_file = scenario_file


def reported_run(sketch: Sketch, verdict: Verdict, origin: Origin, *, caution: str | None = None) -> ReportedRun:
    """A run for a report. `caution` says what is wrong with the trace that it was read from."""
    cautions = () if caution is None else (f"{caution}.",)
    drawing = sketch.drawing(verdict.violations, verdict.excused, cautions)
    total = len(verdict.violations) + verdict.unlisted
    return ReportedRun(
        ok=not total and not verdict.interrupted and caution is None,
        sentence=_sentence(verdict, total, sketch, caution), facts=_facts(drawing.scenario, origin, sketch.end_s),
        replay=_replay(origin), drawing=drawing,
    )  # fmt: skip


def report_of(runs: Sequence[tuple[ReportedRun, Sequence[trace.AnyRecord]]]) -> Report:
    """A report of one run, or of several beside each other, with the first difference between the first two."""
    shown = [run for run, _ in runs]
    if len(runs) == 1:
        return Report(sentence=shown[0].sentence, runs=shown)
    difference = first_difference(runs[0][1], runs[1][1])
    if difference is None:
        return Report(sentence="The traces of the two runs are the same.", runs=shown)
    sentence = f"The runs first differ at {difference.t_s:.3f} s: {difference.one}; in the other, {difference.other}."
    return Report(sentence=sentence, runs=shown, difference=difference)


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
        return Difference(t_s=round(t_s, 6), one=_told(first), other=_told(second))


def _told(record: trace.AnyRecord | None) -> str:
    return "the trace is over" if record is None else f"{' '.join(narrate(record))} at {record.t_s:.3f} s"


def _sentence(verdict: Verdict, total: int, sketch: Sketch, caution: str | None) -> str:
    if verdict.violations:
        first = min(verdict.violations, key=lambda violation: violation.t_s)
        more = f", and {total - 1} more violation{'s' if total > 2 else ''}" if total > 1 else ""
        name = first.check.replace("_", " ")
        return f"{name[:1].upper()}{name[1:]} at {first.t_s:.2f} s: {first.detail}{more}."
    counts = f"{sketch.done} of {sketch.item_count} items reached a bin"
    if caution is not None:
        return f"The trace is not whole; {counts} in what is there."
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
    elif origin.controller is not None:
        facts.append(f"controller: {origin.controller}")
    if scenario.faults:
        names = [type(fault).__name__ for fault in scenario.faults]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        facts.append(f"faults: {', '.join(names[:MOST_NAMED])}{more}")
    return facts


def _replay(origin: Origin) -> str:
    """The command that plays the run again."""
    file = shlex.quote(origin.scenario_file)
    if origin.controller is None:
        return f"twin replay {file}"
    return f"twin run {file} --link {origin.link} --controller {shlex.quote(origin.controller)}"
