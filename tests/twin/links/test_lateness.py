"""What a run in real time says of a machine that does not keep it."""

import io
from threading import Event

import pytest
from rich.console import Console

from twin import ItemDraw, Scenario, simulate
from twin.report.console import show_run
from twin.trace import Photographed

pytestmark = pytest.mark.broker
STALL_S = 0.2
DOUBT = "did not keep real time"


def told(run):
    console = Console(width=160, file=io.StringIO())
    show_run(console, run)
    return console.file.getvalue()


def test_a_machine_that_holds_the_line_up_is_named_in_the_report():
    held = Event()

    def hold_up(record):
        if isinstance(record, Photographed):
            held.wait(STALL_S)

    run = simulate(Scenario(items=ItemDraw(count=1)), link="realtime", speed=2.0, watchers=(hold_up,))
    assert run.lateness_ms.longest >= STALL_S * 1000 * 0.5
    assert run.lateness_ms.p50 <= run.lateness_ms.p99 <= run.lateness_ms.longest
    assert f"at most {run.lateness_ms.longest:.2f} ms" in told(run)
    assert DOUBT in told(run)


def test_virtual_time_is_never_late():
    run = simulate(Scenario(items=ItemDraw(count=1)))
    assert run.lateness_ms.longest is None
    assert "pacing" not in told(run)
