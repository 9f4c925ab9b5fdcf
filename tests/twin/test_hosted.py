"""Programs that nobody wrote for it, under the virtual clock."""

import os
import signal
import sys
from pathlib import Path

import pytest
from tests_hosting import PROGRAMS, controller, hosted

from twin import ItemDraw, Scenario, simulate
from twin.errors import HostingError, TwinError
from twin.external_controller import ExternalController
from twin.faults import BrokerDown, ClientCutOff, ControllerKilled, RecognizerSays
from twin.scenario import RecognizerModel

PRIMITIVES = ("clocks", "waiting", "polling", "asyncio_waits", "signals", "sockets", "imports")
ORACLE = RecognizerModel()


def run(name, *, items=3, faults=(), seed=5, stop_s=None, recognizer=ORACLE):
    scenario = Scenario(
        seed=seed, items=ItemDraw(count=items), faults=tuple(faults), stop_s=stop_s, recognizer=recognizer
    )
    return simulate(scenario, link="hosted", controller=ExternalController(controller(name)))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_what_waits_or_tells_the_time_is_virtual(name):
    program = hosted(PROGRAMS / f"{name}.py")
    assert program.code == 0, program.output
    assert program.output.endswith("ok\n")
    assert "Traceback" not in program.output


def test_chance_is_the_same_on_every_run_of_a_seed():
    first, again, other = (hosted(PROGRAMS / "chance.py", seed=seed).output for seed in (1, 1, 2))
    assert first == again != other


def test_a_program_ends_with_its_last_thread_and_what_it_registered_for_that():
    program = hosted(PROGRAMS / "ending.py")
    assert program.code == 3
    assert program.output == "main ends\nthread ends\natexit at 5\n"


@pytest.mark.parametrize("name", ["polling_variable.py", "worker_threads.py", "asynchronous.py"])
def test_a_controller_of_any_style_gets_every_item_into_its_bin_with_the_same_digest_every_time(name):
    if name == "asynchronous.py":
        pytest.importorskip("aiomqtt")
    if name == "worker_threads.py":
        pytest.importorskip("requests")
    first, again = run(name), run(name)
    assert not first.violations
    assert first.summary.correct == 3
    assert again.summary.digest == first.summary.digest
