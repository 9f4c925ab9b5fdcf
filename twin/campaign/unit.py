"""One unit of a campaign: a fixed number of scenarios, drawn by Hypothesis, run, judged and counted.

A unit has no state: its result follows from its task alone.
"""

import pkgutil
import warnings
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from hashlib import blake2b
from importlib import import_module
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings, target
from hypothesis.errors import HypothesisDeprecationWarning

from twin import trace
from twin.campaign.closeness import closeness
from twin.campaign.phases import NOWHERE, Phases, coverage
from twin.campaign.plan import Plan, code_version
from twin.campaign.program_files import ProgramFiles
from twin.campaign.source import scenario_source
from twin.errors import HostingError, TwinError
from twin.links.base import ControllerOf
from twin.links.external_controller import ExternalController
from twin.run import Run, simulate
from twin.scenario.faults import fault_name
from twin.scenario.scenario import Scenario, decode_scenario, encode_scenario
from twin.verdict.checks import Violation

NO_FAULT: Final = "no fault"
REFUSED: Final = "can't be hosted"
"""Stands for the rule in a group of scenarios in which the program does what cannot be hosted."""

_PRELOADED: Final = ("twin.plant", "twin.links", "twin.verdict", "twin.scenario", "controller.core")


class UnitTask(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's number and all that its result follows from. `archive` has scenarios (JSON) to mutate."""

    plan: Plan
    number: int
    archive: tuple[str, ...] = ()


class Group(msgspec.Struct, frozen=True, order=True):
    """What makes two failures the same: the rule, the kinds of faults that had an effect, the phase of the item."""

    rule: str
    faults: str
    phase: str

    @property
    def name(self) -> str:
        """The group in one line."""
        return f"{self.rule} under {self.faults}, item {self.phase}"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that broke a rule: the `place`-th of unit `unit`. `sentence` says how."""

    group: Group
    unit: int
    place: int
    scenario: str
    items: int
    faults: int
    sentence: str

    @property
    def size(self) -> tuple[int, int, int]:
        """What the smallest failure is the smallest by."""
        return self.items, self.faults, len(self.scenario)


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that broke no rule, and the situations in which it came closest: what was left there of the margin."""

    situations: dict[str, float]
    scenario: str


class UnitResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit found: of each group the first failure and the smallest, and how many there were.

    `coverage` counts scenarios by what their faults met. `closest` has, for each situation, the scenario that
    came closest to breaking a rule there. `digest` is over the digests of all its runs.
    """

    number: int
    scenarios: int
    failures: tuple[Failure, ...]
    counts: dict[str, int]
    coverage: dict[str, int]
    closest: tuple[Close, ...]
    digest: str


def run_unit(task: UnitTask, program: ProgramFiles | None = None) -> UnitResult:
    """Run a unit, with the files of the program that the plan names. Raises `TwinError` for a plan of other code."""
    if task.plan.code != code_version():
        raise TwinError(f"a worker must run {task.plan.code}, got {code_version()}; install the same there")
    tally = Tally(task)
    explore(task, tally.take, controller=controller_of(program, task.plan), refused=tally.take_refusal)
    return tally.result()


def explore(
    task: UnitTask, visit: Callable[[Run], None], *, phases: Sequence[Phase] = (Phase.generate,),
    controller: ControllerOf | ExternalController | None = None,
    refused: Callable[[Scenario, HostingError], None] | None = None,
) -> None:  # fmt: skip
    """Draw a unit's scenarios in their order, run each and `visit` the run. What `visit` raises goes to Hypothesis.

    In the first unit those that failed before come first. They are small already: what `visit` raises ends it.

    `controller` makes a core, or is an external program; default: our controller. `refused` gets the scenarios in which
    the program does what cannot be hosted.
    """
    plan = task.plan
    source = scenario_source()
    _preload()
    strategy = source.campaign_scenarios(
        families=plan.families, layout=plan.layout, known_line=plan.controller is not None, archive=task.archive
    )

    steering = [Phase.target] if plan.search else []

    def run_and_visit(scenario: Scenario, see: Callable[[Run], None]) -> None:
        try:
            run = simulate(scenario, controller=controller, link=plan.link)
        except HostingError as error:
            if refused is None:
                raise
            refused(scenario, error)
            return
        see(run)

    def climb_and_visit(run: Run) -> None:
        for margin, left in run.margins.lefts().items() if plan.search else ():
            target(-left, label=margin)
        visit(run)

    for text in plan.before if task.number == 0 else ():
        run_and_visit(decode_scenario(text.encode()), visit)

    @seed(plan.unit_seed(task.number))
    @settings(
        max_examples=plan.count(task.number), database=None, deadline=None, phases=[*phases, *steering],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    @given(strategy)
    def each(scenario: Scenario) -> None:
        run_and_visit(scenario, climb_and_visit)

    with warnings.catch_warnings():
        # A Dask worker has other threads, which use that module while a scenario is drawn.
        warnings.filterwarnings("ignore", "Do not use the `random` module", HypothesisDeprecationWarning)
        each()


def controller_of(program: ProgramFiles | None, plan: Plan) -> ExternalController | None:
    """The external controller of these files; None for our controller."""
    return None if program is None else program.unpacked(plan.computing)


def groups_of(run: Run) -> dict[Group, Violation]:
    """The groups of a run's violations that count, each with its first violation."""
    violations = _counting(run)
    if not violations:
        return {}
    groups: dict[Group, Violation] = {}
    waiting, phases, acted = deque(sorted(violations, key=lambda found: found.t_s)), Phases(), set[str]()
    for record in run.trace:
        while waiting and waiting[0].t_s <= record.t_s:  # The item's phase is that before its end in a bin.
            _group(waiting.popleft(), phases, acted, groups)
        if isinstance(record, trace.Disturbed):
            acted.add(fault_name(record.fault))
        phases.see(record)
    for found in waiting:
        _group(found, phases, acted, groups)
    return groups


def _counting(run: Run) -> Sequence[Violation]:
    """A run's violations, without those that the suite allows a program that was told to end. Ours clears the belt."""
    if run.controller is None or run.scenario.stop_s is None:
        return run.violations
    allowed = scenario_source().ALLOWED["stop"]
    return [found for found in run.violations if found.check not in allowed]


def keep_smallest(smallest: dict[Group, Failure], failure: Failure) -> None:
    """Keep a failure if it is the smallest of its group so far."""
    known = smallest.get(failure.group)
    if known is None or failure.size < known.size:
        smallest[failure.group] = failure


def failures_of(run: Run, *, unit: int, place: int) -> list[Failure]:
    """A run's failures, one for each group; the run is the `place`-th of a unit."""
    return [
        Failure(
            group=group, unit=unit, place=place, scenario=encode_scenario(run.scenario).decode(),
            items=run.scenario.item_count, faults=len(run.scenario.faults),
            sentence=f"{found.t_s:.1f} s {found.check}: {found.detail}",
        )
        for group, found in groups_of(run).items()
    ]  # fmt: skip


def refusal(scenario: Scenario, error: HostingError, *, unit: int, place: int) -> Failure:
    """The failure of a scenario in which the program does what cannot be hosted."""
    return Failure(
        group=Group(REFUSED, NO_FAULT, NOWHERE), unit=unit, place=place, scenario=encode_scenario(scenario).decode(),
        items=scenario.item_count, faults=len(scenario.faults), sentence=str(error),
    )  # fmt: skip


def _group(found: Violation, phases: Phases, acted: set[str], groups: dict[Group, Violation]) -> None:
    groups.setdefault(Group(found.check, "+".join(sorted(acted)) or NO_FAULT, phases.of(found.item)), found)


class Tally:
    """What a unit has found so far."""

    def __init__(self, task: UnitTask) -> None:
        self._task = task
        self._runs = 0
        self._first: dict[Group, Failure] = {}
        self._smallest: dict[Group, Failure] = {}
        self._counts: Counter[str] = Counter()
        self._coverage: Counter[str] = Counter()
        self._closest: dict[str, tuple[float, str]] = {}
        self._digest = blake2b(digest_size=16)

    def take_refusal(self, scenario: Scenario, error: HostingError) -> None:
        """Count a scenario in which the program does what cannot be hosted."""
        self._digest.update(REFUSED.encode())
        self._note(refusal(scenario, error, unit=self._task.number, place=self._runs))
        self._runs += 1

    def take(self, run: Run) -> None:
        """Count a run."""
        self._coverage.update(coverage(run.trace))
        self._digest.update(run.summary.digest.encode())
        failures = failures_of(run, unit=self._task.number, place=self._runs)
        for failure in failures:
            self._note(failure)
        if not failures and self._task.plan.search:
            scenario = encode_scenario(run.scenario).decode()
            for situation, left in closeness(run.trace).items():
                self._closest[situation] = min((left, scenario), self._closest.get(situation, (left, scenario)))
        self._runs += 1

    def _note(self, failure: Failure) -> None:
        group = failure.group
        self._counts[group.name] += 1
        self._first.setdefault(group, failure)
        keep_smallest(self._smallest, failure)

    def result(self) -> UnitResult:
        """All of it, in an order that does not depend on anything else."""
        failures = sorted({*self._first.values(), *self._smallest.values()}, key=lambda one: (one.group, one.place))
        closest = defaultdict[str, dict[str, float]](dict)
        for situation, (left, scenario) in sorted(self._closest.items()):
            closest[scenario][situation] = left
        return UnitResult(
            number=self._task.number, scenarios=self._runs, failures=tuple(failures),
            counts=dict(sorted(self._counts.items())), coverage=dict(sorted(self._coverage.items())),
            closest=tuple(Close(situations=closest[scenario], scenario=scenario) for scenario in sorted(closest)),
            digest=self._digest.hexdigest(),
        )  # fmt: skip


def _preload() -> None:
    """Load the modules that a run could load later. Hypothesis also draws from the constants of loaded modules."""
    for name in _PRELOADED:
        package: Any = import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            import_module(found.name)
