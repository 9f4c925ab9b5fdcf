"""Garbage and unanswered pictures are counted, and do not flood the log."""

import logging

import pytest

from controller.core.events import Unrecognised
from controller.errors import WireError
from controller.refusals import Refusals


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.WARNING, logger="controller")
    return lambda: len(caplog.records)


def test_one_line_is_logged_per_kind_and_second(lines):
    now_s = [100.0]
    refusals = Refusals(lambda: now_s[0])
    for _ in range(1000):
        refusals.see(WireError("image", "torn"))
        refusals.see(WireError("wrong type", "7"))
    assert lines() == 2
    assert refusals.counts == {"image": 1000, "wrong type": 1000}
    now_s[0] += 0.99
    refusals.see(WireError("image", "torn"))
    assert lines() == 2
    now_s[0] += 0.02
    refusals.see(WireError("image", "torn"))
    assert lines() == 3


def test_the_next_line_says_how_many_were_not_logged(caplog):
    now_s = [0.0]
    refusals = Refusals(lambda: now_s[0])
    for _ in range(5):
        refusals.see(WireError("image", "torn"))
    now_s[0] = 2.0
    refusals.see(WireError("image", "a\nb"))
    message = caplog.records[-1].getMessage()
    assert "count=6 unlogged=4" in message
    assert "\n" not in message


def test_missing_answers_are_logged_once_a_second_with_their_reason(caplog):
    now_s = [0.0]
    refusals = Refusals(lambda: now_s[0])
    for image in range(5):
        refusals.miss(Unrecognised(image=image, reason="http://host: Connection refused"))
    now_s[0] = 2.0
    refusals.miss(Unrecognised(image=6, reason="x" * 100_000))
    first, last = (record.getMessage() for record in caplog.records)
    assert "picture_unrecognised" in first
    assert "http://host: Connection refused" in first
    assert "count=6 unlogged=4" in last
    assert len(last) < 1000
    assert (refusals.unrecognised, refusals.counts) == (6, {})
