"""One run: a scenario, a controller and a link, and the result. Every run of a scenario starts with `simulate`."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from classifier import Recognizer
from controller.core.controller import Controller
from controller.simulation.oracle import ScriptedRecognizer
from controller.system import wall_s
from twin import trace
from twin.beliefs import Belief, BeliefWatcher
from twin.broker.embedded import EmbeddedBroker
from twin.caching_recognizer import CachingRecognizer
from twin.errors import ArgumentError
from twin.links import opening
from twin.links.base import ControllerOf
from twin.links.external_controller import ExternalController
from twin.links.hands import Hands
from twin.links.output_log import OutputLine
from twin.links.tempo import Tempo
from twin.pictures import PictureWatcher
from twin.plant.picture_source import load_pictures_of
from twin.report.diagram import diagram_svg
from twin.report.drawing import Sketch
from twin.report.summary_html import run_html
from twin.run_arguments import LinkName, check_arguments
from twin.run_recognizer import recognizer_of
from twin.saved.run_files import RunFiles, core_name, options_of
from twin.scenario.item import Item
from twin.scenario.scenario import Scenario
from twin.simulation import Simulation
from twin.verdict.checks import ALL_CHECKS, Check, Checks, Excused, Violation
from twin.verdict.margins import Margins
from twin.verdict.summary import ControllerSummary, Lateness, Summary, Tally, lateness_ms, percentiles_ms

MEASURED_ITEMS: Final = 2


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a scenario: its trace, summary, violations and margins.

    `trace` has only the last records if the run did not keep its trace. `excused` has the violations that a recorded
    fact excuses; `unlisted` counts violations beyond those listed. `lateness_ms` is how late events were under the wall
    clock. `output_lines` are the lines that an external program wrote, `output` is their text. `addresses` has the host
    and port at which a hosted program looked for the broker (`mqtt`) and the recognition service (`http`). `events`
    counts the kernel's events, `exchanges` the exchanges with the controller in virtual time (in lockstep: the grants).
    `controller` is the command of an external controller; None for ours, or if somebody else started it. `core` names a
    core that is not ours. `computing` has the lines of a hosted program that compute for long: file, line, and the time
    that each takes, in s. `beliefs` is what our controller believed of each item; None if the run did not keep it.
    `again` are the options of `twin run`, besides link and controller, with which it is run so again.
    `repeat_interrupted`: whether its repeat without faults was interrupted.
    """

    scenario: Scenario
    link: LinkName
    controller: str | None
    core: str | None = None
    trace: Sequence[trace.AnyRecord]
    summary: Summary
    violations: Sequence[Violation]
    excused: Sequence[Excused]
    unlisted: int
    margins: Margins
    tally: Tally
    lateness_ms: Lateness
    output_lines: Sequence[OutputLine] = ()
    addresses: Mapping[str, tuple[str, int]] = {}
    events: int
    exchanges: int
    computing: Sequence[tuple[str, int, float]] = ()
    beliefs: Sequence[Belief] | None = None
    again: Sequence[str] = ()
    repeat_interrupted: bool = False

    @property
    def output(self) -> str:
        """What an external program wrote."""
        return "".join(f"{line.text}\n" for line in self.output_lines)

    @property
    def ok(self) -> bool:
        """Whether the run was not interrupted and has no violations."""
        return not self.violations and not self.interrupted

    @property
    def interrupted(self) -> bool:
        """Whether the run, or its repeat without faults, was interrupted, so that there is no verdict."""
        return self.repeat_interrupted or _interrupted(self.trace)

    def save(self, folder: str | Path) -> None:
        """Write scenario, trace, summary and versions to a new or empty `folder`, as `twin run --save` does.

        What the controller believed is there, too, if the run kept it.

        Raises `FileError` if the folder cannot be written, and `ArgumentError` if the run did not keep its trace.
        """
        if not isinstance(self.trace[0], trace.Began):
            raise ArgumentError("keep_trace", False, "True for a run that is to be saved")
        files = RunFiles(summary=None, trace=None, save=Path(folder), save_name="folder")
        with trace.Trace(path=files.trace_path, watchers=files.watchers) as written:
            for record in self.trace:
                written.add(record)
        files.write(self, link=self.link, controller=self.controller)

    def __repr__(self) -> str:
        """One line: what ran, and the result."""
        summary = self.summary
        verdict = "interrupted" if self.interrupted else f"violations={len(self.violations) + self.unlisted}"
        return (
            f"<Run seed={summary.seed} link={self.link} items={summary.items} of {self.scenario.item_count} "
            f"right={summary.correct} rejected={summary.rejected} {verdict}>"
        )

    def _repr_html_(self) -> str:
        """The summary and the violations as HTML tables, and the diagram if the trace is whole, for a notebook."""
        if not self.trace or not isinstance(self.trace[0], trace.Began):
            return run_html(self)
        sketch = Sketch()
        for record in self.trace:
            sketch.see(record)
        return run_html(self) + diagram_svg(sketch.drawing(self.violations, self.excused))


