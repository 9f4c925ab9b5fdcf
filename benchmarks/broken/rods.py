"""Bugs in moving the rods."""

from broken.changes import changed
from controller.core.controller import Controller
from controller.wire import Rod


class ForgetsAPull(Controller):
    """It does not pull the rod back after every third push."""

    _pushes = 0

    def _push(self, item, now_s):
        self._pushes += 1
        super()._push(item, now_s)
        if self._pushes % 3 == 0:
            self._agenda.clear()


class PullsTooEarly(Controller):
    """It pulls a rod back before it is out."""

    def __init__(self, settings):
        super().__init__(changed(settings, rod_stroke_s=0.05))


class PushesTheNextRod(Controller):
    """It counts the rods from the wrong number: off by one."""

    def _emit(self, *outputs):
        super()._emit(*(self._shifted(output) for output in outputs))

    def _shifted(self, output):
        last = max(self._settings.bins.values(), default=2)
        wrong = isinstance(output, Rod) and 2 <= output.number < last
        return Rod(output.number + 1, output.push) if wrong else output


class PullsAnotherRod(Controller):
    """It pulls rod 2, whichever rod it pushed."""

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        if rod != 2:
            self._agenda.clear()
            self._agenda.add(now_s + 0.5, Rod(2, push=False))


class PushesTwice(Controller):
    """It sends each push twice, the second one late."""

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        self._agenda.add(now_s + 0.4, Rod(rod, push=True))


class PushesOnBlocked(Controller):
    """It pushes when the nose reaches the beam, not when the tail has left it."""

    def _edge(self, event, now_s):
        super()._edge(event, now_s)
        if event.blocked:
            for item in list(self._tracker.items):
                if item.blocked_at == event.number == item.leaves_at(self._gates):
                    self._push(item, now_s)


class IgnoresNeighbours(Controller):
    """It does not check whether another item is before the rod."""

    def _may_push(self, item, now_s):
        return True

    def _next_load_s(self):
        at_s = super()._next_load_s()
        return max(self._ready_s, self._loader.in_s) if at_s > 0 and self._most() > 1 else at_s


class WrongUnitOfTime(Controller):
    """Its pulls come ten times too late, as with a wrong unit of time."""

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        self._agenda.clear()
        self._agenda.add(now_s + 10 * 0.5, Rod(rod, push=False))


KINDS = (
    ForgetsAPull,
    PullsTooEarly,
    PushesTheNextRod,
    PullsAnotherRod,
    PushesTwice,
    PushesOnBlocked,
    IgnoresNeighbours,
    WrongUnitOfTime,
)
