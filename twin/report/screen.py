"""Where a person reads what the commands say: a terminal, or whatever stdout is tied to."""

import os
import sys
from io import TextIOWrapper

from rich.console import Console
from rich.text import Text


class Screen(Console):
    """A console whose reader may leave (`| head`): the rest goes nowhere, and the exit code stays the run's own.

    A character that the reader's encoding lacks is told by its number (on Windows a file's or a pipe's may be cp1252).
    """

    def __init__(self) -> None:
        super().__init__()
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    def on_broken_pipe(self) -> None:
        """Go on without a reader. rich would end the program here, with the exit code of a violation."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # What Python still has to flush at the end goes there too.
        os.close(nowhere)


def verbatim(words: str) -> Text:
    """Words that may come from outside, as they stand: no markup in them counts, and none steers the terminal."""
    return Text("".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in words))