def simulate(
    scenario: Scenario, *, controller: ControllerOf | ExternalController | None = None,
    recognizer: Recognizer | None = None, link: LinkName = "memory", broker: str | EmbeddedBroker | None = None,
    speed: float | None = None, checks: tuple[type[Check], ...] = ALL_CHECKS, keep_trace: bool = True,
    trace_path: str | Path | None = None, watchers: tuple[trace.Watcher, ...] = (),
    on_waiting: Callable[[str], None] = lambda text: None, hands: Hands | None = None, keep_beliefs: bool = False,
    tempo: Tempo | None = None, picture_watchers: tuple[PictureWatcher, ...] = (),
    belief_watchers: tuple[BeliefWatcher, ...] = (),
) -> Run:  # fmt: skip
    """Run a scenario to its end.

    `controller` makes the controller's core from its settings, or is an external controller; default: our controller.
    `recognizer` classifies the pictures; default: the scenario's oracle, or the model that comes with `classifier`.
    `broker` is HOST:PORT of any broker, or an embedded broker that runs; default: an embedded broker for this run.
    `speed` is the speed of real time, default 1. `watchers` get each record when it happens. `on_waiting` gets a text
    that names what the twin waits for. `tempo` lets somebody watch a run in virtual time; without one it goes on as
    fast as it can. `hands` make faults act while a run goes on that is in real time or has a tempo. `keep_beliefs`: the
    run keeps what our controller believed of each item, `belief_watchers` get it as it comes. `picture_watchers` get
    digest and bytes of each item's picture, an image file.

    The run's scenario says from which confidence on an answer was sure: where the settings do not, the recognizer's own
    threshold, if it has one and the controller is no external one.

    If a fault excuses a violation by our controller, the scenario also runs in memory without faults: a violation that
    happens there, too, is not excused.

    Raises `TwinError` if the run cannot begin, and its subclass `ArgumentError` for an argument that is out of range or
    would be ignored. A failure during the run is one of the run's violations.
    """
    external = controller if isinstance(controller, ExternalController) else None
    check_arguments(
        link, external=external, broker=broker, speed=speed, hands=hands, tempo=tempo,
        keep_beliefs=keep_beliefs, belief_watchers=belief_watchers,
    )  # fmt: skip
    load_pictures_of(scenario)
    beliefs: list[Belief] | None = [] if keep_beliefs else None
    tell = (*belief_watchers, *(() if beliefs is None else (beliefs.append,)))
    verdict = Checks(checks)
    path = None if trace_path is None else Path(trace_path)
    with ExitStack() as stack:
        chosen = recognizer_of(scenario, recognizer, external=external, link=link)
        if external is None and getattr(chosen, "threshold", None) is not None:
            scenario = msgspec.structs.replace(scenario, controller=scenario.controller.settled(chosen))
        answers = CachingRecognizer(ScriptedRecognizer(chosen))
        stack.callback(answers.close)
        control = opening.Control(
            controller=controller or Controller, settings=scenario.controller.settled(chosen), recognizer=answers,
            broker=broker, on_waiting=on_waiting, speed=1.0 if speed is None else speed,
            on_belief=partial(_tell_all, tell) if tell else None,
        )  # fmt: skip
        if link == "hosted":
            _measure_computing(scenario, control)
        recording = _Recording(verdict, keep_trace, path, watchers, picture_watchers)
        finished = _execute(scenario, control, link, recording, hands, tempo)
        repeat_interrupted = bool(verdict.excused) and control.ours and _repeat(scenario, control, checks, verdict)
    run = _run(finished, verdict, answers, link, controller, beliefs)
    again = options_of(external, broker, recognizer)
    return msgspec.structs.replace(run, again=again, repeat_interrupted=repeat_interrupted)


def _repeat(scenario: Scenario, control: opening.Control, checks: tuple[type[Check], ...], verdict: Checks) -> bool:
    """Withdraw what is excused and happens without faults, too. Returns whether that run was interrupted."""
    healthy, without_faults = Checks(checks), msgspec.structs.replace(scenario, faults=())
    control = replace(control, broker=None, on_belief=None)
    ended = _execute(without_faults, control, "memory", _Recording(healthy)).record
    verdict.withdraw_excuses(healthy)
    return _interrupted(ended.records)


def _interrupted(records: Sequence[trace.AnyRecord]) -> bool:
    return isinstance(records[-1], trace.Ended) and records[-1].interrupted


