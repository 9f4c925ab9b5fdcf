"""The code that every fuzz harness shares.

    python fuzz/wire.py [libFuzzer's options, such as -max_total_time=60] [FILE to try again]

The seeds are in `corpus/`. New inputs stay in memory, so that the seeds stay few. A crash is written to the
current folder.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import atheris

CORPUS: Final = Path(__file__).parent / "corpus"
LIMITS: Final = ("-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1")


def fuzz(name: str, test_one_input: Callable[[bytes], None], *, most_bytes: int) -> None:
    """Fuzz until the time is up, or run each file on the command line once."""
    words = sys.argv[1:]
    if all(word.startswith("-") for word in words):
        words.append("-seed_inputs=" + ",".join(str(path) for path in sorted((CORPUS / name).iterdir())))
    atheris.Setup([sys.argv[0], *LIMITS, f"-max_len={most_bytes}", *words], test_one_input)
    atheris.Fuzz()
