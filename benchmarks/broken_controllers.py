"""Deliberately broken controllers, each with one mistake that people make. `benchmarks/bug_finding.py` hunts them."""

from collections.abc import Callable
from typing import Any

from controller.belief import Stage
from controller.codec import ALL, Conveyor, GateEdge, Rod
from controller.core import Controller
from controller.events import BrokerBack, BrokerLost, Recognised, Tick, Unrecognised
from controller.learning import Estimate, Lengths
from controller.settings import Settings
from controller.sight import Sight

Broken = Callable[[Settings], Controller]


def changed(settings: Settings, **values: Any) -> Settings:
    """The same settings with other values, for mistakes that a person makes there."""
    fields = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    return Settings(**{**fields, **values})


# The five faults of the FS course's reference controller.


class OverwritesMessages(Controller):
    """A message that arrives shortly after another overwrites it before it is handled."""

    _last_s = -1.0

    def handle(self, event, now_s):
        if isinstance(event, GateEdge):
            before_s, self._last_s = self._last_s, now_s
            if now_s - before_s < 0.35:
                return ()
        return super().handle(event, now_s)


class ActsOnLateAnswers(Controller):
    """An answer that comes after its gate pushes all the same."""

    def _recognised(self, event, now_s):
        item = self._images.get(event.image)
        super()._recognised(event, now_s)
        if item is not None and isinstance(event, Recognised) and item in self._sight.items:
            rod = self._settings.bins.get(event.label)
            if rod is not None and rod - 1 <= item.gate:
                item.stage, item.rod = Stage.DECIDED, rod
                self._push(item, now_s)


class EndsAfterFiveSurprises(Controller):
    """Unexpected edges count, and the fifth ends the program with rods out and the belt running."""

    _surprises = 0

    def _edge(self, event, now_s):
        before = [(item.gate, item.blocked_at) for item in self._sight.items]
        super()._edge(event, now_s)
        if before == [(item.gate, item.blocked_at) for item in self._sight.items]:
            self._surprises += 1
            if self._surprises >= 5:
                raise SystemError("too many unexpected edges")


class WaitsForEverForAnEdge(Controller):
    """A lost edge stops the line for ever: nothing is ever overdue."""

    def __init__(self, settings):
        super().__init__(settings)
        self._sight = _NeverOverdue(self._times, near_s=self._rod_out_s, patience_s=settings.patience_s)


class _NeverOverdue(Sight):
    next_deadline_s = None

    def overdue(self, now_s):
        return []


class TakesAnyPicture(Controller):
    """A picture belongs to whoever waits longest for one, whenever it comes (first in, first out)."""

    def __init__(self, settings):
        super().__init__(changed(settings, late_image_s=0.01))
        self._sight = _FirstInFirstOut(self._times, near_s=self._rod_out_s, patience_s=settings.patience_s)


class _FirstInFirstOut(Sight):
    def picture(self, image, now_s):
        for item in self.items:
            if item.image is None:
                item.image, item.seen, item.doubt, item.stage = image, True, None, Stage.PICTURED
                self.times.picture.learn(now_s - item.loaded_s)
                return item
        return None


# Rods.


class ForgetsAPull(Controller):
    """Every third push is never pulled."""

    _pushes = 0

    def _push(self, item, now_s):
        self._pushes += 1
        super()._push(item, now_s)
        if self._pushes % 3 == 0:
            self._agenda.clear()


class PullsTooEarly(Controller):
    """A rod is pulled back before it is out."""

    def __init__(self, settings):
        super().__init__(changed(settings, rod_stroke_s=0.05))


class PushesTheNextRod(Controller):
    """Rods are counted from the loader as zero: off by one."""

    def _say(self, *outputs):
        super()._say(*(self._shifted(output) for output in outputs))

    def _shifted(self, output):
        last = max(self._settings.bins.values(), default=2)
        wrong = isinstance(output, Rod) and 2 <= output.number < last
        return Rod(output.number + 1, output.push) if wrong else output


class PullsAnotherRod(Controller):
    """The pull goes to rod 2 whichever was pushed."""

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        if rod != 2:
            self._agenda.clear()
            self._agenda.add(now_s + 0.5, Rod(2, push=False))


