"""A program and its child processes, which the twin asks to end, or kills, together.

They share a process group on Linux and macOS, and a job on Windows. Their standard input stays open and empty, because
many programs run until somebody presses a key.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

if sys.platform == "win32":
    import ctypes
    import shutil
    from contextlib import suppress
    from ctypes import wintypes
    from typing import Final

    _CREATE_SUSPENDED: Final = 0x4
    _SET_QUOTA_TERMINATE_SUSPEND: Final = 0x100 | 0x1 | 0x800
    _ACCOUNTING: Final = 1

    class _Accounting(ctypes.Structure):
        """JOBOBJECT_BASIC_ACCOUNTING_INFORMATION."""

        _fields_ = (
            ("times", wintypes.LARGE_INTEGER * 4),
            ("page_faults", wintypes.DWORD),
            ("total", wintypes.DWORD),
            ("active", wintypes.DWORD),
            ("terminated", wintypes.DWORD),
        )

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateJobObjectW.restype = _kernel.OpenProcess.restype = wintypes.HANDLE

    class Processes:
        """A program and its child processes, started with this object; they write to `output`.

        Raises `OSError` if the program cannot start.
        """

        def __init__(self, words: Sequence[str], output: IO[bytes]) -> None:
            # Windows first looks beside Python's own program, which a virtual environment shares with another Python.
            program = shutil.which(words[0]) or words[0]
            # A process group of its own can get a Ctrl-Break, and does not get the twin's Ctrl-C.
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | _CREATE_SUSPENDED
            self._program = subprocess.Popen(
                [program, *words[1:]], stdin=subprocess.PIPE, stdout=output, stderr=output, creationflags=flags
            )
            self._job = wintypes.HANDLE(_kernel.CreateJobObjectW(None, None))
            handle = wintypes.HANDLE(_kernel.OpenProcess(_SET_QUOTA_TERMINATE_SUSPEND, False, self._program.pid))
            # The program runs from here on, so every process that it starts belongs to the job.
            joined, error = _kernel.AssignProcessToJobObject(self._job, handle), ctypes.get_last_error()
            ctypes.WinDLL("ntdll").NtResumeProcess(handle)
            _kernel.CloseHandle(handle)
            if not joined:
                self._program.kill()
                raise ctypes.WinError(error)

        def exit_code(self) -> int | None:
            """The exit code of the program itself; None while it runs."""
            return self._program.poll()

        def wait(self, timeout_s: float) -> None:
            """Wait for the program itself. Raises `subprocess.TimeoutExpired`."""
            self._program.wait(timeout_s)

        def ask(self, number: signal.Signals = signal.SIGTERM) -> None:
            """Ask all processes to end; there is one way only, whatever the signal."""
            with suppress(OSError):  # No process is left, or none has a console.
                os.kill(self._program.pid, signal.CTRL_BREAK_EVENT)

        def any_left(self) -> bool:
            """Whether any process still runs."""
            found = _Accounting()
            size = wintypes.DWORD(ctypes.sizeof(found))
            _kernel.QueryInformationJobObject(self._job, _ACCOUNTING, ctypes.byref(found), size, None)
            return bool(found.active)

        def kill(self) -> None:
            """Kill all processes. This object must not be used afterwards."""
            _kernel.TerminateJobObject(self._job, 1)
            self._program.wait()
            _close_input(self._program)
            _kernel.CloseHandle(self._job)

else:

    class Processes:
        """A program and its child processes, started with this object; they write to `output`.

        Raises `OSError` if the program cannot start.
        """

        def __init__(self, words: Sequence[str], output: IO[bytes]) -> None:
            # A session of its own makes the program the leader of a process group, which its children join.
            self._program = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )

        def exit_code(self) -> int | None:
            """The exit code of the program itself; None while it runs."""
            return self._program.poll()

        def wait(self, timeout_s: float) -> None:
            """Wait for the program itself. Raises `subprocess.TimeoutExpired`."""
            self._program.wait(timeout_s)

        def ask(self, number: signal.Signals = signal.SIGTERM) -> None:
            """Ask all processes to end."""
            self._signal(number)

        def any_left(self) -> bool:
            """Whether any process still runs; a zombie counts as running."""
            return self._signal(0)

        def kill(self) -> None:
            """Kill all processes. This object must not be used afterwards."""
            self._signal(signal.SIGKILL)
            self._program.wait()
            _close_input(self._program)

        def _signal(self, number: int) -> bool:
            """Signal the process group, even if the program itself has ended. Returns whether any process was left."""
            try:
                os.killpg(self._program.pid, number)
            except (ProcessLookupError, PermissionError):  # macOS raises the latter for a group that has ended.
                return False
            return True


def _close_input(program: "subprocess.Popen[bytes]") -> None:
    assert program.stdin is not None
    program.stdin.close()
