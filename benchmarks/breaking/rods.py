"""Who strikes, jams, pushes at nothing, forgets a rod, or says what cannot be meant."""

from controller.core.controller import Controller
from controller.wire import Rod

NONSENSE = 9
"""A rod that no line here has."""


class _EveryThirdPush(Controller):
    """Sound, but for every third push."""

    _pushes = 0

    def _push(self, item, now_s):
        rod = item.rod
        super()._push(item, now_s)
        self._pushes += 1
        if self._pushes % 3 == 0:
            self.spoil(rod, now_s)

    def spoil(self, rod, now_s):
        raise NotImplementedError

    def pull_at(self, rod, at_s):
        """That push's pull comes at another time; None: never."""
        kept = [entry for entry in self._agenda._entries if entry[2] != Rod(rod, push=False)]
        self._agenda.clear()
        for due_s, _, entry in kept:
            self._agenda.add(due_s, entry)
        if at_s is not None:
            self._agenda.add(at_s, Rod(rod, push=False))


class PullsTooEarly(_EveryThirdPush):
    """A rod is pulled before it is out, and its item left where it is, struck."""

    def spoil(self, rod, now_s):
        self.pull_at(rod, now_s + 0.05)


class KeepsARodOut(_EveryThirdPush):
    """A rod is pulled so late that whoever follows runs into it, though not too late for a rod."""

    def spoil(self, rod, now_s):
        self.pull_at(rod, now_s + 3.1)  # It stands out for 2.85 s; the next item is 2.8 s behind.


class ForgetsAPull(_EveryThirdPush):
    """A rod is never pulled."""

    def spoil(self, rod, now_s):
        self.pull_at(rod, None)


class PushesAtNothing(_EveryThirdPush):
    """A rod is pushed once more, when its item is gone and nobody else can be there yet."""

    def spoil(self, rod, now_s):
        again_s = now_s + self._rod_out_s + 0.1
        self._agenda.add(again_s, Rod(rod, push=True))
        self._agenda.add(again_s + self._rod_out_s / 2, Rod(rod, push=False))
        self._ready_s = max(self._ready_s, again_s + self._rod_out_s)


class PushesTwice(_EveryThirdPush):
    """A push is said again while the rod is out."""

    def spoil(self, rod, now_s):
        self._agenda.add(now_s + self._rod_out_s / 4, Rod(rod, push=True))


class SpeaksNonsense(_EveryThirdPush):
    """A rod is pushed that the line does not have."""

    def spoil(self, rod, now_s):
        self._emit(Rod(NONSENSE, push=True))
