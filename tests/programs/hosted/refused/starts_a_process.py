"""Starts another process, after asking the system about itself, which is let pass."""

import platform
import subprocess
import sys

print(platform.platform(), platform.processor())
subprocess.run([sys.executable, "-c", "pass"], check=True)
