"""A hosted program in virtual time: it receives what arrives, is woken when a wait of its ends, and sends commands."""

import math
import signal
from collections.abc import Callable
from functools import partial

from controller.system import wall_s
from twin import trace
from twin.errors import ParticipantError
from twin.links.hosted.link import HostedLink, Progress
from twin.links.retained import RetainedMessages
from twin.links.virtual_port import CONTROLLER, VirtualPort
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message
from twin.scenario.faults import THROWN_OFF_S, AnotherClient, BrokerFault, ClientCutOff, ControllerKilled
from twin.timeline import Timeline
from twin.verdict.absence import RECONNECT_S


class HostedPort(VirtualPort):
    """Drives a hosted program from the timeline.

    As over a real broker, the program itself must notice what happens to its connection, and its last will is its own.
    Between two events of the line the program's time goes on without the twin.
    """

    def __init__(
        self, timeline: Timeline, link: HostedLink, faults: FaultInjector, record: Callable[[trace.AnyRecord], None],
        send: Callable[[Message], None], retained: RetainedMessages,
    ) -> None:  # fmt: skip
        super().__init__(timeline, faults, record, send, retained)
        self._link = link
        self._gone = False
        self._good_codes = {0}
        self._lost_until_s = math.inf

    def start(self) -> None:
        """Start the program, and schedule the faults of its connection."""
        self._retained.keep_in(self._link.retain)
        self._converse(lambda: self._link.start(self._timeline.now))
        for rival in self._faults.all(AnotherClient):
            self._timeline.call_at(rival.until_s, partial(self._regain, rival))
        self._schedule_losses()

    def arrive(self, message: Message) -> None:
        """Publish a message on `bb` through the broker, to every client that subscribed.

        If no client gets it while the connection is lost, or within the time that a controller may take to reconnect
        after that, the fault has caused the loss.
        """
        before_s = wall_s()
        delivered = self._link.publish(message.payload)
        fault = self._lost_by
        if delivered or fault is None or self._timeline.now > self._lost_until_s:
            self._record(trace.Feedback(self._timeline.now, message.part, message.text))
        else:
            self._drop(fault, message)
        if self._exchange():
            self._note_latency(message, before_s)

    def stop(self, number: signal.Signals) -> None:
        """Ask the program to end, by a signal. One without a handler ends by that signal.

        By custom a handler may also end it with 128 plus the signal's number; Ctrl-C ends a Python program so.
        """
        self._good_codes |= {-number, 128 + number}
        self._link.send_signal(number)
        self._exchange()

    def _throw_off(self, rival: AnotherClient) -> None:
        if self._timeline.now >= rival.until_s:
            return
        if self._link.take_over():
            self._lost_by, self._lost_until_s = rival, math.inf
            self._faults.disturb_all(rival, "cut_off", CONTROLLER)
        self._exchange()
        self._timeline.call_at(self._timeline.now + 2 * THROWN_OFF_S, partial(self._throw_off, rival))

    def _lose(self, fault: BrokerFault) -> None:
        self._lost_by, self._lost_until_s = fault, math.inf
        self._faults.disturb_all(fault, "cut_off", CONTROLLER)
        if isinstance(fault, ControllerKilled):
            self._gone = True
            self._link.kill()
        else:
            self._link.cut_off(goodbye=isinstance(fault, ClientCutOff))
        self._exchange()

    def _regain(self, fault: BrokerFault) -> None:
        self._lost_until_s = self._timeline.now + RECONNECT_S
        restarted = isinstance(fault, ControllerKilled)
        self._faults.disturb_all(fault, "restarted" if restarted else "reconnected", CONTROLLER)
        if restarted:
            self._gone = False
            self._converse(lambda: self._link.start(self._timeline.now))
        elif isinstance(fault, AnotherClient):
            self._link.leave()
        else:
            self._link.let_in()

    def _exchange(self) -> bool:
        self._deadline.cancel()
        timeline = self._timeline
        return self._converse(lambda: self._link.exchange(timeline.now, timeline.peek()))

    def _converse(self, call: Callable[[], Progress]) -> bool:
        self.exchanges += 1
        try:
            progress = call()
        except ParticipantError as error:
            self._link.kill()
            self._crash(str(error))
            return False
        if progress.at_s > self._timeline.now:
            self._timeline.call_at(progress.at_s, partial(self._take, progress))
        else:
            self._take(progress)
        return bool(progress.commands)

    def _take(self, progress: Progress) -> None:
        now_s = self._timeline.now
        for observation in progress.observations:
            self._record(trace.Connection(now_s, observation.client, observation.event, observation.detail))
            kept = self._retained.subscribed(observation.detail) if observation.event == "subscribed" else None
            if kept is not None:
                self._record(trace.Feedback(now_s, kept.part, kept.text))
        for payload in progress.commands:
            self._command(payload)
        if progress.exit is not None:
            kind = trace.Exited if progress.exit.code in self._good_codes else trace.Crashed
            self._end(kind(now_s, progress.exit.reason))
        if progress.next_s is not None:
            self._wake_at(progress.next_s)

    def _crash(self, reason: str) -> None:
        self._end(trace.Crashed(self._timeline.now, reason))

    def _end(self, record: trace.Crashed | trace.Exited) -> None:
        """Record the program's end, once."""
        if not self._gone:
            self._gone = True
            self._record(record)
