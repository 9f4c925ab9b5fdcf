"""Signals in virtual time: the program's handlers run in its main thread when the twin or the program sends one."""

from __future__ import annotations

import errno
import os
import signal
import sys
from types import FrameType
from typing import Any, Callable, Iterable

from .baton import Baton
from .functions import built_in
from .task import Task

_HERE = os.path.dirname(__file__)
_current_frames = sys._current_frames


def _numbers(*names: str) -> set[int]:
    return {int(getattr(signal, name)) for name in names if hasattr(signal, name)}


_HARMLESS = _numbers(
    "SIGCHLD", "SIGCLD", "SIGURG", "SIGWINCH", "SIGCONT", "SIGINFO", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"
)  # fmt: skip
"""The signals that end no program. Nobody could let one go on that has stopped."""

_KILL = _numbers("SIGKILL")
_UNHANDLED = _numbers("SIGKILL", "SIGSTOP")
_IGNORED = _numbers("SIGPIPE", "SIGXFSZ")
"""Those that Python ignores from its start."""

_SET_MASK, _BLOCK = (getattr(signal, name, None) for name in ("SIG_SETMASK", "SIG_BLOCK"))


class Signals:
    """The handlers of signals. `end` is called, with an exit code, when a signal ends the program."""

    def __init__(self, baton: Baton, end: Callable[[int], None]) -> None:
        self._baton = baton
        self._end = end
        self._pending: list[int] = []
        self._masks: dict[Task, set[int]] = {baton.main: set()}
        self._takers: dict[Task, set[int]] = {}
        self._wakeup = -1
        self._alarms = 0
        self._alarm_s = self._interval_s = 0.0
        self._write: Callable[[int, bytes], None] = lambda descriptor, data: None
        self._handlers: dict[int, Any] = dict.fromkeys(_IGNORED, signal.SIG_IGN)
        self._handlers[int(signal.SIGINT)] = signal.default_int_handler

    def send(self, number: int) -> None:
        """Send the program a signal. Who waits for it wakes, or else its main thread, whatever it waits for."""
        number = int(number)
        if number in _KILL or (self._is_fatal(number) and not self._is_held(number)):
            self._end(-number)
        if number in self._pending:  # Two of them are one, as on a real system.
            return
        self._pending.append(number)
        for task, wanted in self._takers.items():
            if number in wanted:
                self._baton.wake(task)
        if not self._is_held(number):
            self._baton.wake(self._baton.main)
        self._baton.changed()

    def deliver(self) -> None:
        """Run the handlers of pending signals in the main thread. Raises what they raise."""
        held: list[int] = []
        while len(self._pending) > len(held):
            number = self._pending.pop(0)
            handler = self.handler(number)
            if self._is_held(number):
                held.append(number)
                self._pending.append(number)
            elif callable(handler):
                if self._wakeup >= 0:
                    self._write(self._wakeup, bytes([number]))
                handler(number, _outside(sys._getframe()))
            elif self._is_fatal(number):
                self._end(-number)

    def handle(self, number: int, handler: Any) -> Any:
        """As `signal.signal`."""
        if self._baton.current is not self._baton.main:
            raise ValueError("signal only works in main thread of the main interpreter")
        if int(number) not in signal.valid_signals():
            raise ValueError("signal number out of range")
        if not callable(handler):
            if handler not in (signal.SIG_DFL, signal.SIG_IGN):
                raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
            handler = signal.Handlers(handler)
        if int(number) in _UNHANDLED:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        before = self.handler(number)
        self._handlers[int(number)] = handler
        return before

    def handler(self, number: int) -> Any:
        """As `signal.getsignal`."""
        return self._handlers.get(int(number), signal.SIG_DFL)

    def interrupt_main(self, number: int = signal.SIGINT) -> None:
        """As `_thread.interrupt_main`, which only runs a handler."""
        if callable(self.handler(number)):
            self.raise_signal(number)

    def raise_signal(self, number: int) -> None:
        """Send a signal from the program to itself."""
        self.send(number)
        self._deliver_here()

    def install(self, write: Callable[[int, bytes], None]) -> None:
        """Replace the real signals. `write` puts a byte into a virtual socket."""
        self._write = write

        def set_wakeup_fd(descriptor: int, **_: Any) -> int:
            before, self._wakeup = self._wakeup, descriptor
            return before

        os.kill = self._kill
        if hasattr(os, "killpg"):
            os.killpg = built_in(lambda group, number: self._kill(-group, number))
        sys._current_frames = self._frames
        new: dict[str, Any] = {
            "signal": self.handle, "getsignal": self.handler, "raise_signal": self.raise_signal,
            "set_wakeup_fd": set_wakeup_fd, "siginterrupt": lambda number, flag: None, "pause": self._baton.park,
            "alarm": lambda seconds: _rounded(self.set_alarm(seconds)[0]), "setitimer": self._set_timer,
            "getitimer": self._timer, "pthread_kill": self._kill_thread, "pthread_sigmask": self._mask,
            "sigpending": lambda: set(map(_named, filter(self._is_blocked, self._pending))),
            "sigwait": lambda numbers: _named(self._take(numbers)),
            "sigwaitinfo": lambda numbers: _information(self._take(numbers)), "sigtimedwait": self._take_in_time,
        }  # fmt: skip
        for name, function in new.items():
            if hasattr(signal, name):
                setattr(signal, name, built_in(function))

    def set_alarm(self, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        """Let an alarm ring in so many s, and perhaps again and again; 0 cancels.

        Returns the rest of the last one, and its interval, in s.
        """
        before = self._timer()
        self._alarms += 1
        self._alarm_s, self._interval_s = 0.0, interval if seconds > 0 else 0.0
        if seconds > 0:
            alarm, at_s = self._alarms, self._baton.after(seconds)
            self._alarm_s = at_s
            self._baton.spawn(lambda: self._ring(alarm, at_s, interval))
        return before

    def _timer(self, which: int = 0) -> tuple[float, float]:
        """As `signal.getitimer`. The program's processor time stands still, and so do its timers of that."""
        left_s = 0.0 if which else max(0.0, self._alarm_s - self._baton.now_s)
        return (left_s, self._interval_s) if left_s else (0.0, 0.0)

    def _set_timer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        return (0.0, 0.0) if which else self.set_alarm(seconds, interval)

    def _ring(self, alarm: int, at_s: float, interval: float) -> None:
        while True:
            while not self._baton.park(at_s):
                pass
            if alarm != self._alarms:
                return
            if interval > 0:
                at_s = self._alarm_s = at_s + interval
            self.send(signal.Signals["SIGALRM"])
            if interval <= 0:
                return

    def _kill(self, process: int, number: int) -> None:
        """As `os.kill`: there is only this process, its group, and its parent, which does not mind."""
        if process == os.getppid() and not number:
            return
        group = getattr(os, "getpgrp", os.getpid)()
        if process not in (os.getpid(), 0, -os.getpid(), -group):
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        if number:
            self.raise_signal(number)

    def _kill_thread(self, ident: int, number: int) -> None:
        """As `signal.pthread_kill`."""
        if ident not in {task.ident for task in self._baton.tasks}:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        if number:
            self.raise_signal(number)

    def _mask(self, how: int, numbers: Iterable[int]) -> set[Any]:
        """As `signal.pthread_sigmask`. A thread begins with the mask of the main thread."""
        wanted, task = _valid(numbers), self._baton.own()
        before = self._masks.get(task, self._masks[self._baton.main])
        masks = {_SET_MASK: wanted - _UNHANDLED, _BLOCK: before | wanted - _UNHANDLED}
        self._masks[task] = masks.get(how, before - wanted)
        self._deliver_here()
        return set(map(_named, before))

    def _take_in_time(self, numbers: Iterable[int], timeout: float) -> Any:
        """As `signal.sigtimedwait`."""
        if timeout < 0:
            raise ValueError("timeout must be non-negative")
        found = self._take(numbers, self._baton.after(timeout))
        return _information(found) if found else None

    def _take(self, numbers: Iterable[int], deadline_s: float | None = None) -> int:
        """Wait for one of these signals, which is not handled then. Returns 0 once the deadline has passed."""
        wanted, task = _valid(numbers), self._baton.own()
        self._takers[task] = wanted
        try:
            late = False
            while True:
                found = [number for number in self._pending if number in wanted]
                if found:
                    self._pending.remove(found[0])
                if found or late:
                    return found[0] if found else 0
                late = self._baton.park(deadline_s)
        finally:
            del self._takers[task]

    def _deliver_here(self) -> None:
        """Handle what is pending if this is the main thread; else wake that."""
        if self._baton.current is self._baton.main:
            self.deliver()
        elif not all(map(self._is_held, self._pending)):
            self._baton.wake(self._baton.main)

    def _is_fatal(self, number: int) -> bool:
        return number not in _HARMLESS and self.handler(number) == signal.SIG_DFL

    def _is_held(self, number: int) -> bool:
        """Whether no thread may handle it now: all block it, or one waits for it."""
        return any(number in wanted for wanted in self._takers.values()) or self._is_blocked(number)

    def _is_blocked(self, number: int) -> bool:
        return all(number in mask for task, mask in self._masks.items() if task in self._baton.tasks)

    def _frames(self) -> dict[int, FrameType]:
        """As `sys._current_frames`, by the numbers that the program knows. The host itself gets the real ones."""
        real = _current_frames()
        if os.path.dirname(sys._getframe(1).f_code.co_filename) == _HERE:
            return real
        frames = {task.ident: _outside(real.get(task.real_ident)) for task in self._baton.tasks}
        return {ident: frame for ident, frame in frames.items() if frame is not None}


def _outside(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is not the host's own."""
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == _HERE:
        frame = frame.f_back
    return frame


def _valid(numbers: Iterable[int]) -> set[int]:
    """The numbers of signals. Raises `ValueError` for one that there is not."""
    found = {int(number) for number in numbers}
    for number in found:
        if not 0 < number < signal.NSIG:
            raise ValueError(f"signal number {number} out of range [1; {signal.NSIG - 1}]")
    return found


def _named(number: int) -> Any:
    """A signal by its name, if it has one."""
    return signal.Signals(number) if number in set(signal.Signals) else number


def _information(number: int) -> Any:
    """What `signal.sigwaitinfo` returns for a signal that the program sent itself."""
    user = getattr(os, "getuid", int)()
    return signal.__dict__["struct_siginfo"]((number, 0, 0, os.getpid(), user, 0, 0))


def _rounded(seconds: float) -> int:
    """The rest of an alarm in whole seconds."""
    return max(1, round(seconds)) if seconds > 0 else 0
