"""External programs with one mistake each: sound programs of several styles, and small differences in their text."""

from external import asynchronous, loop_by_hand, one_at_a_time, state_and_event, windows
from external.mistake import SOUND, ChangeError, Mistake, command_of, write_program

MISTAKES = (
    *one_at_a_time.MISTAKES, *windows.MISTAKES, *asynchronous.MISTAKES, *state_and_event.MISTAKES,
    *loop_by_hand.MISTAKES,
)  # fmt: skip

__all__ = ["MISTAKES", "SOUND", "ChangeError", "Mistake", "command_of", "write_program"]
