"""One run: a scenario, a controller, a link, and what came of them. Whatever runs a scenario goes through here."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from classifier import ClassifierError, Recognition, Recognizer
from controller.core import Controller
from controller.errors import RecognizerError
from controller.oracle import Noted, Oracle
from controller.settings import Settings
from twin import trace
from twin.camera import film_of
from twin.checks import ALL_CHECKS, Check, Checks, Violation
from twin.ending import Ending
from twin.line import Line
from twin.link import Link
from twin.memory import ControllerOf, MemoryLink
from twin.pacing import wall_s
from twin.participant import Participant
from twin.scenario import Scenario
from twin.streams import Streams
from twin.summary import (
    ControllerSummary,
    Margins,
    RecognizerSummary,
    Summary,
    Tally,
    percentiles_ms,
)
from twin.timeline import Timeline
from twin.wire import Way

REMEMBERED_IMAGES: Final = 64
LATENCY_SAMPLES: Final = 10_000

LinkName = Literal["memory", "lockstep", "realtime"]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a scenario: its trace (its last records, unless it was to be kept), summary, violations, margins."""

    scenario: Scenario
    trace: Sequence[trace.AnyRecord]
    summary: Summary
    violations: Sequence[Violation]
    margins: Margins
    tally: Tally


class Remembered:
    """A recognizer that knows its last answers.

    Twin and controller both ask about each picture: the twin to judge the item's end by its own answer, the
    controller to sort it. The model runs once.
    """

    def __init__(self, inner: Recognizer) -> None:
        self._inner = inner
        self._answers: OrderedDict[bytes, Recognition | Exception] = OrderedDict()
        self.seconds: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def classify(self, image: bytes) -> Recognition:
        """The inner recognizer's answer. Raises what that raises."""
        key = hashlib.blake2b(image, digest_size=16).digest()
        if key not in self._answers:
            self._answers[key] = self._ask(image)
            if len(self._answers) > REMEMBERED_IMAGES:
                self._answers.popitem(last=False)
        answer = self._answers[key]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ask(self, image: bytes) -> Recognition | Exception:
        before_s = wall_s()
        try:
            return self._inner.classify(image)
        except (ClassifierError, RecognizerError) as error:
            return error
        finally:
            self.seconds.append(wall_s() - before_s)


def simulate(
    scenario: Scenario, *, controller: ControllerOf | None = None, recognizer: Recognizer | None = None,
    link: LinkName | Callable[[ControllerOf, Settings, Recognizer], Link] = "memory",
    checks: tuple[type[Check], ...] = ALL_CHECKS, keep_trace: bool = True, trace_path: Path | None = None,
    watchers: tuple[trace.Watcher, ...] = (),
) -> Run:  # fmt: skip
    """Run a scenario to its end.

    `controller` makes the controller's core (ours, if not given); `recognizer` answers for its pictures (the
    scenario's oracle, or the shipped model). `watchers` see each record as it happens. Raises `TwinError` for
    what cannot even begin; whatever goes wrong in the run is among its violations.
    """
    began_s = wall_s()
    remembered = Remembered(Noted(recognizer or _recognizer_of(scenario)))
    tally, judged = Tally(), Checks(checks)
    with trace.Trace(keep=keep_trace, path=trace_path, watchers=(tally.see, judged.see, *watchers)) as record:
        open_link = _link_of(link)(controller or Controller, scenario.controller, remembered)
        try:
            shift = _Shift(scenario, open_link, remembered, record)
            shift.work()
        finally:
            open_link.close()
    summary = _summary(scenario, tally, judged, record.digest, shift, remembered, wall_s() - began_s)
    return Run(
        scenario=scenario, trace=record.records, summary=summary, violations=judged.violations,
        margins=tally.margins, tally=tally,
    )  # fmt: skip


class _Shift:
    """The plant, the wire and the controller of one run, put together."""

    def __init__(self, scenario: Scenario, link: Link, recognizer: Recognizer, record: trace.Trace) -> None:
        self._timeline = Timeline()
        self._recognizer = recognizer
        self._record = record
        self._ending: Ending | None = None
        self.sim_s = 0.0
        record.add(trace.Began(0.0, scenario))
        streams = Streams(scenario.seed)
        down = Way(self._timeline, scenario.link, streams, "aa", self._obey)
        self.participant = Participant(self._timeline, link, self._add, down.send)
        up = Way(self._timeline, scenario.link, streams, "bb", self.participant.arrive)
        self._line = Line(self._timeline, scenario, film_of(scenario), self._add, up.send, self._answer)
        self._ending = Ending(self._timeline, scenario, self._line)

    def work(self) -> None:
        """Step through the run until it is over."""
        assert self._ending is not None
        step, ending = self._timeline.step, self._ending
        self.participant.begin()
        while not ending.over:
            step()
        assert ending.reason is not None
        self.sim_s = self._timeline.now
        self._line.end(ending.reason)

    def _add(self, record: trace.AnyRecord) -> None:
        self._record.add(record)
        if self._ending is not None:
            self._ending.see(record)

    def _obey(self, payload: bytes) -> None:
        self._line.obey(payload)

    def _answer(self, item: int, image: bytes) -> None:
        try:
            said = self._recognizer.classify(image)
        except (ClassifierError, RecognizerError):
            self._add(trace.Answered(self._timeline.now, item, None, 0.0))
        else:
            self._add(trace.Answered(self._timeline.now, item, said.label, said.confidence))


def _recognizer_of(scenario: Scenario) -> Recognizer:
    if scenario.recognizer.source == "oracle":
        return Oracle()
    from classifier import Classifier  # Loads the model's engine: only where pictures are to be recognised.

    return Classifier.load()


def _link_of(link: LinkName | Callable[[ControllerOf, Settings, Recognizer], Link]) -> Callable[..., Link]:
    if callable(link):
        return link
    assert link == "memory", f"{link} is opened by its own module"
    return MemoryLink


def _summary(
    scenario: Scenario, tally: Tally, judged: Checks, digest: str, shift: _Shift, recognizer: Remembered, wall: float
) -> Summary:
    asked_ms = percentiles_ms(recognizer.seconds)
    rejected = tally.bins.get("reject", 0)
    return Summary(
        seed=scenario.seed, items=tally.done, bins=tally.bins,
        correct=sum(count.right for count in tally.classes.values()), rejected=rejected,
        violations=judged.violations, sim_s=shift.sim_s, wall_s=wall, speedup=shift.sim_s / wall if wall > 0 else 0.0,
        items_per_min=tally.items_per_min, digest=digest,
        recognizer=RecognizerSummary(
            accuracy=tally.answers_right / tally.answers if tally.answers else None, misread=tally.misread,
            p50_ms=asked_ms.p50, p99_ms=asked_ms.p99,
        ),
        controller=ControllerSummary(gate_to_command_ms=percentiles_ms(shift.participant.gate_to_command_s)),
    )  # fmt: skip
