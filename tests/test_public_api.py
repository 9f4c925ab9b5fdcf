"""The public names, and nothing else, run a scenario over each link."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from classifier import Classifier, Recognition
from controller import Controller, Settings
from twin import (
    ExternalController,
    Item,
    ItemDraw,
    Layout,
    LinkModel,
    RecognizerModel,
    Run,
    Scenario,
    faults,
    settings_for,
    simulate,
    trace,
)

PROGRAM = Path(__file__).parents[1] / "examples" / "controllers" / "sound_one_at_a_time.py"
COMMAND = f"{shlex.quote(Path(sys.executable).as_posix())} {shlex.quote(PROGRAM.as_posix())} {{host}} {{port}}"
TWO = (Item(item_class="ripe"), Item(item_class="raw", length_m=0.07))
COUNTED = Scenario(seed=4, items=TWO, controller=settings_for(Layout(), items=2))


def is_sorted(run):
    assert isinstance(run, Run)
    assert run.ok, run.violations
    assert [record.bin for record in run.trace if isinstance(record, trace.Binned)] == [2, 4]
    assert isinstance(run.trace[-1], trace.Ended)


def test_our_controller_sorts_in_memory():
    is_sorted(simulate(COUNTED))


def test_a_controller_that_is_handed_over_gets_the_settings():
    given = []

    def made(settings):
        given.append(settings)
        return Controller(settings)

    is_sorted(simulate(COUNTED, controller=made))
    assert given == [COUNTED.controller.settled(None)]
    assert isinstance(given[0], Settings)


@pytest.mark.broker
def test_our_controller_has_the_same_digest_in_lockstep():
    run = simulate(COUNTED, link="lockstep")
    is_sorted(run)
    assert run.summary.digest == simulate(COUNTED).summary.digest


def test_an_unmodified_program_sorts_in_virtual_time():
    is_sorted(simulate(Scenario(seed=4, items=TWO), controller=ExternalController(COMMAND), link="hosted"))


@pytest.mark.broker
@pytest.mark.realtime
def test_our_controller_runs_in_real_time():
    quick = settings_for(Layout(), items=2, belt_start_s=1.0)
    run = simulate(Scenario(seed=4, items=TWO, controller=quick), link="realtime", speed=4.0)
    assert any(isinstance(record, trace.Loaded) for record in run.trace)  # A slow machine makes the rest late.
    assert isinstance(run.trace[-1], trace.Ended)


def test_a_fault_a_network_and_a_recognizer_are_part_of_a_scenario():
    lost = faults.NoImage(from_s=0.0, until_s=60.0)
    link, recognizer = LinkModel(latency_s=0.01), RecognizerModel(latency_s=0.1)
    run = simulate(Scenario(items=ItemDraw(count=2), faults=(lost,), link=link, recognizer=recognizer))
    assert run.ok
    assert run.summary.rejected == 2


@pytest.mark.slow
def test_the_shipped_model_is_a_recognizer():
    asked = []

    class Asks:
        """Passes each picture on, and keeps the answers."""

        def __init__(self):
            self._model = Classifier.load()

        def classify(self, image):
            asked.append(self._model.classify(image))
            return asked[-1]

    pictures = RecognizerModel(source="images")
    run = simulate(Scenario(seed=4, items=TWO, recognizer=pictures), recognizer=Asks())
    assert run.summary.items == 2
    assert [type(answer) for answer in asked] == [Recognition, Recognition]


def test_a_run_in_memory_loads_neither_opencv_nor_numpy():
    code = "import sys, twin; twin.simulate(twin.Scenario()); print(sorted({'cv2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
