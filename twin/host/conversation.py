"""The host's side of the conversation with the twin: what the program says goes out, time and messages come in."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, BinaryIO

from . import protocol
from .baton import Baton


class Conversation:
    """Speaks whenever nobody in the program can go on at its time."""

    def __init__(self, hears: BinaryIO, says: BinaryIO, baton: Baton) -> None:
        self._hears = hears
        self._says = says
        self._baton = baton
        self._out: list[Any] = []
        self._until_s: float | None = 0.0
        self.network: Any = None
        self.signals: Any = None
        self.silent_since: int | None = None

    def hello(self) -> dict[str, Any]:
        """Say who is here; how the program is to be run."""
        version = ".".join(str(part) for part in sys.version_info[:3])
        protocol.write(self._says, {"protocol": protocol.VERSION, "python": version, "pid": os.getpid()})
        return protocol.read(self._hears)

    def out(self, *message: Any) -> None:
        """Something for the twin."""
        self._out.append(message)
        self._baton.changed()

    def idle(self) -> None:
        """Nobody can go on: time passes, by itself as long as nothing is to be said, or as the twin says."""
        baton = self._baton
        next_s = baton.next_s()
        if next_s is not None and not self._out and (self._until_s is None or next_s < self._until_s):
            baton.advance(next_s)
            return
        self.silent_since = None
        try:
            protocol.write(self._says, {"at": baton.now_s, "out": self._out, "next": next_s})
            self._out = []
            order = protocol.read(self._hears)
        except protocol.Ended:
            os._exit(0)  # The twin is gone: nobody is left to run for.
        self.silent_since = baton.turns
        self._until_s = order["until"]
        baton.advance(order["now"])
        if order["in"]:
            baton.changed()
        for message in order["in"]:
            self._take(*message)

    def end(self, code: int, reason: str) -> None:
        """The program has ended."""
        self._leave({"ended": {"code": code, "reason": reason}})

    def refuse(self, what: str) -> None:
        """The program does what can't be hosted: it ends here."""
        own = [f"{step.filename}, line {step.lineno}" for step in traceback.extract_stack()
               if os.path.dirname(step.filename) != os.path.dirname(__file__)]  # fmt: skip
        self._leave({"refused": f"{what} ({own[-1] if own else 'at its start'})"})

    def _take(self, kind: str, *rest: Any) -> None:
        if kind == "signal":
            self.signals.send(*rest)
        elif kind == "stacks":
            self._show_stacks()
        else:
            self.network.take(kind, *rest)

    def _leave(self, message: dict[str, Any]) -> None:
        self.silent_since = None
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                pass
        try:
            protocol.write(self._says, {"at": self._baton.now_s, "out": self._out, "next": None, **message})
        except protocol.Ended:
            pass
        os._exit(0)

    def _show_stacks(self) -> None:
        """Where each thread stands, into the program's own output."""
        sys.stderr.write(stacks(self._baton))
        sys.stderr.flush()


def stacks(baton: Baton) -> str:
    """Where each thread of the program stands."""
    frames = sys._current_frames()
    text = ""
    for task in sorted(baton.tasks, key=lambda task: task.number):
        frame = frames.get(task.real_ident)
        name = "the main thread" if task is baton.main else f"thread {task.number}"
        steps = [] if frame is None else traceback.extract_stack(frame)
        own = [step for step in steps if os.path.dirname(step.filename) != os.path.dirname(__file__)]
        text += f"{name} stands at:\n{''.join(traceback.format_list(own))}"
    return text
