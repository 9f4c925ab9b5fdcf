"""The sound example programs end when they are asked to, also while their broker is away."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.programs import stoppable

from twin.broker.embedded import EmbeddedBroker

PROGRAMS = Path(__file__).parents[2] / "examples" / "controllers"
PATIENCE_S = 15.0


@pytest.mark.broker
@pytest.mark.skipif(sys.platform == "win32", reason="the programs handle the signals of POSIX")
@pytest.mark.parametrize("name", ["sound_one_at_a_time", "sound_windows", "sound_asyncio"])
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
