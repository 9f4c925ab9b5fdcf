"""What the terminal shows while a line runs in real time."""

import io

import pytest
from rich.console import Console

from twin import trace
from twin.report.console import StatusLine

LOADED = [trace.Loaded(float(number), number, "ripe", 0.08, None) for number in (1, 2)]
OFF = trace.TakenByHand(3.0, 1, back=False, returns=True)
BACK = trace.TakenByHand(4.0, 1, back=True, returns=False)


@pytest.mark.parametrize(
    ("records", "counts"),
    [
        (LOADED, "0 of 3 done, 2 on the belt"),
        ([*LOADED, OFF], "0 of 3 done, 1 on the belt"),
        ([*LOADED, OFF, BACK], "0 of 3 done, 2 on the belt"),
        ([*LOADED, trace.Binned(5.0, 2, 2)], "1 of 3 done, 1 on the belt"),
        ([*LOADED, trace.LaidDown(5.0, -1, 0.1, 0.3, None)], "0 of 3 done, 2 on the belt"),
    ],
    ids=["loaded", "taken off", "put back", "in its bin", "an object laid down"],
)
def test_the_status_counts_the_items_on_the_belt(records, counts):
    screen = io.StringIO()
    with StatusLine(Console(file=screen, force_terminal=True, width=200), 3) as status:
        for record in records:
            status.see(record)
    assert counts in screen.getvalue().rpartition(" s  ")[2]
