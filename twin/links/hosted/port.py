"""A hosted program in the twin's virtual time: hears what arrives, is woken when it waits for a time, commands."""

import math
import signal
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from controller.system import wall_s
from twin import trace
from twin.errors import ParticipantError
from twin.links.controller_port import CAMERA, CONTROLLER, LATENCY_SAMPLES, WAKES_AT_ONE_INSTANT
from twin.links.hosted.link import Heard, HostedLink
from twin.links.retained import RetainedMessages
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message, command_message
from twin.scenario.faults import (
    THROWN_OFF_S,
    AnotherClient,
    BrokerDown,
    BrokerFault,
    ClientCutOff,
    ControllerKilled,
)
from twin.timeline import Timeline, Timer
from twin.verdict.excuses import RECONNECT_S

INTERRUPTED: Final = 130
"""The exit code of a Python program that Ctrl-C ends."""


class HostedPort:
    """Drives a hosted program from the timeline. Its commands go to `send`.

    As over a real broker, what befalls its connection is for the program to notice, and its last will is its own.
    Between two events of the line the program's time goes on without the twin.
    """

    def __init__(
        self, timeline: Timeline, link: HostedLink, faults: FaultInjector, record: Callable[[trace.AnyRecord], None],
        send: Callable[[Message], None], retained: RetainedMessages,
    ) -> None:  # fmt: skip
        self._retained = retained
        self._timeline = timeline
        self._link = link
        self._faults = faults
        self._record = record
        self._send = send
        self._deadline = Timer(timeline)
        self._spins = 0
        self._spun_at_s = -1.0
        self._gone = False
        self._good_codes = {0}
        self._lost_by: BrokerFault | None = None
        self._lost_until_s = math.inf
        self.exchanges = 0
        self.gate_to_command_s: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def start(self) -> None:
        """Start the program; from now on what befalls its connection does so at its times."""
        self._retained.keep_in(self._link.retain)
        self._converse(lambda: self._link.start(self._timeline.now))
        for rival in self._faults.all(AnotherClient):
            self._timeline.call_at(rival.from_s, partial(self._throw_off, rival))
            self._timeline.call_at(rival.until_s, partial(self._regain, rival))
        losses: list[BrokerFault] = [
            *self._faults.all(BrokerDown), *self._faults.all(ClientCutOff), *self._faults.all(ControllerKilled)
        ]  # fmt: skip
        for loss in losses:
            self._timeline.call_at(loss.from_s, partial(self._lose, loss))
            self._timeline.call_at(loss.until_s, partial(self._regain, loss))

    def arrive(self, message: Message) -> None:
        """A message on `bb` reaches the broker, which passes it on to whoever subscribed.

        While the connection is lost, and for as long after that as a controller may take to reconnect, a message that
        nobody gets is the fault's doing.
        """
        before_s = wall_s()
        heard = self._link.publish(message.payload)
        fault = self._lost_by
        if heard or fault is None or self._timeline.now > self._lost_until_s:
            self._record(trace.Feedback(self._timeline.now, message.part, message.says))
        elif message.item is not None:
            lost: trace.Effect = "picture_lost" if message.part == CAMERA else "edge_lost"
            self._faults.disturb(fault, lost, message.part, item=message.item)
        if self._exchange() and message.part != CAMERA:
            self.gate_to_command_s.append(wall_s() - before_s)

    def stop(self, number: signal.Signals) -> None:
        """The program is told to end, by a signal. One without a handler ends by that signal."""
        self._good_codes |= {-number, INTERRUPTED} if number == signal.SIGINT else {-number}
        self._link.send_signal(number)
        self._exchange()

    def _throw_off(self, rival: AnotherClient) -> None:
        """Another client takes the place of the program's, whenever it has lost that place again."""
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
            self._exchange()
        else:
            self._link.cut_off(goodbye=isinstance(fault, ClientCutOff))
            self._exchange()

    def _regain(self, fault: BrokerFault) -> None:
        self._lost_until_s = self._timeline.now + RECONNECT_S
        reborn = isinstance(fault, ControllerKilled)
        self._faults.disturb_all(fault, "restarted" if reborn else "reconnected", CONTROLLER)
        if reborn:
            self._gone = False
            self._converse(lambda: self._link.start(self._timeline.now))
        elif isinstance(fault, AnotherClient):
            self._link.leave()
        else:
            self._link.let_in()

    def _wake(self) -> None:
        if self._spun_at_s != self._timeline.now:
            self._spun_at_s, self._spins = self._timeline.now, 0
        self._spins += 1
        if self._spins > WAKES_AT_ONE_INSTANT:
            self._leave(trace.Crashed(self._timeline.now, f"asks for {self._spins} deadlines at one instant"))
        else:
            self._exchange()

    def _exchange(self) -> bool:
        """One exchange; returns whether the program commanded anything."""
        self._deadline.cancel()
        timeline = self._timeline
        return self._converse(lambda: self._link.exchange(timeline.now, timeline.peek()))

    def _converse(self, talk: Callable[[], Heard]) -> bool:
        self.exchanges += 1
        try:
            heard = talk()
        except ParticipantError as error:
            self._link.kill()
            self._leave(trace.Crashed(self._timeline.now, str(error)))
            return False
        if heard.at_s > self._timeline.now:
            self._timeline.call_at(heard.at_s, partial(self._obey, heard))
        else:
            self._obey(heard)
        return bool(heard.commands)

    def _obey(self, heard: Heard) -> None:
        now_s = self._timeline.now
        for seen in heard.seen:
            self._record(trace.Connection(now_s, seen.client, seen.event, seen.detail))
            kept = self._retained.subscribed(seen.detail) if seen.event == "subscribed" else None
            if kept is not None:
                self._record(trace.Feedback(now_s, kept.part, kept.says))
        for payload in heard.commands:
            self._send(command_message(payload))
        if heard.exit is not None:
            kind = trace.Exited if heard.exit.code in self._good_codes else trace.Crashed
            self._leave(kind(now_s, heard.exit.reason))
        if heard.next_s is not None:
            self._deadline.start(max(heard.next_s, now_s), self._wake)

    def _leave(self, record: trace.Crashed | trace.Exited) -> None:
        if not self._gone:
            self._gone = True
            self._record(record)
