"""Runs scenarios for the properties, and describes a failure completely."""

import re
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec
from hypothesis import currently_in_test_context, event, reject, target

from controller.core.controller import Controller
from scenarios.pace import REHEARSAL, Pace, pace_of
from scenarios.report_card import ReportCard
from scenarios.situations import SITUATIONS
from scenarios.sketch import Sketch
from twin import Run, Scenario, simulate, trace
from twin.links.external_controller import ExternalController
from twin.links.memory import ControllerOf
from twin.report.narration import narrate
from twin.run import LinkName
from twin.scenario.scenario import encode_scenario

TAIL_RECORDS: Final = 25
FAILURES: Final = Path("scenario-failures")
"""Folder for failing scenarios, shrunk; `twin replay` shows them."""

_EVENTS: Final = (trace.Held, trace.Struck, trace.LoadedNothing, trace.Crashed)


@dataclass
class Harness:
    """Runs the suite's scenarios on a `link` with a `controller`: ours, a broken one, or an external program.

    `pictures`: the camera sends rendered images, or blank pictures with the oracle's answer. `reached` collects the
    situations of all runs. `most_shrinks`: so many runs make a failure of a sketch smaller.
    """

    link: LinkName = "memory"
    controller: ControllerOf | ExternalController = Controller
    broker: str | None = None
    speed: float | None = None
    pictures: Literal["oracle", "images"] = "oracle"
    reached: set[str] = field(default_factory=set, repr=False)
    runs: int = field(default=0, repr=False)
    card: ReportCard = field(default_factory=ReportCard, repr=False)
    most_shrinks: int = 0
    _tried: set[tuple[str, Hashable]] = field(default_factory=set, init=False, repr=False)
    _failures: dict[str, tuple[Sketch, str]] = field(default_factory=dict, init=False, repr=False)
    _pace: Pace | None = field(default=None, init=False, repr=False)

    def run(self, scenario: Scenario) -> Run:
        """Run a scenario, and record the situations that it reached."""
        run = self._simulate(scenario)
        self.runs += 1
        self.reached |= {name for name, reached in SITUATIONS.items() if name not in self.reached and reached(run)}
        return run

    def pace(self) -> Pace:
        """When the controller loads its items, as seen in one run without faults."""
        if self._pace is None:
            self._pace = pace_of(self._simulate(REHEARSAL))
        return self._pace

    def _simulate(self, scenario: Scenario) -> Run:
        if scenario.recognizer.source != self.pictures:
            recognizer = msgspec.structs.replace(scenario.recognizer, source=self.pictures)
            scenario = msgspec.structs.replace(scenario, recognizer=recognizer)
        return simulate(scenario, link=self.link, controller=self.controller, broker=self.broker, speed=self.speed)

    def holds(
        self, scenario: Scenario, name: str, extra: Callable[[Run], list[str]] = lambda run: [], *, steer: bool = True,
        allowed: Collection[str] = (),
    ) -> Run:  # fmt: skip
        """Run a scenario; fail on any violation, and on any line that `extra` returns. `name` names a failure's file.

        The property does not ask the rules that are `allowed` to be broken.

        With `steer` Hypothesis gets the run's margins as its target; use it once per example.
        """
        run = self.run(scenario)
        self.card.add(name, run, allowed)
        if steer and currently_in_test_context():
            _steer_hypothesis(run)
        violations = [found for found in run.violations if found.check not in allowed]
        wrong = [f"{found.t_s:.3f} s {found.check}: {found.detail}" for found in violations] + extra(run)
        if wrong:
            raise AssertionError(failure_text(run, wrong, write_failure(run.scenario, name)))
        return run

    def keeps(self, sketch: Sketch, name: str, *, allowed: Collection[str] = (), look: str = "") -> None:
        """As `holds`, for a sketch at the controller's pace. What fails is made smaller by at most `most_shrinks` runs.

        A sketch with the outline of one that has been run is rejected: of an example, Hypothesis makes several that
        differ in little. After a failure of the property, all others are. A `look` at several properties counts as
        one for this.
        """
        asked = look or name
        if asked not in self._failures:
            if (name, sketch.outline) in self._tried:
                reject()
            self._tried.add((name, sketch.outline))
            text = self._failure(sketch, name, allowed)
            if text is None:
                return
            self._failures[asked] = sketch, self._shrunk(sketch, text, name, allowed)
        failed, text = self._failures[asked]
        if sketch != failed:
            reject()
        raise AssertionError(text)

    def _shrunk(self, sketch: Sketch, text: str, name: str, allowed: Collection[str]) -> str:
        """The failure of a sketch as small as possible."""
        tried, smaller = [sketch], sketch.smaller()
        while len(tried) <= self.most_shrinks and (candidate := next(smaller, None)) is not None:
            if candidate in tried:
                continue
            tried.append(candidate)
            failure = self._failure(candidate, name, allowed)
            if failure is not None:
                text, smaller = failure, candidate.smaller()
        return text

    def _failure(self, sketch: Sketch, name: str, allowed: Collection[str]) -> str | None:
        """What a sketch breaks; None if it breaks nothing."""
        try:
            self.holds(sketch.at(self.pace()), name, steer=False, allowed=allowed)
        except AssertionError as error:
            return str(error)
        return None


def write_failure(scenario: Scenario, name: str) -> Path:
    """Write a failing scenario. Hypothesis runs the smallest one last, so the file ends with that one."""
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{re.sub(r'[^a-z0-9_]+', '-', name.lower())}.json"
    path.write_bytes(encode_scenario(scenario))
    return path


def failure_text(run: Run, wrong: list[str], path: Path) -> str:
    """The violations, the whole scenario, and the end of the trace."""
    tail = list(run.trace)[-TAIL_RECORDS:]
    narration = [f"{record.t_s:10.3f} s  {' '.join(narrate(record))}" for record in tail]
    scenario = encode_scenario(run.scenario).decode()
    return "\n".join([*wrong, f"seed {run.scenario.seed}; twin replay {path}", scenario, "...", *narration])


def _steer_hypothesis(run: Run) -> None:
    for kind in _EVENTS:
        if any(isinstance(record, kind) for record in run.trace):
            event(kind.__name__.lower())
    margins_m = [margin_m for margin_m in (run.margins.clip_m, run.margins.gap_m) if margin_m is not None]
    if margins_m:
        target(-min(margins_m), label="how close a push came to clipping its item or the next")
