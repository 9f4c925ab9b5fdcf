"""A program that recognises pictures by itself: no service knows what it saw, and no service's faults reach it."""

from pathlib import Path

from support.programs import PYTHON

from scenarios.harness import Harness
from twin import Camera, ExternalController, Item, Scenario
from twin.scenario.faults import RecognizerSays

ROOT = Path(__file__).parents[2]
SEES_ITSELF = ROOT / "docs" / "how-to" / "small_controller.py"
ASKS = ROOT / "tests" / "programs" / "hosted" / "worker_threads.py"


def truthful(program, addresses):
    """A harness whose recognition service answers from the truth."""
    controller = ExternalController(f"{PYTHON} {program.as_posix()} {addresses}")
    return Harness(link="hosted", controller=controller, camera=Camera(source="rendered"), recognizer="oracle")


def test_a_program_that_asks_no_service_is_not_judged_by_a_services_answers():
    line = truthful(SEES_ITSELF, "{host} {port}")
    line.pace()
    assert line.sees_itself
    silent = RecognizerSays(from_s=0.0, until_s=600.0, what="nothing")
    run = line.holds(Scenario(seed=1, items=(Item(item_class="ripe"),), faults=(silent,)), "Own recognizer")
    assert run.summary.bins["2"] == 1


def test_a_program_that_asks_the_service_is_judged_by_its_answers():
    line = truthful(ASKS, "{host} {port} {service}")
    line.pace()
    assert (line.sees_itself, line.recognizer) == (False, "oracle")
