"""Controllers that do not bring the line to rest correctly."""

from controller.core.controller import Controller
from controller.core.events import Finished
from controller.core.transitions import State
from controller.wire import ALL, Conveyor, Rod


class StopsLoading(Controller):
    """After three items it loads nothing more."""

    _loads = 0

    def _load(self, now_s):
        self._loads += 1
        super()._load(now_s)

    def _next_load_s(self):
        return float("inf") if self._loads >= 3 else super()._next_load_s()


class FinishesTooEarly(Controller):
    """It brings the line to rest when the last item is loaded, not when it has left the belt."""

    _loads = 0

    def _load(self, now_s):
        super()._load(now_s)
        self._loads += 1

    def _tick(self, event, now_s):
        super()._tick(event, now_s)
        counted = self._settings.items
        if (
            counted is not None
            and self._loads >= counted
            and now_s >= self._loader.in_s
            and self._state is State.SORTING
        ):
            self._forget()
            self._emit(Rod(ALL, push=False), Conveyor(run=False), Finished())
            self._state = State.FINISHED


class StopsWithARodOut(Controller):
    """After every third push it stops the belt for a while, with the rod out."""

    _pushes = 0

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        self._pushes += 1
        if self._pushes % 3 == 0:
            self._agenda.clear()
            self._agenda.add(now_s + self._rod_out_s / 2, Conveyor(run=False))
            self._agenda.add(now_s + self._rod_out_s / 2 + 2.6, Rod(rod, push=False))
            self._agenda.add(now_s + self._rod_out_s / 2 + 2.7, Conveyor(run=True))
            self._rods_in_s = self._ready_s = now_s + 2 * self._rod_out_s + 3.0


class NeverRests(Controller):
    """It lets the belt run after the last item."""

    def _emit(self, *outputs):
        super()._emit(*(output for output in outputs if output != Conveyor(run=False)))
