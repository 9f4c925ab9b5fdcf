"""Runs scenarios for the properties, and describes a failure completely."""

import shutil
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from unittest import SkipTest

import msgspec
from hypothesis import currently_in_test_context, event, reject, target
from hypothesis.errors import HypothesisException
from hypothesis.strategies import DataObject

from controller.core.controller import Controller
from scenarios.confirmation import MOST_LATE_MS
from scenarios.draft import Draft
from scenarios.failures import GRAVEST, FailedRun, Failure, failure_of, failure_text
from scenarios.known_line import ALLOWED, drafts_of, known_line_drafts, property_of
from scenarios.pace import REHEARSALS, Pace, pace_of
from scenarios.report_card import ReportCard
from scenarios.situations import SITUATIONS
from scenarios.written_files import alone_in, folders_of, times_of, written
from twin import Camera, Layout, Run, Scenario, settings_for, simulate, trace
from twin.broker.embedded import EmbeddedBroker
from twin.errors import TwinError
from twin.links.base import ControllerOf
from twin.links.external_controller import ExternalController
from twin.run_arguments import LinkName

SEES_ITSELF: Final = "the program asks no recognition service"
OTHER_BROKER: Final = "its faults need the twin's own broker"

_EVENTS: Final = (trace.Held, trace.Struck, trace.LoadedNothing, trace.Crashed)


