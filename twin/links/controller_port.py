"""Our controller in virtual time: it receives feedback, is woken at its deadlines, and sends commands."""

from collections.abc import Callable, Sequence
from typing import Final

from controller import wire
from controller.system import wall_s
from twin import trace
from twin.errors import ParticipantError
from twin.links.base import Link, Reply
from twin.links.virtual_port import CONTROLLER, VirtualPort
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message
from twin.scenario.faults import BrokerDown, BrokerFault, ControllerKilled
from twin.timeline import Timeline

LAST_WILL: Final = wire.encode_command(wire.Conveyor(run=False))


class ControllerPort(VirtualPort):
    """Drives a link from the timeline: one exchange for each message on `bb` and for each deadline.

    A controller that fails is recorded as crashed, once, and gets nothing more.
    """

    def __init__(
        self, timeline: Timeline, link: Link, faults: FaultInjector, record: Callable[[trace.AnyRecord], None],
        send: Callable[[Message], None],
    ) -> None:  # fmt: skip
        super().__init__(timeline, faults, record, send)
        self._link = link
        self._stop_requested = False
        self._stop_pending = False
        self.crashed = False

    def start(self) -> None:
        """Start the controller, and schedule the faults of its connection."""
        self._exchange()
        self._schedule_losses()

    def arrive(self, message: Message) -> None:
        """Deliver a message on `bb` to the controller. It is lost while the controller is not connected."""
        if self._lost_by is not None:
            self._drop(self._lost_by, message)
            return
        self._record(trace.Feedback(self._timeline.now, message.part, message.text))
        before_s = wall_s()
        if self._exchange([message.payload]):
            self._note_latency(message, before_s)

    def stop(self) -> None:
        """Tell the controller to end, now or as soon as it is connected again.

        A controller that replaces a killed one gets the request, too.
        """
        self._stop_requested = True
        if self._lost_by is None and not self.crashed:
            self._stop_pending = False
            self._call_link(self._link.stop)
        else:
            self._stop_pending = True

    def _lose(self, fault: BrokerFault) -> None:
        """The connection breaks, or the controller is killed. The broker, if it runs, publishes the last will."""
        self._lost_by = fault
        self._deadline.cancel()
        self._faults.disturb_all(fault, "cut_off", CONTROLLER)
        if isinstance(fault, ControllerKilled):
            self._link.kill()
        if not isinstance(fault, BrokerDown):
            self._command(LAST_WILL)

    def _regain(self, fault: BrokerFault) -> None:
        """The connection is back, or another controller has started in the place of the killed one."""
        if self.crashed:
            return
        self._lost_by = None
        restarted = isinstance(fault, ControllerKilled)
        self._faults.disturb_all(fault, "restarted" if restarted else "reconnected", CONTROLLER)
        self._call_link(self._link.revive if restarted else self._link.rejoin)
        if self._stop_pending or (self._stop_requested and restarted):
            self.stop()

    def _exchange(self, feedback: Sequence[bytes] = ()) -> bool:
        if self.crashed or self._lost_by is not None:
            return False
        return self._call_link(lambda now_s: self._link.exchange(now_s, feedback))

    def _call_link(self, call: Callable[[float], Reply]) -> bool:
        self.exchanges += 1
        try:
            reply = call(self._timeline.now)
        except ParticipantError as error:
            self._crash(str(error))
            return False
        self._take(reply)
        return bool(reply.commands)

    def _take(self, reply: Reply) -> None:
        for payload in reply.commands:
            self._command(payload)
        if reply.next_s is None:
            self._deadline.cancel()
        else:
            self._wake_at(reply.next_s)

    def _crash(self, reason: str) -> None:
        self.crashed = True
        self._deadline.cancel()
        self._record(trace.Crashed(self._timeline.now, reason))
