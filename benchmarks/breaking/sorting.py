"""Who sorts into another bin, rejects what was well recognised, or breaks down."""

from controller.core.controller import Controller
from controller.core.track import Stage


class SortsIntoAnotherBin(Controller):
    """Every third item that a rod is to take is taken by another class's."""

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
    """Every third sure answer is not heard."""

    _answers = 0

    def _rod_of(self, event):
        rod = super()._rod_of(event)
        self._answers += rod is not None
        return None if rod is not None and self._answers % 3 == 0 else rod


class Breaks(Controller):
    """At its third push it is out of its depth."""

    _pushes = 0

    def _push(self, item, now_s):
        assert item.stage is Stage.DECIDED
        self._pushes += 1
        if self._pushes == 3:
            raise RuntimeError("out of its depth")
        super()._push(item, now_s)
