"""One run: it connects the plant, the channels and the controller, and runs them to the end."""

import signal
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from classifier import Recognition
from controller import wire
from twin import trace
from twin.caching_recognizer import CachingRecognizer
from twin.links.base import Link
from twin.links.channel import Channel
from twin.links.controller_port import ControllerPort
from twin.links.hands import Hands
from twin.links.live import Live
from twin.links.pacing import Pacer
from twin.links.real_time_port import RealTimePort
from twin.links.retained import RetainedMessages
from twin.links.tempo import Tempo
from twin.pictures import PictureWatcher
from twin.plant.fault_injector import FaultInjector
from twin.plant.line import Line
from twin.plant.message import Message
from twin.plant.picture_source import picture_source_of
from twin.run_end import RunEnd
from twin.scenario.random_streams import Streams
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline

if TYPE_CHECKING:
    from twin.links.hosted.link import HostedLink
    from twin.links.hosted.port import HostedPort


class Simulation:
    """A scenario's plant and channels, under virtual time or the wall clock. The trace begins with this object.

    `ours`: whether the controller is ours; then the run may end after the number of items in its settings. `expected`:
    whether a controller is known to be there. After the run, `lateness_s` has how late events were under the wall
    clock, and `latencies_s` the times from a gate's edge to the controller's command, both in s of the wall clock.
    `exchanges` counts the exchanges with the controller in virtual time. `picture_watchers` get each item's picture.
    """

    def __init__(
        self, scenario: Scenario, record: trace.Trace, recognizer: CachingRecognizer, *, ours: bool,
        expected: bool = True, picture_watchers: tuple[PictureWatcher, ...] = (),
    ) -> None:  # fmt: skip
        self.timeline = timeline = Timeline()
        self.lateness_s: deque[float] = deque()
        self.latencies_s: deque[float] = deque()
        self.exchanges = 0
        self.scenario = scenario
        self._recognizer = recognizer
        self._record = record
        self._answers_decide = ours or scenario.recognizer.source == "oracle"
        self._pictures: dict[int, bytes] = {}
        self._picture_watchers = picture_watchers
        record.add(trace.Began(timeline.now, scenario))
        streams = Streams(scenario.seed)
        self._faults = faults = FaultInjector(timeline, scenario, streams.stream("faults"), self._add)
        self._port: ControllerPort | HostedPort | RealTimePort | None = None
        self._real_time = False
        up = Channel(timeline, scenario.link, streams, wire.FEEDBACK, faults, self._deliver, self._place_m)
        picture_source = picture_source_of(scenario, faults)
        self._line = Line(timeline, scenario, picture_source, faults, self._add, up.send, self._photographed)
        self._down = Channel(
            timeline, scenario.link, streams, wire.COMMANDS, faults, self._line.obey, self._place_m
        )  # fmt: skip
        counted = scenario.controller.items if ours else None
        self._retained = RetainedMessages(timeline, faults, self._place_m, self._line.obey)
        self._end = RunEnd(timeline, scenario, self._line, self._add, end_after=counted, expected=expected)

    @property
    def played(self) -> Scenario:
        """The scenario, with the faults that people made act meanwhile."""
        injected = tuple(self._faults.injected.values())
        if not injected:
            return self.scenario
        return msgspec.structs.replace(self.scenario, faults=(*self.scenario.faults, *injected))

    def run(self, link: Link, tempo: Tempo | None = None, hands: Hands | None = None) -> None:
        """Run to the end in virtual time, at a tempo or as fast as it goes. `hands` reach a line with a tempo."""
        port = ControllerPort(self.timeline, link, self._faults, self._add, self._down.send, self._retained)
        self._step_through(port, tempo, hands)

    def run_hosted(self, link: "HostedLink", tempo: Tempo | None = None, hands: Hands | None = None) -> None:
        """Run to the end in virtual time, with a program that was not written for it."""
        from twin.links.hosted.port import HostedPort  # Only where a program is hosted.

        port = HostedPort(self.timeline, link, self._faults, self._add, self._down.send, self._retained)
        self._step_through(port, tempo, hands)
        if self._end.reason == "stalled":
            link.show_stacks()

    def _step_through(self, port: "ControllerPort | HostedPort", tempo: Tempo | None, hands: Hands | None) -> None:
        self._port = port
        self.latencies_s = port.gate_to_command_s
        port.start()
        self._plan_stop(port)
        step, end = self.timeline.step, self._end
        try:
            if tempo is not None:
                self._watch(tempo, hands)
            while not end.over:
                step()
        except KeyboardInterrupt:
            end.reason = "interrupted"
        finally:
            if hands is not None:
                hands.detach()
        self.exchanges = port.exchanges
        self._finish()

    def _watch(self, tempo: Tempo, hands: Hands | None) -> None:
        if hands is not None:
            hands.attach(self.timeline, self._faults, self._line, self.scenario, tempo.act)
        tempo.run(self.timeline, lambda: self._end.over)

    def run_in_real_time(self, live: Live, speed: float, hands: Hands | None = None) -> None:
        """Run to the end under the wall clock, `speed` times as fast. Messages go over the broker.

        `hands` reach the line while it runs.
        """
        port = self._port = RealTimePort(
            self.timeline, live, self.scenario, self._faults, self._add, self._down.send, self._retained
        )  # fmt: skip
        self._real_time = True
        self._plan_stop(port)
        try:
            if self.scenario.item_count:
                port.await_controller()
            if hands is not None:
                hands.attach(self.timeline, self._faults, self._line, self.scenario, live.inbox.put, port.check)
            pacer = Pacer(self.timeline, live.inbox, port.take, speed)
            self.lateness_s, self.latencies_s = pacer.lateness_s, live.gate_to_command_s
            pacer.run(lambda: self._over(port))
        except KeyboardInterrupt:
            self._end.reason = "interrupted"
        finally:
            if hands is not None:
                hands.detach()
        self._finish()

    def _over(self, port: RealTimePort) -> bool:
        port.record_exit()
        return self._end.over

    def _plan_stop(self, port: "ControllerPort | HostedPort | RealTimePort") -> None:
        """Schedule the request to the controller to end, if the scenario has one."""

        def stop() -> None:
            self._end.request_end("a signal")
            port.stop(signal.Signals[self.scenario.stop_signal])

        if self.scenario.stop_s is not None:
            self.timeline.call_at(self.scenario.stop_s, stop)

    def _finish(self) -> None:
        assert self._end.reason is not None
        self._line.end(self._end.reason)

    def _deliver(self, message: Message) -> None:
        assert self._port is not None, "the line runs only while a controller is connected"
        self._port.arrive(message)

    def _photographed(self, item: int, digest: str, image: bytes) -> None:
        """Ask the recognizer about a picture; when the item is in its bin, if a program may have asked it by then.

        In real time the plant must not wait for the answer.
        """
        for watcher in self._picture_watchers:
            watcher(digest, image)
        if self._answers_decide and not self._real_time:
            self._ask(item, image)
            return
        if self._real_time:
            self._recognizer.prefetch(image)
        self._pictures[item] = image

    def _place_m(self, part: str) -> float | None:
        return self._line.place_m(part)

    def _add(self, record: trace.AnyRecord) -> None:
        if type(record) is trace.Binned and record.item in self._pictures:
            self._ask(record.item, self._pictures.pop(record.item))
        self._record.add(record)
        self._end.see(record)

    def _ask(self, item: int, image: bytes) -> None:
        """Record the recognizer's answer for an item's picture, and whether it decides where the item belongs.

        A program's own recognizer is part of what is judged. If the program has its answer from the twin, a sure one
        decides; of an unsure one it need not know the threshold.
        """
        answer = self._recognizer.ask(image)
        label, confidence = (answer.label, answer.confidence) if isinstance(answer, Recognition) else (None, 0.0)
        sure = confidence >= self.scenario.controller.sure_at
        own = self._answers_decide or (sure and self._recognizer.classified(image))
        self._record.add(trace.Answered(self.timeline.now, item, label, confidence, own))
