"""What the report of a run in real time says if the machine is too slow."""

import io
from threading import Event

import pytest
from rich.console import Console

from twin import ItemDraw, Scenario, simulate
from twin.report.console import show_run
from twin.trace import Photographed

pytestmark = pytest.mark.broker
STALL_S = 0.2
WARNING = "this machine fell behind real time"


def report_of(run):
    console = Console(width=160, file=io.StringIO())
    show_run(console, run)
    return console.file.getvalue()


@pytest.mark.realtime
def test_the_report_warns_of_a_machine_that_is_too_slow():
    pause = Event()

    def delay(record):
        if isinstance(record, Photographed):
            pause.wait(STALL_S)

    run = simulate(Scenario(items=ItemDraw(count=1)), link="realtime", speed=2.0, watchers=(delay,))
    assert run.lateness_ms.longest >= STALL_S * 1000 * 0.5
    assert run.lateness_ms.p50 <= run.lateness_ms.p99 <= run.lateness_ms.longest
    assert f"longest {run.lateness_ms.longest:.2f} ms" in report_of(run)
    assert WARNING in report_of(run)


def test_virtual_time_is_never_late():
    run = simulate(Scenario(items=ItemDraw(count=1)))
    assert run.lateness_ms.longest is None
    assert "pacing" not in report_of(run)
