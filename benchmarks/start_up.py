"""The time that a person waits: for each program's help, and for the main job from a warm install to its verdict.

    python benchmarks/start_up.py [--runs 5]

Medians of whole processes, with the start of Python alone for comparison.
The goals: help under 0.5 s, the main job under 30 s.
"""

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "twin --help": ["-m", "twin", "--help"],
    "controller --help": ["-m", "controller", "--help"],
    "classifier --help": ["-m", "classifier", "--help"],
    "twin run --items 100": ["-m", "twin", "run", "--items", "100"],
}


def took_s(words):
    """Seconds from a process's start to its end."""
    began_s = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - began_s


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for name, words in COMMANDS.items():
        runs_s = [took_s(words) for _ in range(options.runs)]
        print(f"{name:22s}  median {statistics.median(runs_s):6.2f} s, from {min(runs_s):.2f} to {max(runs_s):.2f} s")


if __name__ == "__main__":
    main()
