"""The sound example programs end when they are asked to, also while their broker is away: with the line at rest."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.programs import PYTHON, stoppable

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.broker.embedded import EmbeddedBroker
from twin.links.external_controller import ExternalController
from twin.scenario.faults import BrokerDown

PROGRAMS = Path(__file__).parents[2] / "examples" / "controllers"
PATIENCE_S = 30.0
NAMES = ["sound_one_at_a_time", "sound_windows", "sound_asyncio"]


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.skipif(sys.platform == "win32", reason="the programs handle the signals of POSIX")
@pytest.mark.parametrize("name", NAMES)
def test_a_sound_program_ends_while_its_broker_is_away(name):
    subscribed, broker = threading.Event(), EmbeddedBroker()
    broker.start()
    broker.watch(lambda seen: subscribed.set() if seen.event == "subscribed" else None)
    words = [sys.executable, str(PROGRAMS / f"{name}.py"), broker.host, str(broker.port)]
    program = stoppable(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert subscribed.wait(PATIENCE_S)
        broker.stop()
        program.terminate()
        program.wait(PATIENCE_S)
    finally:
        broker.stop()
        program.kill()
        program.wait()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_asked_to_end_in_a_short_outage_a_sound_program_brings_the_line_to_rest(name):
    command = f"{PYTHON} {(PROGRAMS / name).as_posix()}.py {{host}} {{port}} {{service}}"
    scenario = Scenario(
        items=ItemDraw(count=6), controller=settings_for(Layout()), stop_s=45.0,
        faults=(BrokerDown(from_s=44.8, until_s=45.6),),
    )  # fmt: skip
    run = simulate(scenario, link="hosted", controller=ExternalController(command))
    assert [found.check for found in run.violations if found.check != "lost"] == []
