"""Bugs that hardly ever show: each takes away nearly all of the room that a sound controller leaves, under a condition.

Their times were found by trial, and are too long still for four of them: a first hunt found `LateInCompany`,
`LateLateInTheRun`, `LateForTheJustSure` and `LoadsEarly` within 510 scenarios drawn by chance, three more within 2,800.
`benchmarks/rare_bugs.py` hunts them.
"""

from typing import Final

from controller.core.controller import Controller
from controller.wire import Rod


class _PushesLate(Controller):
    """It pushes `late_s` after the item's tail has left the gate, if `concerns` says so."""

    late_s: float

    def concerns(self, item):
        raise NotImplementedError

    def _push(self, item, now_s):
        late = self.concerns(item)
        rod = item.rod
        super()._push(item, now_s)
        if late:
            self._outputs = [output for output in self._outputs if output != Rod(rod, push=True)]
            self._agenda.add(now_s + self.late_s, Rod(rod, push=True))


class LateInCompany(_PushesLate):
    """Pushes wait too long while there are two more items on the belt: the work is done item by item."""

    late_s = 0.055

    def concerns(self, item):
        return len(self._tracker.items) > 2


class LateForRawInCompany(_PushesLate):
    """Pushes of one class wait too long while there is another item on the belt."""

    late_s = 0.05

    def concerns(self, item):
        return item.label == "raw" and len(self._tracker.items) > 1


class LateAfterARejectInCompany(_PushesLate):
    """A push waits too long if the item before it was rejected and another one is on the belt."""

    late_s = 0.05
    _rejected = False

    def concerns(self, item):
        return self._rejected and len(self._tracker.items) > 1

    def _leave(self, item, now_s):
        super()._leave(item, now_s)
        self._rejected = item.rod is None


class LateLateInTheRun(_PushesLate):
    """Pushes wait too long from the sixth item on: something is never tidied up."""

    late_s = 0.04

    def concerns(self, item):
        return item.number > 5


class LateAtTheLastRodAfterTheFirst(_PushesLate):
    """A push of the last rod waits too long right after one of the first rod."""

    late_s = 0.055
    _before = None

    def concerns(self, item):
        before, self._before = self._before, item.rod
        rods = self._settings.bins.values()
        return before == min(rods) and item.rod == max(rods) and len(self._tracker.items) > 1


class LateForTheJustSure(_PushesLate):
    """Pushes of items of which the recognizer was only just sure wait too long."""

    late_s = 0.045

    def concerns(self, item):
        return item.confidence is not None and item.confidence < self._settings.sure_at + 0.02


class LateOnTheThirdOfAClass(_PushesLate):
    """The third item in a row of one class is pushed too late."""

    late_s = 0.05
    _row = ()

    def concerns(self, item):
        self._row = (*self._row, item.label)[-3:]
        return len(self._row) == 3 and len(set(self._row)) == 1 and len(self._tracker.items) > 1


class PullsLate(Controller):
    """It pulls later than it counts on, so that the next item may meet the rod."""

    late_s = 0.45

    def _push(self, item, now_s):
        self._rod_out_s += 2 * self.late_s
        super()._push(item, now_s)
        self._rod_out_s -= 2 * self.late_s
        self._rods_in_s -= 2 * self.late_s


class LoadsEarly(Controller):
    """It loads the next item somewhat earlier than the headway allows."""

    early_s = 0.12

    def _next_load_s(self):
        due_s = super()._next_load_s()
        return max(self._ready_s, self._loader_in_s, due_s - self.early_s)


class LateAfterAPause(_PushesLate):
    """A push waits too long if its item was loaded long after the one before: something has gone to sleep."""

    late_s = 0.06
    pause_s = 20.0
    _before_s = float("inf")

    def concerns(self, item):
        before_s, self._before_s = self._before_s, item.loaded_s
        return item.loaded_s - before_s > self.pause_s


KINDS: Final = (
    LateInCompany,
    LateForRawInCompany,
    LateAfterARejectInCompany,
    LateLateInTheRun,
    LateAtTheLastRodAfterTheFirst,
    LateForTheJustSure,
    LateOnTheThirdOfAClass,
    PullsLate,
    LoadsEarly,
    LateAfterAPause,
)
