"""Runs scenarios for the properties, and describes a failure completely."""

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec
from hypothesis import currently_in_test_context, event, reject, target
from hypothesis.strategies import DataObject

from controller.core.controller import Controller
from scenarios.failures import Failure, failure_of, failure_text
from scenarios.known_line import known_line_sketches, property_of
from scenarios.pace import REHEARSAL, Pace, pace_of
from scenarios.report_card import ReportCard
from scenarios.situations import SITUATIONS
from twin import Camera, Layout, Run, Scenario, settings_for, simulate, trace
from twin.broker.embedded import EmbeddedBroker
from twin.links.external_controller import ExternalController
from twin.links.memory import ControllerOf
from twin.run import LinkName
from twin.scenario.scenario import encode_scenario

MOST_LATE_MS: Final = 50.0
"""A run in real time with later events than that is void: the machine held the line up."""

_EVENTS: Final = (trace.Held, trace.Struck, trace.LoadedNothing, trace.Crashed)


@dataclass
class Harness:
    """Runs the suite's scenarios on a `link` with a `controller`: ours, a broken one, or an external program.

    `listen` is the port of the twin's broker (None: any). `recognizer`: the oracle's answers, or a recognizer's for the
    images of the `camera`. `reached` collects the situations of all runs, `failures` the last failure of each property,
    by name. `failing` has those of their runs that are not saved yet. `test` is the test that runs now. `layout` is the
    line of an external controller. `most_shrinks`: so many scenarios of a property are run to make its first failure
    smaller (None: as many as Hypothesis likes).
    """

    link: LinkName = "memory"
    controller: ControllerOf | ExternalController = Controller
    broker: str | None = None
    listen: int | None = None
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
    most_shrinks: int | None = None
    _failed: dict[str, dict[bytes, tuple[Run, list[str]]]] = field(default_factory=dict, repr=False)
    _shrinks: Counter[str] = field(default_factory=Counter, repr=False)
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

    def stands(self, data: DataObject, family: str) -> None:
        """Draw a scenario of a family of faults for the line and the pace of an external controller: it must hold."""
        sketch = data.draw(known_line_sketches(family, self.layout), label="sketch")
        self.holds(sketch.at(self.pace()), property_of(family))

    def holds(
        self, scenario: Scenario, name: str, extra: Callable[[Run], list[str]] = lambda run: [], *, steer: bool = True
    ) -> Run:
        """Run a scenario; fail on any violation, and on any line that `extra` returns. `name` names a failure's file.

        With `steer` Hypothesis gets the run's margins as its target; use it once per example. A run in real time that
        the machine held up is void: it fails nothing.
        """
        self._recall(scenario, name)
        run = self.run(scenario)
        if (run.lateness_ms.longest or 0.0) > MOST_LATE_MS:
            self.card.add_void(name)
            return run
        self.card.add(name, run)
        if steer and currently_in_test_context():
            _steer_hypothesis(run)
        wrong = [f"{found.t_s:.3f} s {found.check}: {found.detail}" for found in run.violations] + extra(run)
        if wrong:
            self._failed.setdefault(name, {})[encode_scenario(scenario)] = run, wrong
            self._fail(name, run, wrong)
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

    def _simulate(self, scenario: Scenario) -> Run:
        if (scenario.recognizer.source, scenario.camera) != (self.recognizer, self.camera):
            recognizer = msgspec.structs.replace(scenario.recognizer, source=self.recognizer)
            scenario = msgspec.structs.replace(scenario, recognizer=recognizer, camera=self.camera)
        at: Any = nullcontext(self.broker) if self.listen is None else EmbeddedBroker("127.0.0.1", self.listen)
        with at as broker:
            run = simulate(scenario, link=self.link, controller=self.controller, broker=broker, speed=self.speed)
        if run.interrupted:
            raise KeyboardInterrupt
        return run

    def _fail(self, name: str, run: Run, wrong: list[str]) -> None:
        failure = self.failures[name] = failure_of(run, name, self.test, self.failures.get(name))
        self.failing[name] = run
        raise AssertionError(failure_text(run, wrong, failure))

    def _recall(self, scenario: Scenario, name: str) -> None:
        """Fail again on a scenario that has failed. Reject a new one if enough of them were run after a failure."""
        if self.most_shrinks is None or name not in self._failed:
            return
        failed = self._failed[name].get(encode_scenario(scenario))
        if failed is not None:
            self._fail(name, *failed)
        self._shrinks[name] += 1
        if self._shrinks[name] > self.most_shrinks:
            reject()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In Hypothesis's description of a failing test."""
        printer.text("...")


def _steer_hypothesis(run: Run) -> None:
    for kind in _EVENTS:
        if any(isinstance(record, kind) for record in run.trace):
            event(kind.__name__.lower())
    margins_m = [margin_m for margin_m in (run.margins.clip_m, run.margins.gap_m) if margin_m is not None]
    if margins_m:
        target(-min(margins_m), label="how close a push came to clipping its item or the next")
