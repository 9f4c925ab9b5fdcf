"""Controllers that use a wrong bin, reject recognised items, or crash."""

from controller.core.controller import Controller
from controller.core.track import Stage


class SortsIntoAnotherBin(Controller):
    """It sends every third sure item to another class's bin."""

    _answers = 0

    def _rod_of(self, event):
        rod = super()._rod_of(event)
        others = sorted(set(self._settings.bins.values()) - {rod})
        if rod is not None and others:
            self._answers += 1
            if self._answers % 3 == 0:
                return others[-1]
        return rod


class IgnoresAnswers(Controller):
    """It ignores every third sure answer."""

    _answers = 0

    def _rod_of(self, event):
        rod = super()._rod_of(event)
        self._answers += rod is not None
        return None if rod is not None and self._answers % 3 == 0 else rod


class Crashes(Controller):
    """It crashes at its third push."""

    _pushes = 0

    def _push(self, item, now_s):
        assert item.stage is Stage.DECIDED
        self._pushes += 1
        if self._pushes == 3:
            raise RuntimeError("third push")
        super()._push(item, now_s)