@dataclass
class Harness:
    """Runs the suite's scenarios on a `link` with a `controller`: ours, a broken one, or an external program.

    `listen` is the port of the twin's broker (None: any). `recognizer`: the oracle's answers, or a recognizer's for the
    images of the `camera`. `reached` collects the situations of all runs, `failures` the last failure of each property,
    by name. `failing` has those of their runs that are not saved yet. `test` is the test that runs now. `layout` is the
    line of an external controller. `most_shrinks`: so many runs make a failure of a draft smaller. `writes` is a file
    that a hosted program was seen to write, if any: it then runs alone in its folder. `sees_itself`: a hosted program
    asks no recognition service, so that the faults of one say nothing about it.
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
    most_shrinks: int = 0
    writes: str = ""
    sees_itself: bool = False
    _tried: set[tuple[str, Hashable]] = field(default_factory=set, init=False, repr=False)
    _failed: dict[str, tuple[Draft, str]] = field(default_factory=dict, init=False, repr=False)
    _pace: Pace | None = field(default=None, init=False, repr=False)

    def run(self, scenario: Scenario) -> Run:
        """Run a scenario, and record the situations that it reached."""
        run = self._simulate(scenario)
        self.runs += 1
        self.reached |= {name for name, reached in SITUATIONS.items() if name not in self.reached and reached(run)}
        return run

    def pace(self) -> Pace:
        """When the controller loads its items, as seen in runs without faults, and with late answers or messages."""
        if self._pace is None:
            with nullcontext() if self.link != "hosted" else alone_in(Path.cwd()):
                self._pace = self._rehearsed()
        return self._pace

    def _rehearsed(self) -> Pace:
        line: dict[str, Any] = {"layout": self.layout, "controller": settings_for(self.layout)}
        hosted = self.controller if self.link == "hosted" and isinstance(self.controller, ExternalController) else None
        folders = () if hosted is None else folders_of(hosted.command or "")
        before = times_of(folders)
        rehearsals = (msgspec.structs.replace(scenario, **line) for scenario in REHEARSALS)
        runs = [self._simulate(scenario) for scenario in rehearsals]
        self.writes = written(before, times_of(folders))
        if any("http" in run.addresses for run in runs):
            self.recognizer = "oracle"  # It asks the twin's service, whose answers are known, at whatever address.
        elif hosted is not None:
            self.sees_itself = True
        return pace_of(*runs)

    def _asked(self, families: Sequence[str]) -> list[str]:
        """Those of the families whose question can be put to the controller."""
        self.pace()
        return [family for family in families if self._moot(family) is None]

    def _moot(self, family: str) -> str | None:
        """Why a family's question cannot be put to the controller; None if it can."""
        if family == "broker" and self.broker is not None:
            return OTHER_BROKER
        return SEES_ITSELF if self.sees_itself and family == "recognizer" else None

    def stands(self, data: DataObject, family: str) -> None:
        """Draw a scenario of a family of faults for the line and the pace of an external controller: it must hold."""
        if not self._asked([family]):
            why = self._moot(family) or ""
            self.card.add_moot(property_of(family), why)
            raise SkipTest(why)
        name = property_of(family)
        with self._recorded(name):
            draft = data.draw(known_line_drafts(family, self.layout), label="draft")
            self.keeps(draft, name, allowed=ALLOWED.get(family, ()))

    def looks(self, data: DataObject, families: Sequence[str], name: str) -> None:
        """The same for a scenario of any of these families; together they count as one property of this name."""
        with self._recorded(name):
            family, draft = data.draw(drafts_of(self._asked(families), self.layout), label="draft")
        self.keeps(draft, property_of(family), allowed=ALLOWED.get(family, ()), look=name)

    @contextmanager
    def _recorded(self, name: str) -> Iterator[None]:
        """Note on the card what ends a property and is no broken rule."""
        try:
            yield
        except (AssertionError, HypothesisException, SkipTest):
            raise
        except KeyboardInterrupt:
            self.card.add_unfinished(name, "interrupted")
            raise
        except Exception as error:
            why = str(error) if isinstance(error, TwinError) else f"{type(error).__name__}: {error}"
            self.card.add_unfinished(name, why)
            raise

    def holds(
        self, scenario: Scenario, name: str, extra: Callable[[Run], list[str]] = lambda run: [], *, steer: bool = True,
        allowed: Collection[str] = (), look: str = "", only: str = "",
    ) -> Run:  # fmt: skip
        """Run a scenario; fail on any violation, and on any line that `extra` returns. `name` names a failure's file.

        The property does not ask the rules that are `allowed` to be broken; if it is `only` asked for one rule, a run
        that breaks others fails nothing. With `steer` Hypothesis gets the run's margins as its target; use it once per
        example. A run in real time that the machine held up is void: it fails nothing.
        """
        run = self.run(scenario)
        if (run.lateness_ms.longest or 0.0) > MOST_LATE_MS:
            self.card.add_void(name)
            return run
        violations = [found for found in run.violations if found.check not in allowed]
        counts = not only or any(found.check == only for found in violations)
        self.card.add(name, run, violations, shown=counts)
        if steer and currently_in_test_context():
            _steer_hypothesis(run)
        wrong = [f"{found.t_s:.3f} s {found.check}: {found.detail}" for found in violations] + extra(run)
        if wrong and counts:
            key = _key(name, look)
            found = FailedRun(run=run, violations=violations, wrong=wrong, allowed=tuple(allowed))
            failure = failure_of(found, key, self.test, self.failures.get(key))
            self.failures[key] = failure = msgspec.structs.replace(failure, alone=bool(self.writes))
            self.failing[key] = run
            raise AssertionError(failure_text(found, failure))
        return run

    def keeps(self, draft: Draft, name: str, *, allowed: Collection[str] = (), look: str = "") -> None:
        """As `holds`, for a draft at the controller's pace. What fails is made smaller by at most `most_shrinks` runs.

        A draft with the outline of one that has been run is rejected: of an example, Hypothesis makes several that
        differ in little. After a failure of the property, all others are. A `look` at several properties counts as
        one for this.
        """
        asked = look or name
        if asked not in self._failed:
            if (name, draft.outline) in self._tried:
                reject()
            self._tried.add((name, draft.outline))
            text = self._failure(draft, name, allowed, look)
            if text is None:
                return
            self._failed[asked] = draft, self._shrunk(draft, text, name, allowed, look)
        failed, text = self._failed[asked]
        if draft != failed:
            reject()
        raise AssertionError(text)

    def _shrunk(self, draft: Draft, text: str, name: str, allowed: Collection[str], look: str) -> str:
        """The failure of a draft as small as possible. It goes on to break the gravest rule, if the first one did."""
        only = GRAVEST if GRAVEST in self.failures[_key(name, look)].rules else ""
        tried, smaller = [draft], draft.smaller()
        while len(tried) <= self.most_shrinks and (candidate := next(smaller, None)) is not None:
            if candidate in tried:
                continue
            tried.append(candidate)
            failure = self._failure(candidate, name, allowed, look, only)
            if failure is not None:
                text, smaller = failure, candidate.smaller()
        return text

    def _failure(self, draft: Draft, name: str, allowed: Collection[str], look: str, only: str = "") -> str | None:
        """What a draft breaks; None if it breaks nothing."""
        try:
            self.holds(draft.at(self.pace()), name, steer=False, allowed=allowed, look=look, only=only)
        except AssertionError as error:
            return str(error)
        return None

    def save_failing(self) -> None:
        """Save each failing run in a folder beside its scenario, with its report.

        Hypothesis runs the smallest failing scenario last, so this is called once its property has ended.
        """
        for name, run in self.failing.items():
            folder = self.failures[name].folder
            shutil.rmtree(folder, ignore_errors=True)
            (self._with_beliefs(run) if run.link == "memory" else run).save(folder)
        self.failing.clear()

    def _with_beliefs(self, run: Run) -> Run:
        """The same run again, which keeps what our controller believed."""
        return simulate(run.scenario, controller=self.controller, keep_beliefs=True)

    def _simulate(self, scenario: Scenario) -> Run:
        if (scenario.recognizer.source, scenario.camera) != (self.recognizer, self.camera):
            recognizer = msgspec.structs.replace(scenario.recognizer, source=self.recognizer)
            scenario = msgspec.structs.replace(scenario, recognizer=recognizer, camera=self.camera)
        at: Any = nullcontext(self.broker) if self.listen is None else EmbeddedBroker("127.0.0.1", self.listen)
        with alone_in(Path.cwd()) if self.writes else nullcontext(), at as broker:
            run = simulate(scenario, link=self.link, controller=self.controller, broker=broker, speed=self.speed)
        if run.interrupted:
            raise KeyboardInterrupt
        return run

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In Hypothesis's description of a failing test."""
        printer.text("...")


def _key(name: str, look: str) -> str:
    """The name of a property's failure; each look at several properties has its own."""
    return f"{name}/{look}" if look else name


def _steer_hypothesis(run: Run) -> None:
    for kind in _EVENTS:
        if any(isinstance(record, kind) for record in run.trace):
            event(kind.__name__.lower())
    for margin, left in run.margins.lefts().items():
        target(-left, label=margin)
