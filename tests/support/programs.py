"""For tests that start programs, on any system: Python in a command line, and how a program is asked to stop."""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

PYTHON = shlex.quote(Path(sys.executable).as_posix())
"""This interpreter, as it stands in a command line."""

if sys.platform == "win32":
    STOPS = (signal.CTRL_BREAK_EVENT,)
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    STOPS = (signal.SIGINT, signal.SIGTERM)
    _OWN_GROUP = {}


def stoppable(words, **options):
    """A program that can be sent any of `STOPS`."""
    return subprocess.Popen(words, **options, **_OWN_GROUP)
