"""The commands' output: a terminal, or the file or pipe that stdout is redirected to."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper

from rich.console import Console
from rich.text import Text


class Screen(Console):
    """A console that survives a closed pipe, as with `| head`: it drops the rest and the exit code stays the run's.

    A character that stdout's encoding lacks is written as an escape sequence. On Windows the encoding of a file or a
    pipe may be cp1252.
    """

    def __init__(self) -> None:
        super().__init__()
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    def on_broken_pipe(self) -> None:
        """Go on without output. rich itself would end the program here with exit code 1, which means a violation."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # Python flushes its remaining output there at exit.
        os.close(nowhere)


def verbatim(words: str) -> Text:
    """Show text from outside literally: rich markup has no effect, and control characters are escaped."""
    return Text("".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in words))


def saying(console: Console) -> Callable[[str], None]:
    """What prints text to a console whole, without breaking it into lines: an address can be clicked then."""
    return lambda words: console.print(verbatim(words), soft_wrap=True)


def counted(number: int, noun: str) -> str:
    """A number with its noun, which takes an s unless it is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
