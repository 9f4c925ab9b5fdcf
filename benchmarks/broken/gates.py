"""Bugs in handling gate edges."""

from controller.core.controller import Controller
from controller.core.timing_model import DwellRange, Estimate
from controller.core.track import Stage


class NoDebounce(Controller):
    """Every flicker of a beam counts as an edge, at any time."""

    def __init__(self, settings):
        super().__init__(settings)
        self._timing.dwell = _BelievesAnything()
        self._timing.legs = [_FitsAlways() for _ in self._timing.legs]
        self._tracker._bounces = lambda gate, now_s: False


class _BelievesAnything(DwellRange):
    def flickers(self, dwell_s):
        return False

    def plausible(self, dwell_s):
        return True


class DebounceTooLong(Controller):
    """Edges within half a second of the one before are dropped."""

    def __init__(self, settings):
        super().__init__(settings)
        self._timing.dwell = _SlowToBelieve()


class _SlowToBelieve(DwellRange):
    def flickers(self, dwell_s):
        return dwell_s < 0.5


class AnyEdgeAnyTime(Controller):
    """Every edge goes to the foremost item, without a window."""

    def __init__(self, settings):
        super().__init__(settings)
        self._tracker._may_be_at = self._tracker._fits = lambda item, gate, now_s: True
        self._timing.legs = [_FitsAlways() for _ in self._timing.legs]
        self._timing.dwell = _AnyLength()


class _FitsAlways(Estimate):
    def fits(self, value_s):
        return True


class _AnyLength(DwellRange):
    def same(self, dwell_s, before_s):
        return True


class LearnsFromFaultyItems(Controller):
    """It learns from every item, also from one that was held up."""

    def __init__(self, settings):
        super().__init__(settings)
        self._timing.legs = [_LearnsAll() for _ in self._timing.legs]
        self._timing.picture = _LearnsAll()
        self._timing.dwell = _AnyLength()


class _LearnsAll(Estimate):
    def learn(self, value_s, *, sure=True):
        self._begin(value_s)
        self.spread_s = 0.2

    def fits(self, value_s):
        return True


class IgnoresAmbiguity(Controller):
    """It pushes ambiguous items too."""

    def __init__(self, settings):
        super().__init__(settings)
        self._sure = {}

    def _recognised(self, event, now_s):
        item, rod = self._images.get(event.image), self._rod_of(event)
        if item is not None and rod is not None:
            self._sure[item] = rod
        super()._recognised(event, now_s)

    def _decide(self, item, now_s):
        rod = self._sure.get(item)
        if item.stage is Stage.REJECTED and rod is not None:
            item.stage, item.rod = Stage.DECIDED, rod
        super()._decide(item, now_s)


KINDS = (NoDebounce, DebounceTooLong, AnyEdgeAnyTime, LearnsFromFaultyItems, IgnoresAmbiguity)