class _Recording(NamedTuple):
    """Where a run's records go: to the checks, the watchers and a file; `keep`: whether the run keeps all of them.

    `picture_watchers` get its pictures.
    """

    verdict: Checks
    keep: bool = False
    path: Path | None = None
    watchers: tuple[trace.Watcher, ...] = ()
    picture_watchers: tuple[PictureWatcher, ...] = ()


class _Finished(NamedTuple):
    """A simulation that has ended. `took_s` is its wall time."""

    simulation: Simulation
    record: trace.Trace
    tally: Tally
    took_s: float
    output_lines: tuple[OutputLine, ...]
    addresses: Mapping[str, tuple[str, int]]


def _execute(
    scenario: Scenario, control: opening.Control, link: LinkName, recording: _Recording, hands: Hands | None = None,
    tempo: Tempo | None = None,
) -> _Finished:  # fmt: skip
    began_s, tally = wall_s(), Tally()
    seeing = (*recording.picture_watchers, *(() if control.ours else (control.shown.see,)))
    output_lines: tuple[OutputLine, ...] = ()
    addresses: Mapping[str, tuple[str, int]] = {}
    watchers = (tally.see, recording.verdict.see, *recording.watchers, *([] if tempo is None else [tempo.see]))
    record = trace.Trace(keep=recording.keep, path=recording.path, watchers=watchers)
    # The trace's file is opened once the link is open: a run that cannot begin leaves an older file as it is.
    if link == "realtime":
        with opening.realtime(control) as live, record:
            expected = live.program.started
            simulation = Simulation(
                scenario, record, control.recognizer, ours=control.ours, expected=expected, picture_watchers=seeing
            )
            simulation.run_in_real_time(live, control.speed, hands)
    elif link == "hosted":
        with opening.hosted(control, scenario) as program, record:
            simulation = Simulation(scenario, record, control.recognizer, ours=False, picture_watchers=seeing)
            simulation.run_hosted(program, tempo, hands)
            output_lines, addresses = program.output_lines, program.addresses
    else:
        with (opening.memory if link == "memory" else opening.lockstep)(control) as opened, record:
            simulation = Simulation(scenario, record, control.recognizer, ours=control.ours, picture_watchers=seeing)
            simulation.run(opened, tempo, hands)
    if isinstance(control.controller, ExternalController) and link != "hosted":
        output_lines = control.controller.output_lines
    return _Finished(simulation, record, tally, wall_s() - began_s, output_lines, addresses)


def _measure_computing(scenario: Scenario, control: opening.Control) -> None:
    """Have an external program measured, once, in a run of a few items without faults that nobody sees."""
    program = control.controller
    if isinstance(program, ExternalController) and program.command and program.hosts().measures:
        few = tuple(islice(scenario.stack(), MEASURED_ITEMS)) or (Item(),)
        calm = msgspec.structs.replace(scenario, items=few, faults=(), stop_s=None)
        if _interrupted(_execute(calm, control, "hosted", _Recording(Checks(()))).record.records):
            raise KeyboardInterrupt
        program.hosts().measured(())  # Of one that has crashed, too.


def _tell_all(watchers: tuple[BeliefWatcher, ...], belief: Belief) -> None:
    for watcher in watchers:
        watcher(belief)


def _run(
    finished: _Finished, verdict: Checks, answers: CachingRecognizer, link: LinkName,
    controller: ControllerOf | ExternalController | None, beliefs: Sequence[Belief] | None,
) -> Run:  # fmt: skip
    simulation, record, tally, took_s, output_lines, addresses = finished
    program = controller if isinstance(controller, ExternalController) else None
    sim_s = simulation.timeline.now
    summary = Summary(
        seed=simulation.scenario.seed, items=tally.done, bins=tally.bins, correct=tally.right, rejected=tally.rejected,
        violations=verdict.violations, sim_s=sim_s, wall_s=took_s, speedup=sim_s / took_s,
        items_per_min=tally.items_per_min, digest=record.digest(simulation.played),
        recognizer=tally.recognizer(answers.seconds),
        controller=ControllerSummary(gate_to_command_ms=percentiles_ms(simulation.latencies_s)),
    )  # fmt: skip
    return Run(
        scenario=simulation.played, link=link,
        controller=None if program is None else program.command,
        core=core_name(controller), trace=tuple(record.records),
        summary=summary, violations=verdict.violations, excused=verdict.excused, unlisted=verdict.unlisted,
        margins=tally.margins, tally=tally, lateness_ms=lateness_ms(simulation.lateness_s), output_lines=output_lines,
        addresses=addresses, events=simulation.timeline.events, exchanges=simulation.exchanges,
        computing=program.hosts().computing if program is not None and link == "hosted" else (),
        beliefs=None if beliefs is None else tuple(beliefs),
    )  # fmt: skip
