"""Bugs in handling labels and pictures."""

from broken.changes import changed
from controller.core.controller import Controller
from controller.core.events import Recognised, Unrecognised
from controller.core.track import Stage


class IgnoresConfidence(Controller):
    """It treats every label as sure."""

    def __init__(self, settings):
        super().__init__(changed(settings, confidence_threshold=0.0))


class ThresholdTooLow(Controller):
    """Its threshold is 0.5."""

    def __init__(self, settings):
        super().__init__(changed(settings, confidence_threshold=0.5))


class ReusesTheLastLabel(Controller):
    """An item without an answer gets the label of the item before."""

    _last = None

    def _decide(self, item, now_s):
        if item.rod is None and not item.clutter and self._last is not None and self._last - 1 >= item.gate:
            item.stage, item.rod = Stage.DECIDED, self._last
        if item.rod is not None:
            self._last = item.rod
        super()._decide(item, now_s)


class UnknownIsRipe(Controller):
    """An unknown label goes to the first bin."""

    def _recognised(self, event, now_s):
        if isinstance(event, Recognised) and event.label not in self._settings.bins:
            event = Recognised(event.image, next(iter(self._settings.bins)), event.confidence)
        super()._recognised(event, now_s)


class ErrorIsRipe(Controller):
    """A recognizer's error counts as the first label."""

    def _recognised(self, event, now_s):
        if isinstance(event, Unrecognised):
            event = Recognised(event.image, next(iter(self._settings.bins)), 1.0)
        super()._recognised(event, now_s)


class ConfusesTwoClasses(Controller):
    """Two labels are swapped in the table of bins."""

    def __init__(self, settings):
        bins = dict(settings.bins)
        labels = list(bins)
        if len(labels) > 1:
            bins[labels[0]], bins[labels[1]] = bins[labels[1]], bins[labels[0]]
        super().__init__(changed(settings, bins=bins))


class BreaksOnAnError(Controller):
    """A recognizer's error raises an exception."""

    def _recognised(self, event, now_s):
        if isinstance(event, Unrecognised):
            raise KeyError("results")
        super()._recognised(event, now_s)


class BreaksOnAnExtraPicture(Controller):
    """A picture for which no item waits raises an exception."""

    def _pictured(self, event, now_s):
        if not any(item.image is None for item in self._tracker.items):
            raise IndexError("pop from empty list")
        super()._pictured(event, now_s)


KINDS = (
    IgnoresConfidence,
    ThresholdTooLow,
    ReusesTheLastLabel,
    UnknownIsRipe,
    ErrorIsRipe,
    ConfusesTwoClasses,
    BreaksOnAnError,
    BreaksOnAnExtraPicture,
)
