"""When a test in real time is repeated, fails or is skipped."""

import pytest

from support import real_time
from support.real_time import STALL_MS, UNUSABLE_MS, undisturbed

SHORT_MS, LONG_MS = STALL_MS + 1, UNUSABLE_MS + 1


def tries_used(monkeypatch, *tries):
    """The number of tries that were used; each is a verdict and the longest stall in ms."""
    left = list(tries)
    monkeypatch.setattr(real_time, "watched", lambda work: left.pop(0))
    undisturbed(None, always=lambda verdict: verified(verdict != "wrong"), in_time=verified)
    return len(tries) - len(left)


def verified(verdict):
    assert verdict


def test_a_correct_run_passes_in_spite_of_a_stall(monkeypatch):
    assert tries_used(monkeypatch, ("right", LONG_MS)) == 1


def test_a_run_that_a_stall_may_have_disturbed_is_repeated(monkeypatch):
    assert tries_used(monkeypatch, ("", SHORT_MS), ("", LONG_MS), ("right", 0.0)) == 3


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
def test_a_wrong_run_fails_if_no_stall_explains_it(monkeypatch, tries):
    with pytest.raises(AssertionError):
        tries_used(monkeypatch, *tries)


def test_a_machine_that_is_too_slow_for_real_time_skips_the_test(monkeypatch):
    with pytest.raises(pytest.skip.Exception, match="stalls for 101 ms or more"):
        tries_used(monkeypatch, ("", LONG_MS), ("", 2 * LONG_MS), ("", LONG_MS))


def test_the_watch_reports_the_longest_stall_of_the_machine():
    outcome, stall_ms = real_time.watched(lambda: "done")
    assert outcome == "done"
    assert stall_ms >= 0.0
