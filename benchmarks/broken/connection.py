"""Bugs in starting, stopping and reconnecting."""

from controller.core.controller import Controller
from controller.core.events import BrokerBack, BrokerLost, Tick
from controller.wire import ALL, Conveyor, Rod


class DeafAfterReconnect(Controller):
    """After a reconnect it does not subscribe again: it gets no more feedback."""

    _deaf = False

    def handle(self, event, now_s):
        self._deaf = self._deaf or isinstance(event, BrokerBack)
        if self._deaf and not isinstance(event, Tick | BrokerBack):
            return ()
        return super().handle(event, now_s)


class NeverNoticesALoss(Controller):
    """After a reconnect it goes on as if its last will had not stopped the belt."""

    def handle(self, event, now_s):
        return () if isinstance(event, BrokerLost | BrokerBack) else super().handle(event, now_s)


class NoRetractAfterReconnect(Controller):
    """It does not retract the rods at its start, or after a reconnect."""

    def _emit(self, *outputs):
        kept = [output for output in outputs if not (isinstance(output, Rod) and output.number == ALL)]
        super()._emit(*kept)


class LeavesTheBeltStanding(Controller):
    """It runs the belt at its start only, and not after a reconnect."""

    _ran = False

    def _emit(self, *outputs):
        kept = [output for output in outputs if not (self._ran and output == Conveyor(run=True))]
        self._ran = self._ran or Conveyor(run=True) in outputs
        super()._emit(*kept)


KINDS = (DeafAfterReconnect, NeverNoticesALoss, NoRetractAfterReconnect, LeavesTheBeltStanding)
