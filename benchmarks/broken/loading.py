"""Bugs in loading."""

from broken.changes import changed
from controller.core.controller import Controller
from controller.core.loader import LoaderPushes


class LoadsAsFastAsItCan(Controller):
    """It loads the next item as soon as the loader is in."""

    def _next_load_s(self):
        return max(self._ready_s, self._loader.in_s)

    def _most(self):
        return float("inf")


class GivesUpTooSoon(Controller):
    """It gives an item up before it can reach the camera."""

    def __init__(self, settings):
        super().__init__(changed(settings, patience_s=0.2))


class NeverGivesUp(Controller):
    """It never gives up an item that vanished."""

    def _give_up(self, late, now_s):
        for item in late:
            item.blocked_at, item.blocked_s = 99, float("inf")


class ForgetsTheLoader(Controller):
    """It does not pull the loader back after every fourth push."""

    _loads = 0

    def _load(self, now_s):
        super()._load(now_s)
        self._loads += 1
        if self._loads % 4 == 0:
            self._agenda.clear()


class SameStroke(LoaderPushes):
    """It gives the stroke no more time when a push loads nothing."""

    def brought_nothing(self, pushed_s, now_s):
        stroke_s = self._stroke_s
        empty = super().brought_nothing(pushed_s, now_s)
        self._stroke_s = stroke_s
        return empty


class TooHastyLoader(Controller):
    """It pulls the loader back before it is out."""

    def __init__(self, settings):
        super().__init__(changed(settings, loader_stroke_s=0.1))
        self._loader = SameStroke(self._settings.loader_stroke_s)


KINDS = (LoadsAsFastAsItCan, GivesUpTooSoon, NeverGivesUp, ForgetsTheLoader, TooHastyLoader)
