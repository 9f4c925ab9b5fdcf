"""One run: a scenario, a controller, a link, and what came of them. Whatever runs a scenario goes through here."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from classifier import Recognizer
from controller.address import parse_address
from controller.core.controller import Controller
from controller.errors import SettingsError
from controller.labels import LabelCheck
from controller.simulation.oracle import Oracle, ScriptedRecognizer
from controller.system import wall_s
from twin import trace
from twin.broker.embedded import EmbeddedBroker
from twin.caching_recognizer import CachingRecognizer
from twin.errors import ArgumentError
from twin.links import opening
from twin.links.external_controller import ExternalController
from twin.links.memory import ControllerOf
from twin.scenario.scenario import Scenario
from twin.simulation import Simulation
from twin.verdict.checks import ALL_CHECKS, Check, Checks, Excused, Violation
from twin.verdict.summary import ControllerSummary, Lateness, Margins, Summary, Tally, lateness_ms, percentiles_ms

LinkName = Literal["memory", "hosted", "lockstep", "realtime"]
SLOWEST: Final = 0.01
FASTEST: Final = 1000.0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a scenario: its trace (its last records, unless it was to be kept), summary, violations, margins.

    `excused`: breaks that a recorded fact excuses; `unlisted`: how many violations there were besides. `lateness_ms`:
    by how much events were late under the wall clock. `output`: what a hosted program wrote. `events` of the kernel,
    `exchanges` with the controller (in lockstep: grants) tell how much work it was.
    """

    scenario: Scenario
    trace: Sequence[trace.AnyRecord]
    summary: Summary
    violations: Sequence[Violation]
    excused: Sequence[Excused]
    unlisted: int
    margins: Margins
    tally: Tally
    lateness_ms: Lateness
    output: str = ""
    events: int
    exchanges: int

    @property
    def interrupted(self) -> bool:
        """Whether somebody stopped it, so that there is no verdict."""
        ended = self.trace[-1]
        return isinstance(ended, trace.Ended) and ended.reason == "interrupted"


def simulate(
    scenario: Scenario, *, controller: ControllerOf | ExternalController | None = None,
    recognizer: Recognizer | None = None, link: LinkName = "memory", broker: str | EmbeddedBroker | None = None,
    speed: float | None = None, checks: tuple[type[Check], ...] = ALL_CHECKS, keep_trace: bool = True,
    trace_path: Path | None = None, watchers: tuple[trace.Watcher, ...] = (),
    on_waiting: Callable[[str], None] = lambda text: None,
) -> Run:  # fmt: skip
    """Run a scenario to its end.

    `controller` makes the controller's core (ours, if not given), or is a program. `recognizer` answers for the
    pictures (the scenario's oracle, or the shipped model, if not given). `broker` is HOST:PORT of any, or an embedded
    one that runs. `watchers` see each record as it happens, `on_waiting` hears on whom the twin waits, `speed` is how
    fast real time goes (1, if not given).
    A break that a fault excuses is no excuse where it happens without any fault, too: in virtual time that is tried.
    Raises `TwinError` for what cannot even begin, `ArgumentError` for an argument that would be ignored among it;
    whatever goes wrong in the run is among its violations.
    """
    _check_link(link, broker, speed)
    load_renderer(scenario)
    judged = Checks(checks)
    with ExitStack() as stack:
        answers = CachingRecognizer(ScriptedRecognizer(_recognizer(scenario, controller, recognizer, link)))
        stack.callback(answers.close)
        control = opening.Control(
            controller=controller or Controller, settings=scenario.controller, recognizer=answers, broker=broker,
            on_waiting=on_waiting,
        )  # fmt: skip
        worked = _work(scenario, control, link, speed, _Record(judged, keep_trace, trace_path, watchers))
        if judged.excused and control.ours:
            healthy = Checks(checks)
            _work(
                msgspec.structs.replace(scenario, faults=()),
                replace(control, broker=None),
                "memory",
                None,
                _Record(healthy),
            )
            judged.withdraw_excuses(healthy)
    return _run(worked, judged, answers)


class _Record(NamedTuple):
    """Who sees a run's records, and what is kept of them."""

    judged: Checks
    keep: bool = False
    path: Path | None = None
    watchers: tuple[trace.Watcher, ...] = ()


class _Worked(NamedTuple):
    """A scenario that has been worked to its end."""

    simulation: Simulation
    record: trace.Trace
    tally: Tally
    took_s: float
    output: str