class PushesTwice(Controller):
    """To be on the safe side each push is said twice, the second one late."""

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        self._agenda.add(now_s + 0.4, Rod(rod, push=True))


class PushesOnBlocked(Controller):
    """The push goes out when the nose reaches the beam, not when the tail has left it."""

    def _edge(self, event, now_s):
        super()._edge(event, now_s)
        if event.blocked:
            for item in list(self._sight.items):
                if item.blocked_at == event.number == item.leaves_at(self._gates):
                    self._push(item, now_s)


class PushesWhoeverIsBeside(Controller):
    """Nobody looks whether another item is before the rod."""

    def _may_push(self, item, now_s):
        return True

    def _next_load_s(self):
        at_s = super()._next_load_s()
        return max(self._ready_s, self._loader_in_s) if at_s > 0 and self._most() > 1 else at_s


class WrongUnitOfTime(Controller):
    """Pulls are timed in the wrong unit: ten times too late."""

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        self._agenda.clear()
        self._agenda.add(now_s + 10 * 0.5, Rod(rod, push=False))


# Gates.


class NoDebounce(Controller):
    """Every flicker of a beam is an edge, wherever the item should be."""

    def __init__(self, settings):
        super().__init__(settings)
        self._times.dwell = _BelievesAnything()
        self._times.legs = [_FitsAlways() for _ in self._times.legs]
        self._sight._bounces = lambda gate, now_s: False


class _BelievesAnything(Lengths):
    def flickers(self, dwell_s):
        return False

    def plausible(self, dwell_s):
        return True


class DebounceTooLong(Controller):
    """Edges within half a second of the one before are thrown away."""

    def __init__(self, settings):
        super().__init__(settings)
        self._times.dwell = _SlowToBelieve()


class _SlowToBelieve(Lengths):
    def flickers(self, dwell_s):
        return dwell_s < 0.5


class AnyEdgeAnyTime(Controller):
    """An edge belongs to the foremost item, whenever it comes."""

    def __init__(self, settings):
        super().__init__(settings)
        self._sight._may_be_at = self._sight._fits = lambda item, gate, now_s: True
        self._times.legs = [_FitsAlways() for _ in self._times.legs]
        self._times.dwell = _AnyLength()


class _FitsAlways(Estimate):
    def fits(self, value_s):
        return True


class _AnyLength(Lengths):
    def same(self, dwell_s, before_s):
        return True


class LearnsFromFaultyItems(Controller):
    """Whatever an item shows is learned, also when it was held up."""

    def __init__(self, settings):
        super().__init__(settings)
        self._times.legs = [_LearnsAll() for _ in self._times.legs]
        self._times.picture = _LearnsAll()
        self._times.dwell = _AnyLength()


class _LearnsAll(Estimate):
    def learn(self, value_s):
        self._begin(value_s)
        self.spread_s = 0.2

    def fits(self, value_s):
        return True


class IgnoresDoubt(Controller):
    """What looked odd is pushed all the same."""

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


# Labels.


class IgnoresConfidence(Controller):
    """Any label is a sure one."""

    def __init__(self, settings):
        super().__init__(changed(settings, confidence_threshold=0.0))


class ThresholdTooLow(Controller):
    """One in two is sure enough."""

    def __init__(self, settings):
        super().__init__(changed(settings, confidence_threshold=0.5))


class ReusesTheLastLabel(Controller):
    """An item without an answer gets the label of the one before."""

    _last = None

    def _decide(self, item, now_s):
        if item.rod is None and not item.stray and self._last is not None and self._last - 1 >= item.gate:
            item.stage, item.rod = Stage.DECIDED, self._last
        if item.rod is not None:
            self._last = item.rod
        super()._decide(item, now_s)


class UnknownIsRipe(Controller):
    """A label that is none of the classes falls through to the first bin."""

    def _recognised(self, event, now_s):
        if isinstance(event, Recognised) and event.label not in self._settings.bins:
            event = Recognised(event.image, next(iter(self._settings.bins)), event.confidence)
        super()._recognised(event, now_s)


