"""Bugs that hardly ever show: each pushes a little too late, under a condition that hardly ever holds by itself.

A condition that also holds where nothing is wrong is not rare: `pytest scenarios/` runs sixty items on lines where no
push may be late. So each asks for a reject, an answer that is only just sure, or a pause. That is not enough: of ten
tries `quick` found the first in two and the second in six. The others have not been tried so often yet.
`benchmarks/rare_bugs.py` hunts them.
"""

from typing import Final

from controller.core.controller import Controller
from controller.wire import Rod


class _PushesLate(Controller):
    """It pushes `late_s` after the item's tail has left the gate, if `concerns` says so."""

    late_s = 0.05

    def concerns(self, item):
        raise NotImplementedError

    def _push(self, item, now_s):
        late = self.concerns(item)
        rod = item.rod
        super()._push(item, now_s)
        if late:
            self._outputs = [output for output in self._outputs if output != Rod(rod, push=True)]
            self._agenda.add(now_s + self.late_s, Rod(rod, push=True))


class _AfterARejectLate(_PushesLate):
    """Counts the rejects; `rejected` tells whether the item that left before was one."""

    rejected = False
    rejects = 0

    def _leave(self, item, now_s):
        super()._leave(item, now_s)
        self.rejected = item.rod is None
        self.rejects += self.rejected


class LateAfterARejectInCompany(_AfterARejectLate):
    """A push waits too long if the item before it was rejected and another one is on the belt."""

    late_s = 0.04

    def concerns(self, item):
        return self.rejected and len(self._tracker.items) > 1


class LateAfterTwoRejects(_AfterARejectLate):
    """Pushes wait too long once two items have been rejected: something is never tidied up."""

    def concerns(self, item):
        return self.rejects > 1


class LateForRawAfterTwoRejects(_AfterARejectLate):
    """The same, for raw items."""

    def concerns(self, item):
        return self.rejects > 1 and item.label == "raw"


class LateAtTheLastRodAfterTwoRejects(_AfterARejectLate):
    """The same, for items that the last rod pushes."""

    def concerns(self, item):
        return self.rejects > 1 and item.rod == max(self._settings.bins.values())


class LateAtTheFirstRodAfterAReject(_AfterARejectLate):
    """A push of the first rod waits too long if the item before was rejected."""

    def concerns(self, item):
        return self.rejected and item.rod == min(self._settings.bins.values())


class LateForTheJustSure(_PushesLate):
    """Pushes of items of which the recognizer was only just sure wait too long."""

    def concerns(self, item):
        return just_sure(item, self._settings)


class LateForTheJustSureInCompany(_PushesLate):
    """The same, while there is another item on the belt."""

    def concerns(self, item):
        return just_sure(item, self._settings) and len(self._tracker.items) > 1


class LateAfterAJustSure(_PushesLate):
    """A push waits too long if the recognizer was only just sure of the item that was pushed before."""

    _before = None

    def concerns(self, item):
        before, self._before = self._before, item
        return before is not None and just_sure(before, self._settings)


class LateAfterAPause(_PushesLate):
    """A push waits too long if its item was loaded long after the one before: something has gone to sleep."""

    pause_s = 20.0
    _before_s = float("inf")

    def concerns(self, item):
        before_s, self._before_s = self._before_s, item.loaded_s
        return item.loaded_s - before_s > self.pause_s


class LateForRawAfterAPause(LateAfterAPause):
    """The same, for a raw item."""

    def concerns(self, item):
        return super().concerns(item) and item.label == "raw"


def just_sure(item, settings):
    """Whether the recognizer's answer for an item is only just sure enough."""
    return item.confidence is not None and item.confidence < settings.sure_at + 0.005


KINDS: Final = (
    LateAfterARejectInCompany,
    LateAfterTwoRejects,
    LateForRawAfterTwoRejects,
    LateAtTheLastRodAfterTwoRejects,
    LateAtTheFirstRodAfterAReject,
    LateForTheJustSure,
    LateForTheJustSureInCompany,
    LateAfterAJustSure,
    LateAfterAPause,
    LateForRawAfterAPause,
)
