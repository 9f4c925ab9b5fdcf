"""How a program that was told to end may end: with 0, by the signal, or with 128 plus its number, as by custom."""

import signal
from random import Random
from types import SimpleNamespace

import pytest
from support.programs import PYTHON

from twin import ItemDraw, Scenario, simulate, trace
from twin.links.base import Exit
from twin.links.external_controller import ExternalController
from twin.links.opening import Live
from twin.links.real_time_port import RealTimePort
from twin.links.retained import RetainedMessages
from twin.plant.fault_injector import FaultInjector
from twin.timeline import Timeline

PROGRAM = """
import signal
import sys
import time
import paho.mqtt.client as mqtt

def end(number, frame):
    client.publish("aa", '{"conveyor":"stop"}').wait_for_publish()
    sys.exit(int(sys.argv[3]))

signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_start()
client.publish("aa", '{"conveyor":"run"}')
while True:
    time.sleep(1)
"""
ENDS = [
    ("SIGTERM", 143, trace.Exited), ("SIGINT", 130, trace.Exited), ("SIGTERM", 0, trace.Exited),
    ("SIGTERM", 130, trace.Crashed), ("SIGINT", 143, trace.Crashed), ("SIGTERM", 1, trace.Crashed),
]  # fmt: skip


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "ends_with_a_code.py"
    path.write_text(PROGRAM)
    return f"{PYTHON} {path.as_posix()} {{host}} {{port}}"


def ends_of(records):
    return [type(record) for record in records if isinstance(record, trace.Exited | trace.Crashed)]


@pytest.mark.parametrize(("stop_signal", "code", "end"), ENDS)
def test_a_hosted_program_may_end_with_128_plus_the_signal(stop_signal, code, end, program):
    scenario = Scenario(items=ItemDraw(count=1), stop_s=5.0, stop_signal=stop_signal)
    run = simulate(scenario, link="hosted", controller=ExternalController(f"{program} {code}"))
    assert ends_of(run.trace) == [end]


@pytest.mark.parametrize(("stop_signal", "code", "end"), [*ENDS, ("SIGTERM", -15, trace.Exited)])
def test_a_program_in_real_time_may_end_with_128_plus_the_signal(stop_signal, code, end):
    timeline, scenario, records = Timeline(), Scenario(), []
    faults = FaultInjector(timeline, scenario, Random(1), records.append)
    retained = RetainedMessages(timeline, faults, lambda part: None, records.append)
    program = SimpleNamespace(
        started=True, stop=lambda number: None, note_output=lambda now_s: None, exit=lambda: Exit(code, f"code {code}")
    )
    live = Live(None, None, None, program)
    port = RealTimePort(timeline, live, scenario, faults, records.append, records.append, retained)
    port.stop(signal.Signals[stop_signal])
    port.record_exit()
    assert ends_of(records) == [end]


def test_without_a_signal_that_code_is_a_failure(tmp_path):
    path = tmp_path / "ends_at_once.py"
    path.write_text(PROGRAM.replace("while True:", "sys.exit(143)\nwhile True:"))
    command = f"{PYTHON} {path.as_posix()} {{host}} {{port}} 0"
    run = simulate(Scenario(items=ItemDraw(count=1)), link="hosted", controller=ExternalController(command))
    assert ends_of(run.trace) == [trace.Crashed]
