"""Sound controllers, each changed to break the rule of one check. `benchmarks/verdict.py` runs them."""

from breaking.at_rest import FinishesTooEarly, NeverRests, StopsLoading, StopsWithARodOut
from breaking.rods import (
    ForgetsAPull,
    KeepsARodOut,
    PullsTooEarly,
    PushesAtNothing,
    PushesTwice,
    SendsInvalidCommands,
)
from breaking.sorting import Crashes, IgnoresAnswers, SortsIntoAnotherBin

BREAKING = {
    "wrong_bin": [SortsIntoAnotherBin],
    "struck": [PullsTooEarly],
    "jam": [KeepsARodOut],
    "pushed_at_nothing": [PushesAtNothing],
    "rod_left_out": [ForgetsAPull],
    "protocol": [PushesTwice, SendsInvalidCommands],
    "needless_reject": [IgnoresAnswers],
    "stalled": [StopsLoading],
    "lost": [FinishesTooEarly],
    "crash": [Crashes],
    "unsafe_stop": [StopsWithARodOut],
    "not_at_rest": [NeverRests],
}
"""For each check, the controllers that break its rule."""
