"""A program that recognises pictures by itself is not asked what it does when a recognition service fails."""

from pathlib import Path
from unittest import SkipTest

import pytest
from support.programs import PYTHON

from scenarios.harness import SEES_ITSELF, Harness
from scenarios.known_line import property_of
from twin import Camera, ExternalController

ROOT = Path(__file__).parents[2]
BY_ITSELF = ROOT / "docs" / "how-to" / "small_controller.py"
ASKS = ROOT / "tests" / "programs" / "hosted" / "worker_threads.py"


def truthful(program, addresses):
    """A harness whose recognition service answers from the truth."""
    controller = ExternalController(f"{PYTHON} {program.as_posix()} {addresses}")
    return Harness(link="hosted", controller=controller, camera=Camera(source="rendered"), recognizer="oracle")


def test_a_program_that_asks_no_service_is_not_asked_about_one():
    line = truthful(BY_ITSELF, "{host} {port}")
    with pytest.raises(SkipTest, match=SEES_ITSELF):
        line.stands(None, "recognizer")
    assert list(line.card.lines({property_of("recognizer"): "recognizer"}))[1].endswith(f"not asked: {SEES_ITSELF}")


def test_a_program_that_asks_the_service_is():
    line = truthful(ASKS, "{host} {port} {service}")
    line.pace()
    assert not line.sees_itself