class ErrorIsRipe(Controller):
    """An error of the recognizer is taken for its default label."""

    def _recognised(self, event, now_s):
        if isinstance(event, Unrecognised):
            event = Recognised(event.image, next(iter(self._settings.bins)), 1.0)
        super()._recognised(event, now_s)


class ConfusesTwoClasses(Controller):
    """Two labels are mixed up in the table of bins."""

    def __init__(self, settings):
        bins = dict(settings.bins)
        labels = list(bins)
        if len(labels) > 1:
            bins[labels[0]], bins[labels[1]] = bins[labels[1]], bins[labels[0]]
        super().__init__(changed(settings, bins=bins))


class BreaksOnAnError(Controller):
    """Nobody thought of a recognizer that fails."""

    def _recognised(self, event, now_s):
        if isinstance(event, Unrecognised):
            raise KeyError("results")
        super()._recognised(event, now_s)


class BreaksOnAnExtraPicture(Controller):
    """A picture that nobody waits for is an index out of range."""

    def _pictured(self, event, now_s):
        if not any(item.image is None for item in self._sight.items):
            raise IndexError("pop from empty list")
        super()._pictured(event, now_s)


# Starting, stopping, losing the broker.


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

    def _say(self, *outputs):
        kept = [output for output in outputs if not (isinstance(output, Rod) and output.number == ALL)]
        super()._say(*kept)


class LeavesTheBeltStanding(Controller):
    """The belt is run once, at the start, and never again, also not after a reconnect."""

    _ran = False

    def _say(self, *outputs):
        kept = [output for output in outputs if not (self._ran and output == Conveyor(run=True))]
        self._ran = self._ran or Conveyor(run=True) in outputs
        super()._say(*kept)


# Loading.


class LoadsAsFastAsItCan(Controller):
    """The next item is loaded as soon as the loader is in."""

    def _next_load_s(self):
        return max(self._ready_s, self._loader_in_s)

    def _most(self):
        return float("inf")


class GivesUpTooSoon(Controller):
    """An item is taken for lost before it can have come to the camera."""

    def __init__(self, settings):
        super().__init__(changed(settings, patience_s=0.2))


class NeverGivesUp(Controller):
    """An item that vanished is waited for for ever."""

    def _give_up(self, late, now_s):
        for item in late:
            item.blocked_at, item.blocked_s = 99, float("inf")


class ForgetsTheLoader(Controller):
    """Every fourth time the loader is not pulled back."""

    _loads = 0

    def _load(self, now_s):
        super()._load(now_s)
        self._loads += 1
        if self._loads % 4 == 0:
            self._agenda.clear()


class TooHastyLoader(Controller):
    """The loader is pulled back before it is out."""

    def __init__(self, settings):
        super().__init__(changed(settings, loader_stroke_s=0.1))

    def _give_up(self, late, now_s):
        stroke_s = self._stroke_s
        super()._give_up(late, now_s)
        self._stroke_s = stroke_s


BROKEN: dict[str, Broken] = {
    kind.__name__: kind
    for kind in (
        OverwritesMessages, ActsOnLateAnswers, EndsAfterFiveSurprises, WaitsForEverForAnEdge, TakesAnyPicture,
        ForgetsAPull, PullsTooEarly, PushesTheNextRod, PullsAnotherRod, PushesTwice, PushesOnBlocked,
        PushesWhoeverIsBeside, WrongUnitOfTime, NoDebounce, DebounceTooLong, AnyEdgeAnyTime, LearnsFromFaultyItems,
        IgnoresDoubt, IgnoresConfidence, ThresholdTooLow, ReusesTheLastLabel, UnknownIsRipe, ErrorIsRipe,
        ConfusesTwoClasses, BreaksOnAnError, BreaksOnAnExtraPicture, DeafAfterReconnect, NeverNoticesALoss,
        NoRetractAfterReconnect, LeavesTheBeltStanding, LoadsAsFastAsItCan, GivesUpTooSoon, NeverGivesUp,
        ForgetsTheLoader, TooHastyLoader,
    )
}  # fmt: skip
"""By name."""
