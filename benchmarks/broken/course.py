"""The five bugs of the FS course's reference controller."""

from broken.changes import changed
from controller.core.controller import Controller
from controller.core.events import Recognised
from controller.core.track import Stage
from controller.core.tracker import Tracker
from controller.wire import GateEdge


class OverwritesMessages(Controller):
    """A gate edge shortly after another one is lost."""

    _last_s = -1.0

    def handle(self, event, now_s):
        if isinstance(event, GateEdge):
            before_s, self._last_s = self._last_s, now_s
            if now_s - before_s < 0.35:
                return ()
        return super().handle(event, now_s)


class ActsOnLateAnswers(Controller):
    """An answer that comes after its gate still causes a push."""

    def _recognised(self, event, now_s):
        item = self._images.get(event.image)
        super()._recognised(event, now_s)
        if item is not None and isinstance(event, Recognised) and item in self._tracker.items:
            rod = self._settings.bins.get(event.label)
            if rod is not None and rod - 1 <= item.gate:
                item.stage, item.rod = Stage.DECIDED, rod
                self._push(item, now_s)


class EndsAfterFiveSurprises(Controller):
    """The fifth unexpected edge ends the program, with rods out and the belt running."""

    _surprises = 0

    def _edge(self, event, now_s):
        before = [(item.gate, item.blocked_at) for item in self._tracker.items]
        super()._edge(event, now_s)
        if before == [(item.gate, item.blocked_at) for item in self._tracker.items]:
            self._surprises += 1
            if self._surprises >= 5:
                raise SystemError("too many unexpected edges")


class WaitsForEverForAnEdge(Controller):
    """No item is ever overdue, so a lost edge stops the line for good."""

    def __init__(self, settings):
        super().__init__(settings)
        self._tracker = _NeverOverdue(self._timing, near_s=self._rod_out_s, patience_s=settings.patience_s)


class _NeverOverdue(Tracker):
    next_deadline_s = None

    def overdue(self, now_s):
        return []


class TakesAnyPicture(Controller):
    """Every picture goes to the item that has waited longest, without a window (first in, first out)."""

    def __init__(self, settings):
        super().__init__(changed(settings, late_image_s=0.01))
        self._tracker = _FirstInFirstOut(self._timing, near_s=self._rod_out_s, patience_s=settings.patience_s)


class _FirstInFirstOut(Tracker):
    def picture(self, image, now_s):
        for item in self.items:
            if item.image is None:
                item.image, item.ambiguity, item.stage = image, None, Stage.PICTURED
                item.sightings += 1
                self.timing.picture.learn(now_s - item.loaded_s)
                return item
        return None


KINDS = (OverwritesMessages, ActsOnLateAnswers, EndsAfterFiveSurprises, WaitsForEverForAnEdge, TakesAnyPicture)
