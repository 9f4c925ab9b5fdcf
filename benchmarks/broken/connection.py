"""Mistakes in starting, stopping and losing the broker."""

from controller.core.controller import Controller
from controller.core.events import BrokerBack, BrokerLost, Tick
from controller.wire import ALL, Conveyor, Rod


class DeafAfterReconnect(Controller):
    """After a reconnect it does not subscribe again: it hears nothing more."""

    _deaf = False

    def handle(self, event, now_s):
        self._deaf = self._deaf or isinstance(event, BrokerBack)
        if self._deaf and not isinstance(event, Tick | BrokerBack):
            return ()
        return super().handle(event, now_s)


class NeverNoticesALoss(Controller):
    """Its connection comes back by itself, and it goes on as if the belt had not been stopped by its last will."""

    def handle(self, event, now_s):
        return () if isinstance(event, BrokerLost | BrokerBack) else super().handle(event, now_s)


class NoRetractAfterReconnect(Controller):
    """After a reconnect, or at its start, the rods stay as they are."""

    def _emit(self, *outputs):
        kept = [output for output in outputs if not (isinstance(output, Rod) and output.number == ALL)]
        super()._emit(*kept)


class LeavesTheBeltStanding(Controller):
    """The belt is run once, at the start, and never again, also not after a reconnect."""

    _ran = False

    def _emit(self, *outputs):
        kept = [output for output in outputs if not (self._ran and output == Conveyor(run=True))]
        self._ran = self._ran or Conveyor(run=True) in outputs
        super()._emit(*kept)


KINDS = (DeafAfterReconnect, NeverNoticesALoss, NoRetractAfterReconnect, LeavesTheBeltStanding)
