"""Controllers that strike or jam items, push at nothing, leave a rod out, or send invalid commands."""

from controller.core.controller import Controller
from controller.wire import Rod

INVALID_ROD = 9
"""A rod that no line here has."""


class _EveryThirdPush(Controller):
    """Sound, except for every third push."""

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
        """Move the pull of that push to another time; None: never pull."""
        kept = [entry for entry in self._agenda._entries if entry[2] != Rod(rod, push=False)]
        self._agenda.clear()
        for due_s, _, entry in kept:
            self._agenda.add(due_s, entry)
        if at_s is not None:
            self._agenda.add(at_s, Rod(rod, push=False))


class PullsTooEarly(_EveryThirdPush):
    """It pulls a rod before it is out, so that it strikes its item and leaves it on the belt."""

    def spoil(self, rod, now_s):
        self.pull_at(rod, now_s + 0.05)


class KeepsARodOut(_EveryThirdPush):
    """It pulls a rod so late that the next item runs into it, but within the rod's time limit."""

    def spoil(self, rod, now_s):
        self.pull_at(rod, now_s + 3.1)  # It stands out for 2.85 s; the next item is 2.8 s behind.


class ForgetsAPull(_EveryThirdPush):
    """It never pulls a rod back."""

    def spoil(self, rod, now_s):
        self.pull_at(rod, None)


class PushesAtNothing(_EveryThirdPush):
    """It pushes a rod once more after its item has left, before another item can be there."""

    def spoil(self, rod, now_s):
        again_s = now_s + self._rod_out_s + 0.1
        self._agenda.add(again_s, Rod(rod, push=True))
        self._agenda.add(again_s + self._rod_out_s / 2, Rod(rod, push=False))
        self._ready_s = max(self._ready_s, again_s + self._rod_out_s)


class PushesTwice(_EveryThirdPush):
    """It repeats a push while the rod is out."""

    def spoil(self, rod, now_s):
        self._agenda.add(now_s + self._rod_out_s / 4, Rod(rod, push=True))


class SendsInvalidCommands(_EveryThirdPush):
    """It pushes a rod that the line does not have."""

    def spoil(self, rod, now_s):
        self._emit(Rod(INVALID_ROD, push=True))
