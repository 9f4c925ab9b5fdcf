"""The host's side of the conversation with the twin: the program's messages go out, time and messages come in."""

from __future__ import annotations

import os
import sys
import sysconfig
import tokenize
import traceback
from contextlib import suppress
from types import FrameType
from typing import IO, Any

from . import protocol
from .baton import Baton
from .polling import INSTALLED, Polling

_HERE = os.path.dirname(__file__)
_exit = os._exit
_fstat = os.fstat
_LOADED = tokenize  # What a traceback would otherwise import when a program that hangs has the locks for it.
_INSTEAD = "if it waits outside Python there, use --link realtime"
_LIBRARY = (sysconfig.get_path("stdlib"), "<frozen")


class Conversation:
    """Exchanges messages with the twin whenever no thread of the program can go on at its time."""

    def __init__(self, orders: IO[bytes], answers: IO[bytes], baton: Baton) -> None:
        self._orders = orders
        self._answers = answers
        self._baton = baton
        self._out: list[Any] = []
        self._until_s = 0.0
        self.network: Any = None
        self.signals: Any = None
        self.order = 0  # The number of the twin's order that is carried out; 0 while there is none.
        self._count = 0
        self._stall_s = 0.0
        self._polling: Any = None
        self._asked: dict[str, Any] = {}
        self._wrote: list[tuple[int, float]] = []
        self._size_bytes = 0
        self.connects = False
        self._key_awaited = ""

    def hello(self, pid: int) -> None:
        """Introduce the host: protocol, Python and process."""
        version = ".".join(str(part) for part in sys.version_info[:3])
        self.send({"protocol": protocol.VERSION, "python": version, "pid": pid})

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to the twin."""
        try:
            protocol.write(self._answers, message)
        except protocol.EndedError:
            _exit(0)  # The twin is gone: nobody is left to run for.

    def receive(self) -> dict[str, Any]:
        """Receive the twin's next order."""
        try:
            return protocol.read(self._orders)
        except protocol.EndedError:
            _exit(0)

    def move(self, orders: IO[bytes], answers: IO[bytes]) -> None:
        """Continue over other streams. The old ones belong to the parent process."""
        self._orders.close()
        self._answers.close()
        self._orders, self._answers = orders, answers

    def begin(self, stall_s: float, polling: Polling) -> None:
        """Note that the program begins. `polling` knows the program's own files."""
        self._stall_s = stall_s
        self._polling = polling
        self._begin_order()

    def _begin_order(self) -> None:
        self._count += 1
        self.order = self._count

    def out(self, *message: Any) -> None:
        """Queue a message to the twin."""
        if message[:2] == ("open", 1):
            self.connects = True
            self._baton.settle()
        self._out.append(message)
        self._baton.changed()

    def idle(self) -> None:
        """Let time pass, since no thread can go on: alone while there is nothing to send, else as the twin orders."""
        baton = self._baton
        self._mark_output()
        next_s = baton.next_s()
        if next_s is not None and not self._out and next_s < self._until_s:
            baton.advance(next_s)
            return
        if next_s is None and not self.connects and self._key_awaited:
            what = "it waits for input before it connects, and nobody is there to give any: let it begin by itself"
            self._leave({"refused": f"{what} ({self._key_awaited})"})
        self.order = 0
        self.send({"at": baton.now_s, "out": self._out, "next": next_s, "wrote": self._wrote, **self._asked})
        self._out, self._wrote, self._asked = [], [], {}
        order = self.receive()
        self._begin_order()
        self._until_s = order["until"]
        baton.advance(order["now"])
        if order["in"]:
            baton.changed()
        for message in order["in"]:
            self._take(*message)

    def _mark_output(self) -> None:
        """Note how much the program has written by now."""
        with suppress(OSError):  # It may have closed its output.
            size_bytes = _fstat(1).st_size
            if size_bytes > self._size_bytes:
                self._size_bytes = size_bytes
                self._wrote.append((size_bytes, self._baton.now_s))

    def await_key(self) -> None:
        """The program waits for input, which never comes; but a signal may."""
        self._key_awaited = _own_line(sys._getframe(1))
        self._baton.park()

    def await_click(self) -> None:
        """A window has shown for long: if the program has not connected by now, it waits for somebody to click."""
        if not self.connects:
            self.refuse("its window waits for a click before it connects, and nobody is there: let it begin by itself")

    def end(self, code: int, reason: str) -> None:
        """The program has ended."""
        self._leave({"ended": {"code": code, "reason": reason}, **self._findings()})

    def refuse(self, what: str) -> None:
        """End the program, which does something that can't be hosted."""
        self._leave({"refused": f"{what} ({_own_line(sys._getframe(1))})"})

    def hang(self) -> None:
        """End the program, which makes no progress."""
        self._show_stacks()
        where = f" ({_own_line(sys._current_frames().get(self._baton.current.real_ident))})"
        self._leave({"hung": f"the program made no progress for {self._stall_s:g} s of real time{where}; {_INSTEAD}"})

    def _take(self, kind: str, *rest: Any) -> None:
        if kind == "signal":
            self.signals.send(*rest)
        elif kind == "stacks":
            self._show_stacks()
        elif kind == "findings":
            self._asked = self._findings()
        else:
            self.network.take(kind, *rest)

    def _findings(self) -> dict[str, Any]:
        """What the program has imported, and which of its lines computed for long."""
        computing = self._polling.computing
        lines = [] if computing is None else computing.lines()
        return {"modules": self._polling.libraries(), "computing": lines}

    def _leave(self, message: dict[str, Any]) -> None:
        self.order = 0
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        self._mark_output()
        last = {"at": self._baton.now_s, "out": self._out, "next": None, "wrote": self._wrote}
        with suppress(protocol.EndedError):
            protocol.write(self._answers, {**last, **message})
        _exit(0)

    def _show_stacks(self) -> None:
        """Write where each thread stands to the program's output."""
        sys.stderr.write(stacks(self._baton))
        sys.stderr.flush()


def stacks(baton: Baton) -> str:
    """Where each thread of the program stands."""
    frames = sys._current_frames()
    threads = getattr(sys.modules.get("threading"), "_active", {})
    text = f"After {baton.now_s:.3f} s of its time, the program's threads stand at:\n"
    for task in sorted(baton.tasks, key=lambda task: task.number):
        frame = frames.get(task.real_ident)
        name = getattr(threads.get(task.ident), "name", f"thread {task.number}")
        steps = [] if frame is None else traceback.extract_stack(frame)
        own = [step for step in steps if os.path.dirname(step.filename) != _HERE and step.filename[:1] != "<"]
        text += f"{name}:\n{''.join(traceback.format_list(own))}"
    return text


def _own_line(frame: FrameType | None) -> str:
    """The innermost line of the program's own, or else of a library that was installed. This imports nothing."""
    lines = []
    while frame is not None:
        path = frame.f_code.co_filename
        if os.path.dirname(path) != _HERE:
            rank = 0 if path.startswith(_LIBRARY) else 1 if INSTALLED.intersection(path.split(os.sep)) else 2
            lines.append((rank, f"{path}, line {frame.f_lineno}"))
        frame = frame.f_back
    best = max((rank for rank, _ in lines), default=0)
    return next((line for rank, line in lines if rank == best), "at its start")
