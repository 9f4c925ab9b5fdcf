"""A controller that is to end: which rest counts, until when it is waited for, and what it may have miscounted."""

import pytest
from support.programs import PYTHON

from controller.core.controller import Controller
from twin import Item, ItemDraw, Layout, Scenario, settings_for, simulate, trace
from twin.links.external_controller import ExternalController
from twin.run_end import HELD_S
from twin.scenario.faults import BrokerDown, ForeignObject
from twin.verdict.bounds import Bounds

BOUNDS = Bounds(Layout())
HOSTED = """
import signal
import sys
import time
import paho.mqtt.client as mqtt

signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
told, stays = [], sys.argv[3] == "stays"
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_start()
while not (told and stays):
    client.publish("aa", '{"conveyor":"run"}')
    time.sleep(1.5)
    client.publish("aa", '{"conveyor":"stop"}')
    time.sleep(2.5)
while True:
    client.publish("aa", '{"conveyor":"stop"}')
    time.sleep(1.0)
"""


def stopped(word, tmp_path):
    path = tmp_path / "controller.py"
    path.write_text(HOSTED)
    command = f"{PYTHON} {path.as_posix()} {{host}} {{port}} {word}"
    scenario = Scenario(items=ItemDraw(count=1), stop_s=10.0)
    return simulate(scenario, link="hosted", controller=ExternalController(command))


def test_a_program_that_ignores_the_signal_and_stops_the_belt_now_and_then_has_not_come_to_rest(tmp_path):
    run = stopped("ignores", tmp_path)
    assert [found.check for found in run.violations] == ["not_at_rest"]


def test_a_program_that_stays_connected_when_it_has_come_to_rest_is_sound(tmp_path):
    run = stopped("stays", tmp_path)
    assert run.violations == []
    assert run.trace[-1].t_s < 10.0 + 4.0 + 2 * BOUNDS.leg_s


def test_a_program_that_has_ended_is_not_waited_for():
    scenario = Scenario(items=ItemDraw(count=9), controller=settings_for(Layout()), stop_s=15.0)
    command = f"{PYTHON} -m controller run --broker {{host}}:{{port}} --recognizer oracle"
    run = simulate(scenario, link="hosted", controller=ExternalController(command))
    assert run.violations == []
    (ended,) = [record for record in run.trace if isinstance(record, trace.Exited)]
    assert run.trace[-1].t_s <= ended.t_s + HELD_S


@pytest.mark.parametrize(("later_s", "lasts_s"), [(20.0, 120.0), (100.0, 60.0)])
def test_a_fault_that_begins_after_the_request_gives_more_time(later_s, lasts_s):
    """The controller, told to end, is cut off before the belt is clear, for nearly as long as it may take."""
    away = BrokerDown(from_s=15.5, until_s=15.5 + later_s + lasts_s)
    scenario = Scenario(items=ItemDraw(count=9), controller=settings_for(Layout()), faults=(away,), stop_s=15.0)
    run = simulate(scenario)
    assert run.violations == []
    assert not run.trace[-1].running


class DoesNothing(Controller):
    """Never sends a command."""

    next_deadline_s = None

    def handle(self, event, now_s):
        return ()


LAID = [ForeignObject(at_m=at_m, length_m=0.05, from_s=5.0, until_s=5.0) for at_m in (0.3, 0.5, 1.9)]


@pytest.mark.parametrize("laid", LAID)
def test_a_controller_that_does_nothing_has_not_miscounted_an_object(laid):
    scenario = Scenario(items=(Item(),), faults=(laid,), controller=settings_for(Layout(), items=1))
    run = simulate(scenario, controller=DoesNothing)
    assert [found.check for found in run.violations] == ["stalled"]
