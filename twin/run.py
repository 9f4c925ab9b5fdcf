"""One run: a scenario, a controller, a link, and what came of them. Whatever runs a scenario goes through here."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from classifier import Recognition, Recognizer
from controller import codec
from controller.address import parse_address
from controller.core import Controller
from controller.errors import SettingsError
from controller.labels import LabelCheck
from controller.oracle import Noted, Oracle
from twin import links, trace
from twin.broker import EmbeddedBroker
from twin.camera import film_of
from twin.checks import ALL_CHECKS, Check, Checks, Violation
from twin.ending import Ending
from twin.errors import ArgumentError
from twin.faults import BrokerDown, BrokerFault, ControllerKilled
from twin.foreign import Foreign
from twin.line import Line
from twin.link import Link
from twin.memory import ControllerOf
from twin.mishaps import Mishaps
from twin.pacing import Pacer, wall_s
from twin.participant import Participant
from twin.remembered import Remembered
from twin.scenario import Scenario
from twin.streams import Streams
from twin.summary import ControllerSummary, Lateness, Margins, Summary, Tally, lateness_ms, percentiles_ms
from twin.timeline import Timeline
from twin.wire import Way

LinkName = Literal["memory", "lockstep", "realtime"]
SLOWEST: Final = 0.01
FASTEST: Final = 1000.0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a scenario: its trace (its last records, unless it was to be kept), summary, violations, margins.

    `unlisted`: how many violations there were besides. `lateness_ms`: by how much events were late under the wall
    clock. `events` of the kernel, `exchanges` with the controller (in lockstep: grants) tell how much work it was.
    """

    scenario: Scenario
    trace: Sequence[trace.AnyRecord]
    summary: Summary
    violations: Sequence[Violation]
    unlisted: int
    margins: Margins
    tally: Tally
    lateness_ms: Lateness
    events: int
    exchanges: int


def simulate(
    scenario: Scenario, *, controller: ControllerOf | Foreign | None = None, recognizer: Recognizer | None = None,
    link: LinkName = "memory", broker: str | EmbeddedBroker | None = None, speed: float | None = None,
    patient: bool = False, checks: tuple[type[Check], ...] = ALL_CHECKS, keep_trace: bool = True,
    trace_path: Path | None = None, watchers: tuple[trace.Watcher, ...] = (),
    on_waiting: Callable[[str], None] = lambda text: None,
) -> Run:  # fmt: skip
    """Run a scenario to its end.

    `controller` makes the controller's core (ours, if not given); `recognizer` answers for its pictures (the
    scenario's oracle, or the shipped model). `broker` is HOST:PORT of any, or an embedded one that runs. `watchers` see
    each record as it happens, `on_waiting` hears on whom the twin waits, `speed` is how fast real time goes (1, if not
    given); a `patient` run does not end for want of progress.
    Raises `TwinError` for what cannot even begin, `ArgumentError` for an argument that would be ignored among it;
    whatever goes wrong in the run is among its violations.
    """
    began_s = wall_s()
    _check_link(link, broker, speed)
    load_renderer(scenario)
    remembered = Remembered(Noted(_recognizer(scenario, controller, recognizer, link)))
    tally, judged = Tally(), Checks(checks)
    record = trace.Trace(keep=keep_trace, path=trace_path, watchers=(tally.see, judged.see, *watchers))
    shift = Shift(scenario, record, remembered, patient=patient)
    control = links.Control(
        controller=controller or Controller, settings=scenario.controller, recognizer=remembered, broker=broker,
        on_waiting=on_waiting,
    )  # fmt: skip
    # The trace's file is opened when the link stands: a run that cannot begin leaves an older one as it is.
    if link == "realtime":
        with links.realtime(control) as live, record:
            shift.work_in_real_time(live, 1.0 if speed is None else speed)
    else:
        with (links.memory if link == "memory" else links.lockstep)(control) as reached, record:
            shift.work(reached)
    return shift.result(tally, judged, remembered, wall_s() - began_s)


