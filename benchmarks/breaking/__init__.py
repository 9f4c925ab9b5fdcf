"""Controllers that are sound but break one rule of the line, each check's own. `benchmarks/verdict.py` judges them."""

from breaking.at_rest import FinishesTooEarly, NeverRests, StopsLoading, StopsWithARodOut
from breaking.rods import (
    ForgetsAPull,
    KeepsARodOut,
    PullsTooEarly,
    PushesAtNothing,
    PushesTwice,
    SpeaksNonsense,
)
from breaking.sorting import Breaks, IgnoresAnswers, SortsIntoAnotherBin

BREAKING = {
    "wrong_bin": [SortsIntoAnotherBin],
    "struck": [PullsTooEarly],
    "jam": [KeepsARodOut],
    "pushed_at_nothing": [PushesAtNothing],
    "rod_left_out": [ForgetsAPull],
    "protocol": [PushesTwice, SpeaksNonsense],
    "needless_reject": [IgnoresAnswers],
    "stalled": [StopsLoading],
    "lost": [FinishesTooEarly],
    "crash": [Breaks],
    "unsafe_stop": [StopsWithARodOut],
    "not_at_rest": [NeverRests],
}
"""For each check, who breaks its rule."""
