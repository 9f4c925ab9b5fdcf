"""Signals in virtual time: the program's handlers run in its main thread when the twin or the program sends one."""

from __future__ import annotations

import os
import signal
from typing import Any, Callable

from .baton import Baton

real_kill = os.kill
_ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGBREAK")
_FATAL = {getattr(signal, name) for name in _ENDING if hasattr(signal, name)}
"""The signals that end a program without a handler for them."""


class Signals:
    """The handlers of signals. `end` is called, with an exit code, when a signal ends the program."""

    def __init__(self, baton: Baton, end: Callable[[int], None]) -> None:
        self._baton = baton
        self._end = end
        self._pending: list[int] = []
        self._wakeup = -1
        self._alarms = 0
        self._alarm_s = 0.0
        self._write: Callable[[int, bytes], None] = lambda descriptor, data: None
        self._handlers: dict[int, Any] = {int(signal.SIGINT): signal.default_int_handler}

    def send(self, number: int) -> None:
        """Send the program a signal. Its main thread wakes, whatever it waits for."""
        self._pending.append(int(number))
        self._baton.wake(self._baton.main)
        self._baton.changed()

    def deliver(self) -> None:
        """Run the handlers of pending signals in the main thread. Raises what they raise."""
        while self._pending:
            number = self._pending.pop(0)
            handler = self._handlers.get(number, signal.SIG_DFL)
            if self._wakeup >= 0:
                self._write(self._wakeup, bytes([number]))
            if callable(handler):
                handler(number, None)
            elif handler == signal.SIG_DFL and number in _FATAL:
                self._end(-number)

    def handle(self, number: int, handler: Any) -> Any:
        """As `signal.signal`."""
        if self._baton.current is not self._baton.main:
            raise ValueError("signal only works in main thread of the main interpreter")
        if not callable(handler) and handler not in (signal.SIG_DFL, signal.SIG_IGN):
            raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
        before = self.handler(number)
        self._handlers[int(number)] = handler
        return before

    def handler(self, number: int) -> Any:
        """As `signal.getsignal`."""
        return self._handlers.get(int(number), signal.SIG_DFL)

    def interrupt_main(self, number: int = signal.SIGINT) -> None:
        """As `_thread.interrupt_main`."""
        self.raise_signal(number)

    def raise_signal(self, number: int) -> None:
        """Send a signal from the program to itself."""
        self.send(number)
        if self._baton.current is self._baton.main:
            self.deliver()

    def install(self, write: Callable[[int, bytes], None]) -> None:
        """Replace the real signals. `write` puts a byte into a virtual socket."""
        self._write = write
        pid = os.getpid()

        def kill(process: int, number: int) -> None:
            if process != pid:
                real_kill(process, number)
            elif number:
                self.raise_signal(number)

        def set_wakeup_fd(descriptor: int, **_: Any) -> int:
            before, self._wakeup = self._wakeup, descriptor
            return before

        os.kill = kill
        new: dict[str, Any] = {
            "signal": self.handle, "getsignal": self.handler, "raise_signal": self.raise_signal,
            "set_wakeup_fd": set_wakeup_fd, "siginterrupt": lambda number, flag: None, "pause": self._pause,
            "alarm": lambda seconds: int(self.set_alarm(seconds)),
            "setitimer": lambda which, seconds, interval=0.0: (self.set_alarm(seconds, interval), 0.0),
        }  # fmt: skip
        for name, function in new.items():
            if hasattr(signal, name):
                setattr(signal, name, function)

    def set_alarm(self, seconds: float, interval: float = 0.0) -> float:
        """As `signal.alarm` and `signal.setitimer` of real time; 0 cancels. Returns the rest of the last one, in s."""
        baton, left_s = self._baton, max(0.0, self._alarm_s - self._baton.now_s)
        self._alarms += 1
        self._alarm_s = baton.now_s + seconds
        if seconds > 0:
            baton.spawn(lambda: self._ring(self._alarms, baton.after(seconds), interval))
        return left_s

    def _ring(self, alarm: int, at_s: float, interval: float) -> None:
        while True:
            while not self._baton.park(at_s):
                pass
            if alarm != self._alarms:
                return
            self.send(signal.Signals["SIGALRM"])
            if interval <= 0:
                return
            at_s = self._alarm_s = at_s + interval

    def _pause(self) -> None:
        self._baton.park()
