"""Bugs that hardly ever show: each pushes a little too late, under a condition that hardly ever holds by itself.

A condition that also holds where nothing is wrong is not rare: `pytest scenarios/` runs sixty items on lines where no
push may be late, and at their end the loader pushes nothing, which counts as a reject here. So each asks for two
rejects, an answer that is only just sure, or a pause, and for something else, too; but not for company, as a late push
then takes the neighbour, which half of the tries found. `late_s` is a little less than what sixteen runs of the quick
profile left under that condition, at the least: ten more runs found none of the ten. `benchmarks/rare_bugs.py` hunts
them.
"""

from typing import Final

from controller.core.controller import Controller
from controller.wire import Rod

PAUSE_S: Final = 15.0


class _PushesLate(Controller):
    """It pushes `late_s` after the item's tail has left the gate, if `concerns` says so.

    `rejects` counts the items that left without a push, `in_a_row` those since the last push. `pushed` is the item that
    was pushed before, `pauses` the number of pauses between two items that were pushed.
    """

    late_s = 0.05
    rejects = 0
    in_a_row = 0
    pushed = None
    pauses = 0

    def concerns(self, item):
        raise NotImplementedError

    def pause_s(self, item):
        """The time from the load of the item that was pushed before to this one's."""
        return 0.0 if self.pushed is None else item.loaded_s - self.pushed.loaded_s

    def just_sure(self, item, by):
        """Whether the recognizer's answer for an item is only just sure enough."""
        return item is not None and item.confidence is not None and item.confidence < self._settings.sure_at + by

    def at_rod(self, item, which):
        """Whether an item's rod is the first one (`min`) or the last one (`max`)."""
        return item.rod == which(self._settings.bins.values())

    def _leave(self, item, now_s):
        super()._leave(item, now_s)
        self.rejects += item.rod is None
        self.in_a_row = self.in_a_row + 1 if item.rod is None else 0

    def _push(self, item, now_s):
        self.pauses += self.pause_s(item) > PAUSE_S
        late, rod = self.concerns(item), item.rod
        self.pushed = item
        super()._push(item, now_s)
        if late:
            self._outputs = [output for output in self._outputs if output != Rod(rod, push=True)]
            self._agenda.add(now_s + self.late_s, Rod(rod, push=True))


class LateForRawAfterTwoRejects(_PushesLate):
    """Pushes of raw items wait too long once two items have been rejected: something is never tidied up."""

    late_s = 0.04

    def concerns(self, item):
        return self.rejects > 1 and item.label == "raw"


class LateForRawAfterTwoRejectsInARow(_PushesLate):
    """A push of a raw item waits too long if the two items that left before it were rejected."""

    late_s = 0.04

    def concerns(self, item):
        return self.in_a_row > 1 and item.label == "raw"


class LateForRawAfterAJustSure(_PushesLate):
    """A push of a raw item waits too long if the recognizer was only just sure of the item before."""

    late_s = 0.07

    def concerns(self, item):
        return self.just_sure(self.pushed, 0.01) and item.label == "raw"


class LateForTheJustSureAfterAPause(_PushesLate):
    """A push waits too long after a pause, if the recognizer was only just sure: something has gone to sleep."""

    late_s = 0.055

    def concerns(self, item):
        return self.pause_s(item) > 20 and self.just_sure(item, 0.05)


class LateForRawAfterAPause(_PushesLate):
    """The same, for a raw item."""

    late_s = 0.055

    def concerns(self, item):
        return self.pause_s(item) > 20 and item.label == "raw"


class LateAtTheFirstRodAfterAPause(_PushesLate):
    """The same, for an item that the first rod pushes."""

    late_s = 0.035

    def concerns(self, item):
        return self.pause_s(item) > PAUSE_S and self.at_rod(item, min)


class LateAtTheSameRodAfterALongPause(_PushesLate):
    """The same, after a longer pause, for an item with the rod of the one that was pushed before."""

    late_s = 0.04

    def concerns(self, item):
        return self.pause_s(item) > 30 and self.pushed.rod == item.rod


class LateForRawAfterTwoPauses(_PushesLate):
    """Pushes of raw items wait too long once there were two pauses."""

    late_s = 0.04

    def concerns(self, item):
        return self.pauses > 1 and item.label == "raw"


class LateForTheJustSureAfterTwoPauses(_PushesLate):
    """The same, for items of which the recognizer was only just sure."""

    late_s = 0.06

    def concerns(self, item):
        return self.pauses > 1 and self.just_sure(item, 0.05)


class LateAtTheLastRodAfterTwoPauses(_PushesLate):
    """Pushes of the last rod wait too long once there were two pauses."""

    late_s = 0.055

    def concerns(self, item):
        return self.pauses > 1 and self.at_rod(item, max)


KINDS: Final = (
    LateForRawAfterTwoRejects,
    LateForRawAfterTwoRejectsInARow,
    LateForRawAfterAJustSure,
    LateForTheJustSureAfterAPause,
    LateForRawAfterAPause,
    LateAtTheFirstRodAfterAPause,
    LateAtTheSameRodAfterALongPause,
    LateForRawAfterTwoPauses,
    LateForTheJustSureAfterTwoPauses,
    LateAtTheLastRodAfterTwoPauses,
)
