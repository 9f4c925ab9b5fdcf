"""The controller in real time: any program that connects to the broker."""

import math
import signal
from collections.abc import Callable
from functools import partial
from queue import Empty
from typing import Final

import msgspec

from controller import wire
from controller.system import wall_s
from twin import trace
from twin.beliefs import Belief
from twin.broker.mqtt.effects import BROKER_RESTARTED
from twin.broker.observation import Observation
from twin.errors import ScenarioError
from twin.links.live import Arrival, Live
from twin.links.pacing import POLL_S
from twin.links.retained import RetainedMessages
from twin.links.rival import Rival
from twin.links.virtual_port import CAMERA, CONTROLLER
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message, command_message
from twin.scenario.faults import (
    THROWN_OFF_S,
    AnotherClient,
    BrokerDown,
    BrokerFault,
    ClientCutOff,
    ControllerKilled,
    RetainedMessage,
)
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline
from twin.verdict.absence import RECONNECT_S

LONGEST_START_S: Final = 60.0
"""How long the twin waits for a program that it has started, where the broker does not show connections."""


class RealTimePort:
    """Connects the line to a controller that runs under the wall clock and is reached over a broker.

    `send` takes the controller's commands. The scenario's faults cut the connection, stop the broker and kill the
    controller. The port records what the broker observes of the controller's connection, and the end of the
    controller's program. Raises `ScenarioError` for a fault or a `stop_s` that this broker or controller cannot have.
    """

    def __init__(
        self, timeline: Timeline, live: Live, scenario: Scenario, faults: FaultInjector,
        record: Callable[[trace.AnyRecord], None], send: Callable[[Message], None], retained: RetainedMessages,
    ) -> None:  # fmt: skip
        self._retained = retained
        self._clients: set[str] = set()
        self._connected: set[str] = set()
        self._subscribed: set[str] = set()
        self._lost_by: BrokerFault | None = None
        self._lost_until_s = math.inf
        self._timeline = timeline
        self._live = live
        self._faults = faults
        self._record = record
        self._send = send
        self._exited = False
        self._good_codes = {0}
        for place, fault in enumerate(scenario.faults):
            if isinstance(fault, RetainedMessage) and fault.message != "push":
                retained.keep_in(live.keep(f"faults[{place}]"))
            if isinstance(fault, AnotherClient):
                rival = live.rival(f"faults[{place}]")
                timeline.call_at(fault.from_s, partial(self._throw_off, fault, rival))
                timeline.call_at(fault.until_s, partial(self._lose, fault, "reconnected", rival.leave))
            elif isinstance(fault, BrokerFault):
                begins, ends = live.losses(fault, f"faults[{place}]")
                timeline.call_at(fault.from_s, partial(self._lose, fault, "cut_off", begins))
                timeline.call_at(fault.until_s, partial(self._lose, fault, _back(fault), ends))
        for kind in (BrokerDown, ClientCutOff, ControllerKilled):
            faults.on_injected(kind, self._lose_or_regain)
        if scenario.stop_s is not None and not live.program.started:
            raise ScenarioError("stop_s", scenario.stop_s, "left out for a controller that somebody else starts")

    def check(self, fault: BrokerFault) -> None:
        """Raises `ScenarioError` for a fault that a person cannot make act on this broker or controller."""
        self._live.losses(fault, "fault")

    def _lose_or_regain(self, fault: BrokerFault, acts: bool) -> None:
        """A person begins or ends a fault."""
        begins, ends = self._live.losses(fault, "fault")
        self._lose(fault, "cut_off" if acts else _back(fault), begins if acts else ends)

    def stop(self, number: signal.Signals) -> None:
        """Ask the controller to end, by a signal. A program without a handler for it ends by that signal.

        Those of other languages, and handlers that do as shells do, end with 128 plus the signal's number.
        """
        self._good_codes |= {-number, 128 + number}
        self._live.program.stop(number)

    def await_controller(self) -> None:
        """Wait until a controller connects, which is the line's time zero.

        If the broker does not show connections, wait for the first command. Wait for a program that the twin has
        started at most `LONGEST_START_S`.
        """
        live, until_s = self._live, wall_s() + LONGEST_START_S
        while live.program.exit() is None:
            if live.program.started and wall_s() > until_s:
                return
            try:
                arrival = live.inbox.get(timeout=POLL_S)
            except Empty:
                continue
            # Put back, it could come after an arrival that another thread has put there since.
            self._timeline.call_at(self._timeline.now, partial(self.take, arrival))
            return

    def arrive(self, message: Message) -> None:
        """Publish a message on `bb`.

        If no client is subscribed while the connection is lost, or within the time that a controller may take to
        reconnect after that, the fault has caused the loss.
        """
        fault = self._lost_by
        reached = not self._clients or bool(self._connected & self._subscribed)  # Not every broker shows its clients.
        if reached or fault is None or self._timeline.now > self._lost_until_s:
            self._record(trace.Feedback(self._timeline.now, message.part, message.text))
        elif message.item is not None:
            lost: trace.Effect = "picture_lost" if message.part == CAMERA else "edge_lost"
            self._faults.disturb(fault, lost, message.part, item=message.item)
        self._live.plant_client.publish(wire.FEEDBACK, message.payload)

    def take(self, arrival: Arrival) -> None:
        """Handle a payload on `aa`, an event of a connection, a belief of our controller, or what a person does."""
        if callable(arrival):
            arrival()
        elif isinstance(arrival, Belief):
            assert self._live.on_belief is not None, "beliefs come only if somebody asks for them"
            self._live.on_belief(msgspec.structs.replace(arrival, t_s=self._timeline.now))
        elif isinstance(arrival, bytes):
            self._send(command_message(arrival))
        else:
            self._record(trace.Connection(self._timeline.now, arrival.client, arrival.event, arrival.detail))
            self._note(arrival)
            kept = self._retained.subscribed(arrival.detail) if arrival.event == "subscribed" else None
            if kept is not None:
                self._record(trace.Feedback(self._timeline.now, kept.part, kept.text))

    def _note(self, seen: Observation) -> None:
        """Note who is connected, and subscribed: a subscription may outlive a connection, but not the broker."""
        if seen.event == "connected":
            self._clients.add(seen.client)
            self._connected.add(seen.client)
        elif seen.event == "subscribed":
            self._subscribed.add(seen.client)
        elif seen.event in ("disconnected", "lost"):
            self._connected.discard(seen.client)
        if seen.detail == BROKER_RESTARTED:
            self._subscribed.discard(seen.client)

    def record_exit(self) -> None:
        """Record the end of the controller's program, once, and note what it has written."""
        self._live.program.note_output(self._timeline.now)
        ended = None if self._exited else self._live.program.exit()
        if ended is not None:
            self._exited = True
            kind = trace.Exited if ended.code in self._good_codes else trace.Crashed
            self._record(kind(self._timeline.now, ended.reason))

    def _throw_off(self, fault: AnotherClient, rival: Rival) -> None:
        """Another client takes the place of the controller's, whenever it has lost that place again."""
        if self._timeline.now >= fault.until_s:
            return
        if rival.take_over(sorted(self._clients)):
            self._lost_by, self._lost_until_s = fault, math.inf
            self._faults.disturb_all(fault, "cut_off", CONTROLLER)
        self._timeline.call_at(self._timeline.now + 2 * THROWN_OFF_S, partial(self._throw_off, fault, rival))

    def _lose(self, fault: BrokerFault, what: trace.Effect, act: Callable[[], None]) -> None:
        self._lost_by, self._lost_until_s = fault, math.inf if what == "cut_off" else self._timeline.now + RECONNECT_S
        self._faults.disturb_all(fault, what, CONTROLLER)
        act()


def _back(fault: BrokerFault) -> trace.Effect:
    return "restarted" if isinstance(fault, ControllerKilled) else "reconnected"