def _work(scenario: Scenario, control: opening.Control, link: LinkName, speed: float | None, sees: _Record) -> _Worked:
    began_s, tally, output = wall_s(), Tally(), ""
    record = trace.Trace(keep=sees.keep, path=sees.path, watchers=(tally.see, sees.judged.see, *sees.watchers))
    # The trace's file is opened when the link stands: a run that cannot begin leaves an older one as it is.
    if link == "realtime":
        with opening.realtime(control) as live, record:
            expected = live.program.started
            simulation = Simulation(scenario, record, control.recognizer, ours=control.ours, expected=expected)
            simulation.work_in_real_time(live, 1.0 if speed is None else speed)
    elif link == "hosted":
        with opening.hosted(control, scenario) as program, record:
            simulation = Simulation(scenario, record, control.recognizer, ours=False)
            simulation.work_hosted(program)
            output = program.output
    else:
        with (opening.memory if link == "memory" else opening.lockstep)(control) as reached, record:
            simulation = Simulation(scenario, record, control.recognizer, ours=control.ours)
            simulation.work(reached)
    return _Worked(simulation, record, tally, wall_s() - began_s, output)


def _run(worked: _Worked, judged: Checks, answers: CachingRecognizer) -> Run:
    simulation, record, tally, took_s, output = worked
    sim_s = simulation.timeline.now
    summary = Summary(
        seed=simulation.scenario.seed, items=tally.done, bins=tally.bins, correct=tally.right, rejected=tally.rejected,
        violations=judged.violations, sim_s=sim_s, wall_s=took_s, speedup=sim_s / took_s,
        items_per_min=tally.items_per_min, digest=record.digest, recognizer=tally.recognizer(answers.seconds),
        controller=ControllerSummary(gate_to_command_ms=percentiles_ms(simulation.latencies_s)),
    )  # fmt: skip
    return Run(
        scenario=simulation.scenario, trace=record.records, summary=summary, violations=judged.violations,
        excused=judged.excused, unlisted=judged.unlisted, margins=tally.margins, tally=tally,
        lateness_ms=lateness_ms(simulation.lateness_s), output=output, events=simulation.timeline.events,
        exchanges=simulation.exchanges,
    )  # fmt: skip


def _check_link(link: str, broker: str | EmbeddedBroker | None, speed: float | None) -> None:
    """Raises `ArgumentError` for a link that is none, and for what it would ignore."""
    if link not in get_args(LinkName):
        raise ArgumentError("link", link, "memory, hosted, lockstep or realtime")
    if broker is not None and link in ("memory", "hosted"):
        raise ArgumentError("broker", broker, f"left out on the link {link}, which has none")
    if isinstance(broker, str):
        try:
            parse_address(broker)
        except SettingsError as error:
            raise ArgumentError("broker", broker, error.allowed) from None
    if speed is not None and link != "realtime":
        raise ArgumentError("speed", speed, f"left out on the link {link}, which has no wall clock")
    if speed is not None and not SLOWEST <= speed <= FASTEST:
        raise ArgumentError("speed", speed, f"{SLOWEST:g} to {FASTEST:g}")


def _recognizer(
    scenario: Scenario, controller: ControllerOf | ExternalController | None, given: Recognizer | None, link: LinkName
) -> Recognizer:
    """What answers for the pictures. Raises `ArgumentError` where nobody would ask the one that is `given`.

    On the link hosted it answers as the recognition service that the program finds.
    """
    if scenario.recognizer.source == "oracle":
        if given is not None:
            raise ArgumentError("recognizer", given, "left out where the scenario's recognizer.source is oracle")
        return Oracle()
    if isinstance(controller, ExternalController):
        if given is not None and link != "hosted":
            raise ArgumentError("recognizer", given, "left out for a controller that brings its own")
        return given or _shipped_model()  # The twin asks it whether a picture can be recognised at all.
    return LabelCheck(given or _shipped_model(), scenario.controller.bins, wall_s)


def load_renderer(scenario: Scenario) -> None:
    """Load what draws a scenario's pictures, if it has any: once the line runs, real time would not wait for it."""
    if scenario.recognizer.source == "images":
        import_module("classifier.rendering.renderer")


def _shipped_model() -> Recognizer:
    from classifier import Classifier  # Loads the model's engine: only where pictures are to be recognised.

    return Classifier.load()
