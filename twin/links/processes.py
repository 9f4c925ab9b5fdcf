"""A program and all that it starts, asked to end and ended together. Each operating system keeps them together in a
way of its own: a group of processes on Linux and macOS, a job on Windows.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

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
        """What a command line starts, begun when this is made. Raises `OSError` where it cannot be started."""

        def __init__(self, words: Sequence[str]) -> None:
            # Windows looks beside Python's own program first, which in an environment is another Python's.
            program = shutil.which(words[0]) or words[0]
            # A group of its own can be sent Ctrl-Break, and does not hear the twin's Ctrl-C.
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | _CREATE_SUSPENDED
            self._program = subprocess.Popen([program, *words[1:]], stdin=subprocess.DEVNULL, creationflags=flags)
            self._job = wintypes.HANDLE(_kernel.CreateJobObjectW(None, None))
            handle = wintypes.HANDLE(_kernel.OpenProcess(_SET_QUOTA_TERMINATE_SUSPEND, False, self._program.pid))
            # It goes on only now: whatever it starts belongs to its job.
            joined, why = _kernel.AssignProcessToJobObject(self._job, handle), ctypes.get_last_error()
            ctypes.WinDLL("ntdll").NtResumeProcess(handle)
            _kernel.CloseHandle(handle)
            if not joined:
                self._program.kill()
                raise ctypes.WinError(why)

        def exit_code(self) -> int | None:
            """The exit code of the program itself; None while it runs."""
            return self._program.poll()

        def wait(self, timeout_s: float) -> None:
            """Wait for the program itself. Raises `subprocess.TimeoutExpired`."""
            self._program.wait(timeout_s)

        def ask(self) -> None:
            """Ask all of them to end."""
            with suppress(OSError):  # Nobody is left, or none has a console to be asked over.
                os.kill(self._program.pid, signal.CTRL_BREAK_EVENT)

        def any_left(self) -> bool:
            """Whether any of them still runs."""
            found = _Accounting()
            size = wintypes.DWORD(ctypes.sizeof(found))
            _kernel.QueryInformationJobObject(self._job, _ACCOUNTING, ctypes.byref(found), size, None)
            return bool(found.active)

        def kill(self) -> None:
            """End all of them as a power cut would. The last that is done with them."""
            _kernel.TerminateJobObject(self._job, 1)
            self._program.wait()
            _kernel.CloseHandle(self._job)

else:

    class Processes:
        """What a command line starts, begun when this is made. Raises `OSError` where it cannot be started."""

        def __init__(self, words: Sequence[str]) -> None:
            # A session of its own makes it the leader of a group, which all that it starts belong to.
            self._program = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)

        def exit_code(self) -> int | None:
            """The exit code of the program itself; None while it runs."""
            return self._program.poll()

        def wait(self, timeout_s: float) -> None:
            """Wait for the program itself. Raises `subprocess.TimeoutExpired`."""
            self._program.wait(timeout_s)

        def ask(self) -> None:
            """Ask all of them to end."""
            self._signal(signal.SIGTERM)

        def any_left(self) -> bool:
            """Whether any of them still runs; who is dead and not buried looks alive."""
            return self._signal(0)

        def kill(self) -> None:
            """End all of them as a power cut would. The last that is done with them."""
            self._signal(signal.SIGKILL)
            self._program.wait()

        def _signal(self, number: int) -> bool:
            """Signal the program and all that it started, though it may have ended itself. Whether any was there."""
            try:
                os.killpg(self._program.pid, number)
            except (ProcessLookupError, PermissionError):  # The latter is what macOS says of a group that has ended.
                return False
            return True
