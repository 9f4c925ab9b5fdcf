"""An unreachable recognition service: every item rides to reject, and the log says why."""

import socket
import subprocess
import sys

import pytest
from support.programs import PYTHON

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.links.external_controller import ExternalController
from twin.scenario.scenario import RecognizerModel

pytestmark = pytest.mark.broker


@pytest.fixture
def unreachable():
    """The URL of a service that does not run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{probe.getsockname()[1]}"


def reasons(lines, url):
    return [line for line in lines.splitlines() if "picture_unrecognised" in line and url in line]


def test_the_controller_logs_a_missing_service_and_counts_the_pictures(unreachable):
    scenario = Scenario(
        items=ItemDraw(count=2), recognizer=RecognizerModel(source="images"), controller=settings_for(Layout(), items=2)
    )
    command = f"{PYTHON} -m controller run --broker {{host}}:{{port}} --clock granted --recognizer {unreachable}"
    run = simulate(scenario, link="lockstep", controller=ExternalController(command))
    assert run.summary.rejected == 2
    assert reasons(run.output, unreachable)
    assert "refused={} unrecognised=2" in run.output


def test_the_twins_own_controller_logs_it_too(unreachable):
    words = [sys.executable, "-m", "twin", "run", "--items", "1", "--recognizer", unreachable]
    run = subprocess.run(words, check=False, capture_output=True, text=True)
    assert run.returncode == 1
    assert "needless_reject: item 1" in run.stdout
    assert reasons(run.stderr, unreachable)
