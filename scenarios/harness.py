"""Runs scenarios for the properties, and describes a failure completely."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from hypothesis import currently_in_test_context, event, target
from hypothesis.strategies import DataObject

from controller.core.controller import Controller
from scenarios.failures import Failure, failure_of, failure_text
from scenarios.known_line import known_line_sketches, property_of
from scenarios.pace import REHEARSAL, Pace, pace_of
from scenarios.report_card import ReportCard
from scenarios.situations import SITUATIONS
from twin import Camera, Layout, Run, Scenario, settings_for, simulate, trace
from twin.links.external_controller import ExternalController
from twin.links.memory import ControllerOf
from twin.run import LinkName

_EVENTS: Final = (trace.Held, trace.Struck, trace.LoadedNothing, trace.Crashed)


@dataclass
class Harness:
    """Runs the suite's scenarios on a `link` with a `controller`: ours, a broken one, or an external program.

    `recognizer`: the oracle's answers, or a recognizer's for the images of the `camera`. `reached` collects the
    situations of all runs, `failures` the last failure of each property, by name. `failing` has those of their runs
    that are not saved yet. `test` is the test that runs now. `layout` is the line of an external controller.
    """

    link: LinkName = "memory"
    controller: ControllerOf | ExternalController = Controller
    broker: str | None = None
    speed: float | None = None
    recognizer: Literal["oracle", "images"] = "oracle"
    camera: Camera = field(default_factory=Camera, repr=False)
    reached: set[str] = field(default_factory=set, repr=False)
    runs: int = field(default=0, repr=False)
    card: ReportCard = field(default_factory=ReportCard, repr=False)
    failures: dict[str, Failure] = field(default_factory=dict, repr=False)
    failing: dict[str, Run] = field(default_factory=dict, repr=False)
    test: str = field(default="", repr=False)
    layout: Layout = field(default_factory=Layout, repr=False)
    _pace: Pace | None = field(default=None, repr=False)

    def run(self, scenario: Scenario) -> Run:
        """Run a scenario, and record the situations that it reached."""
        run = self._simulate(scenario)
        self.runs += 1
        self.reached |= {name for name, reached in SITUATIONS.items() if name not in self.reached and reached(run)}
        return run

    def pace(self) -> Pace:
        """When the controller loads its items, as seen in one run without faults."""
        if self._pace is None:
            scenario = msgspec.structs.replace(REHEARSAL, layout=self.layout, controller=settings_for(self.layout))
            self._pace = pace_of(self._simulate(scenario))
        return self._pace

    def _simulate(self, scenario: Scenario) -> Run:
        if (scenario.recognizer.source, scenario.camera) != (self.recognizer, self.camera):
            recognizer = msgspec.structs.replace(scenario.recognizer, source=self.recognizer)
            scenario = msgspec.structs.replace(scenario, recognizer=recognizer, camera=self.camera)
        run = simulate(scenario, link=self.link, controller=self.controller, broker=self.broker, speed=self.speed)
        if run.interrupted:
            raise KeyboardInterrupt
        return run

    def stands(self, data: DataObject, family: str) -> None:
        """Draw a scenario of a family of faults for the line and the pace of an external controller: it must hold."""
        sketch = data.draw(known_line_sketches(family, self.layout), label="sketch")
        self.holds(sketch.at(self.pace()), property_of(family))

    def holds(
        self, scenario: Scenario, name: str, extra: Callable[[Run], list[str]] = lambda run: [], *, steer: bool = True
    ) -> Run:
        """Run a scenario; fail on any violation, and on any line that `extra` returns. `name` names a failure's file.

        With `steer` Hypothesis gets the run's margins as its target; use it once per example.
        """
        run = self.run(scenario)
        self.card.add(name, run)
        if steer and currently_in_test_context():
            _steer_hypothesis(run)
        wrong = [f"{found.t_s:.3f} s {found.check}: {found.detail}" for found in run.violations] + extra(run)
        if wrong:
            failure = self.failures[name] = failure_of(run, name, self.test, self.failures.get(name))
            self.failing[name] = run
            raise AssertionError(failure_text(run, wrong, failure))
        return run

    def save_failing(self) -> None:
        """Save each failing run in a folder beside its scenario, with its report.

        Hypothesis runs the smallest failing scenario last, so this is called once its property has ended.
        """
        for name, run in self.failing.items():
            folder = self.failures[name].folder
            shutil.rmtree(folder, ignore_errors=True)
            run.save(folder)
        self.failing.clear()


def _steer_hypothesis(run: Run) -> None:
    for kind in _EVENTS:
        if any(isinstance(record, kind) for record in run.trace):
            event(kind.__name__.lower())
    margins_m = [margin_m for margin_m in (run.margins.clip_m, run.margins.gap_m) if margin_m is not None]
    if margins_m:
        target(-min(margins_m), label="how close a push came to clipping its item or the next")
