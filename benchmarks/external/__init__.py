"""External programs with one mistake each: sound programs of several styles, and small changes of their text."""

from external import asynchronous, one_at_a_time, windows
from external.mistake import SOUND, ChangeError, Mistake, command_of, write_program

MISTAKES = (*one_at_a_time.MISTAKES, *windows.MISTAKES, *asynchronous.MISTAKES)

__all__ = ["MISTAKES", "SOUND", "ChangeError", "Mistake", "command_of", "write_program"]
