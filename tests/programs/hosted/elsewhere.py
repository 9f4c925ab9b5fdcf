"""The program's modules lie in a folder beside its own, and one of them polls."""

import sys
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
(folder / "polled_in_a_module_of_the_program.py").write_text(
    "import threading\nflags = []\nthreading.Timer(1, flags.append, (1,)).start()\nwhile not flags:\n    pass\n"
)
sys.path.insert(0, str(folder))
import polled_in_a_module_of_the_program  # noqa: E402, F401

print("ok")
