"""The user's program: its command line, run as Python itself would run it."""

from __future__ import annotations

import gc
import io
import os
import runpy
import sys
import traceback
from contextlib import suppress
from types import ModuleType
from typing import Any


class Program:
    """A script, `-m MODULE` or `-c CODE`, with its arguments."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self.reason = ""

    @property
    def folders(self) -> list[str]:
        """The folders of the program's own files."""
        first = self._words[0] if self._words else ""
        return [os.getcwd()] if first in ("-m", "-c") else [os.path.dirname(os.path.abspath(first)), os.getcwd()]

    def run(self) -> int:
        """Run it to its end, including threads that are not daemons and the functions registered with `atexit`.

        Returns the exit code.
        """
        code = self._guarded(self._run_main)
        import threading

        self._guarded(threading._shutdown)  # type: ignore[attr-defined]
        import atexit

        self._guarded(atexit._run_exitfuncs)
        _flush_files()
        return code

    def _run_main(self) -> None:
        words = self._words
        if words[0] == "-m":
            sys.argv = words[1:]
            sys.path.insert(0, os.getcwd())
            _main_module(None)
            runpy._run_module_as_main(words[1], alter_argv=True)  # type: ignore[attr-defined]
        elif words[0] == "-c":
            sys.argv = ["-c", *words[2:]]
            sys.path.insert(0, "")
            exec(compile(words[1], "<string>", "exec"), _main_module(None).__dict__)
        elif os.path.isdir(words[0]) or words[0].endswith((".zip", ".pyz")):
            sys.argv = words
            runpy.run_path(words[0], run_name="__main__")
        else:
            sys.argv = words
            sys.path.insert(0, os.path.dirname(os.path.abspath(words[0])))
            with open(words[0], "rb") as file:
                code = compile(file.read(), words[0], "exec", dont_inherit=True)
            exec(code, _main_module(words[0]).__dict__)

    def _guarded(self, run: Any) -> int:
        """Run a function. An exception becomes an exit code, and is printed as Python prints it."""
        try:
            run()
        except SystemExit as leave:
            if leave.code is None or isinstance(leave.code, int):
                return leave.code or 0
            sys.stderr.write(f"{leave.code}\n")
            self.reason = str(leave.code)
            return 1
        except BaseException as error:
            self._report(error)
            return 130 if isinstance(error, KeyboardInterrupt) else 1
        return 0

    def _report(self, error: BaseException) -> None:
        own = error.__traceback__
        while own is not None and os.path.dirname(own.tb_frame.f_code.co_filename) == os.path.dirname(__file__):
            own = own.tb_next
        sys.excepthook(type(error), error.with_traceback(own), own)
        steps = traceback.extract_tb(own)
        where = f" (in {steps[-1].name}, line {steps[-1].lineno})" if steps else ""
        self.reason = f"{type(error).__name__}: {error}{where}"


def _flush_files() -> None:
    """Write what files hold that were not closed, as Python does when it ends by itself."""
    kinds = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
    files: list[Any] = [file for file in gc.get_objects() if issubclass(type(file), kinds)]
    for file in sorted(files, key=lambda file: not issubclass(type(file), io.TextIOWrapper)):  # Which write to others.
        with suppress(OSError, ValueError):  # It may be closed, or its disk full.
            file.flush()


def _main_module(path: str | None) -> ModuleType:
    """A new module `__main__`."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=__builtins__, __annotations__={})
    if path is not None:
        here = os.path.abspath(path) if sys.version_info >= (3, 9) else path
        module.__dict__.update(__file__=here, __cached__=None)
    sys.modules["__main__"] = module
    return module
