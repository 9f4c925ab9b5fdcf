"""What excuses a test in real time, and what does not."""

import pytest

from support import real_time
from support.real_time import NO_PLACE_MS, STALL_MS, undisturbed

SHORT_MS, LONG_MS = STALL_MS + 1, NO_PLACE_MS + 1


def judged(monkeypatch, *tries):
    """How many tries it took, each a verdict and the longest stall in ms."""
    left = list(tries)
    monkeypatch.setattr(real_time, "watched", lambda work: left.pop(0))
    undisturbed(None, always=lambda verdict: verified(verdict != "wrong"), in_time=verified)
    return len(tries) - len(left)


def verified(verdict):
    assert verdict


def test_what_is_right_is_right_however_the_machine_stood_still(monkeypatch):
    assert judged(monkeypatch, ("right", LONG_MS)) == 1


def test_what_a_stall_may_have_done_is_done_again(monkeypatch):
    assert judged(monkeypatch, ("", SHORT_MS), ("", LONG_MS), ("right", 0.0)) == 3


@pytest.mark.parametrize(
    "tries",
    [
        [("", STALL_MS)],
        [("", LONG_MS), ("", 0.0)],
        [("", SHORT_MS), ("", SHORT_MS), ("", SHORT_MS)],
        [("", LONG_MS), ("", SHORT_MS), ("", LONG_MS)],
        [("wrong", LONG_MS)],
    ],
)
def test_what_no_stall_explains_has_failed(monkeypatch, tries):
    with pytest.raises(AssertionError):
        judged(monkeypatch, *tries)


def test_a_machine_that_is_no_place_for_real_time_is_named(monkeypatch):
    with pytest.raises(pytest.skip.Exception, match="stands still for 101 ms and more"):
        judged(monkeypatch, ("", LONG_MS), ("", 2 * LONG_MS), ("", LONG_MS))


def test_the_watch_says_how_long_the_machine_stood_still():
    outcome, stall_ms = real_time.watched(lambda: "done")
    assert outcome == "done"
    assert stall_ms >= 0.0
