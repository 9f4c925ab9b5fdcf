"""One log line for each item: the recognizer's answer, and the bin or the reason for the reject."""

import logging

import pytest

from controller.core.events import Sorted
from controller.journal import log_item


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (Sorted(number=3, label="ripe", confidence=0.971, bin=2, reason=None), "item 3: ripe 0.97 -> bin 2"),
        (
            Sorted(number=4, label="raw", confidence=0.5, bin=None, reason="no picture"),
            "item 4: raw 0.50 -> reject (no picture)",
        ),
        (
            Sorted(number=5, label=None, confidence=None, bin=None, reason="the recognizer gave no answer"),
            "item 5: no answer -> reject (the recognizer gave no answer)",
        ),
        (
            Sorted(number=6, label="a\nb" + 99 * "c", confidence=1.0, bin=None, reason="its label has no bin"),
            f"item 6: a b{37 * 'c'} 1.00 -> reject (its label has no bin)",
        ),
    ],
)
def test_an_item_is_logged_in_one_line(item, line, caplog):
    with caplog.at_level(logging.INFO, "controller"):
        log_item(item)
    assert [record.getMessage() for record in caplog.records] == [line]
