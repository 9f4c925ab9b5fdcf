"""Child processes in tests, on any system: the Python command, and signals that ask a program to stop."""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

PYTHON = shlex.quote(Path(sys.executable).as_posix())
"""This interpreter, quoted for a command line."""

if sys.platform == "win32":
    STOPS = (signal.CTRL_BREAK_EVENT,)
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    STOPS = (signal.SIGINT, signal.SIGTERM)
    _OWN_GROUP = {}


def stoppable(words, **options):
    """Start a program that can be sent any signal of `STOPS`."""
    return subprocess.Popen(words, **options, **_OWN_GROUP)