class Shift:
    """The plant and the wire of one run, put together, and worked to the end by a virtual or the wall clock.

    `patient`: no stall ends it, as when it is not known whether a controller will ever come.
    """

    def __init__(
        self, scenario: Scenario, record: trace.Trace, recognizer: Remembered, *, patient: bool = False
    ) -> None:
        self._scenario = scenario
        self._timeline = Timeline()
        self._recognizer = recognizer
        self._answer_to: Callable[[bytes], Recognition | Exception | None] = recognizer.ask
        self._record = record
        self._patient = patient
        self._unanswered: dict[int, bytes] = {}
        self._latencies_s: deque[float] = deque()
        self._exchanges: Callable[[], int] = lambda: 0
        self.lateness_s: deque[float] = deque()

    def work(self, link: Link) -> None:
        """Step through the run in virtual time."""
        participant = Participant(self._timeline, link, self._add)
        self._begin(participant.arrive, self._ask)
        self._latencies_s = participant.gate_to_command_s
        self._exchanges = lambda: participant.exchanges
        participant.begin(self._down.send)
        self._plan_losses(participant)
        step, ending = self._timeline.step, self._ending
        self._until_over(lambda: _steps(step, ending))

    def _plan_losses(self, participant: Participant) -> None:
        """The broker and the controller fail, and are there again, at their times."""
        at = self._timeline.call_at
        for fault in self._scenario.faults:
            if isinstance(fault, BrokerFault):
                dies, will = isinstance(fault, ControllerKilled), not isinstance(fault, BrokerDown)
                at(fault.from_s, partial(participant.go_away, dies=dies, will=will))
                at(fault.until_s, partial(participant.come_back, reborn=dies))

    def work_in_real_time(self, live: links.Live, speed: float) -> None:
        """Pace the run by the wall clock; feedback goes out over the broker, commands come from it."""
        if live.foreign and self._scenario.recognizer.source == "images":
            self._answer_to = self._recognizer.known  # It has a recognizer of its own, of which nothing is known.
        self._begin(live.outlet.publish, self._ask_later)
        for place, fault in enumerate(self._scenario.faults):
            if isinstance(fault, BrokerFault):
                begins, ends = live.losses(fault, f"faults[{place}]")
                self._timeline.call_at(fault.from_s, begins)
                self._timeline.call_at(fault.until_s, ends)
        pacer = Pacer(self._timeline, live.outlet.inbox, self._down.send, speed)
        self.lateness_s, self._latencies_s = pacer.lateness_s, live.gate_to_command_s
        self._until_over(lambda: pacer.run(lambda: self._over(live.program.obituary())))

    def _over(self, died_of: str | None) -> bool:
        if died_of is not None:
            self._add(trace.Crashed(self._timeline.now, died_of))
        return self._ending.over

    def result(self, tally: Tally, judged: Checks, recognizer: Remembered, wall_time_s: float) -> Run:
        """What came of it."""
        sim_s = self._timeline.now
        summary = Summary(
            seed=self._scenario.seed, items=tally.done, bins=tally.bins, correct=tally.right, rejected=tally.rejected,
            violations=judged.violations, sim_s=sim_s, wall_s=wall_time_s, speedup=sim_s / wall_time_s,
            items_per_min=tally.items_per_min, digest=self._record.digest,
            recognizer=tally.recognizer(recognizer.seconds),
            controller=ControllerSummary(gate_to_command_ms=percentiles_ms(self._latencies_s)),
        )  # fmt: skip
        return Run(
            scenario=self._scenario, trace=self._record.records, summary=summary, violations=judged.violations,
            unlisted=judged.unlisted, margins=tally.margins, tally=tally, lateness_ms=lateness_ms(self.lateness_s),
            events=self._timeline.events, exchanges=self._exchanges(),
        )  # fmt: skip

    def _begin(self, arrive: Callable[[bytes], None], on_photo: Callable[[int, bytes], None]) -> None:
        scenario, timeline = self._scenario, self._timeline
        self._record.add(trace.Began(timeline.now, scenario))
        streams = Streams(scenario.seed)
        mishaps = Mishaps(timeline, scenario, streams.stream("faults"), self._add)
        up = Way(timeline, scenario.link, streams, codec.FEEDBACK, mishaps, arrive)
        self._line = Line(timeline, scenario, film_of(scenario, mishaps), mishaps, self._add, up.send, on_photo)
        self._down = Way(timeline, scenario.link, streams, codec.COMMANDS, mishaps, self._line.obey)
        self._ending = Ending(timeline, scenario, self._line, patient=self._patient)

    def _until_over(self, work: Callable[[], None]) -> None:
        try:
            work()
        except KeyboardInterrupt:
            self._ending.reason = "interrupted"
        assert self._ending.reason is not None
        self._line.end(self._ending.reason)

    def _add(self, record: trace.AnyRecord) -> None:
        if type(record) is trace.Binned and record.item in self._unanswered:
            self._answer(record.item, self._answer_to(self._unanswered.pop(record.item)))
        self._record.add(record)
        self._ending.see(record)

    def _ask(self, item: int, image: bytes) -> None:
        """In virtual time what the recognizer says is known at once."""
        self._answer(item, self._recognizer.ask(image))

    def _ask_later(self, item: int, image: bytes) -> None:
        """In real time the plant may not wait for a recognizer: it looks when the item is in its bin."""
        self._unanswered[item] = image

    def _answer(self, item: int, said: Recognition | Exception | None) -> None:
        if isinstance(said, Recognition):
            self._record.add(trace.Answered(self._timeline.now, item, said.label, said.confidence))
        elif said is not None:
            self._record.add(trace.Answered(self._timeline.now, item, None, 0.0))


def _steps(step: Callable[[], None], ending: Ending) -> None:
    while not ending.over:
        step()


def _check_link(link: str, broker: str | EmbeddedBroker | None, speed: float | None) -> None:
    """Raises `ArgumentError` for a link that is none, and for what it would ignore."""
    if link not in get_args(LinkName):
        raise ArgumentError("link", link, "memory, lockstep or realtime")
    if broker is not None and link == "memory":
        raise ArgumentError("broker", broker, "left out on the link memory, which has none")
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
    scenario: Scenario, controller: ControllerOf | Foreign | None, given: Recognizer | None, link: LinkName
) -> Recognizer:
    """What answers for the pictures. Raises `ArgumentError` where nobody would ask the one that is `given`."""
    if scenario.recognizer.source == "oracle":
        if given is not None:
            raise ArgumentError("recognizer", given, "left out where the scenario's recognizer.source is oracle")
        return Oracle()
    if isinstance(controller, Foreign):
        if link != "realtime":
            return given or _shipped_model()  # What it says, the twin takes for what the controller was told.
        if given is not None:
            raise ArgumentError("recognizer", given, "left out for a controller that brings its own in real time")
        return Oracle()  # Nobody asks it.
    return LabelCheck(given or _shipped_model(), scenario.controller.bins, wall_s)


def load_renderer(scenario: Scenario) -> None:
    """Load what draws a scenario's pictures, if it has any: once the line runs, real time would not wait for it."""
    if scenario.recognizer.source == "images":
        import_module("classifier.renderer")


def _shipped_model() -> Recognizer:
    from classifier import Classifier  # Loads the model's engine: only where pictures are to be recognised.

    return Classifier.load()
