"""The clocks and the chance of a hosted program, from one start of it to the next."""

import json
import re

import pytest
from support.hosting import controller, hosted

from twin import ItemDraw, Scenario, simulate, trace
from twin.links.external_controller import ExternalController
from twin.scenario.faults import ControllerKilled

KILLED = Scenario(seed=5, items=ItemDraw(count=1), faults=(ControllerKilled(from_s=10, until_s=14),))
BEGAN_S = 1_700_000_000


def starts(run):
    """What the program printed at each of its starts."""
    return [json.loads(line) for line in run.output.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def runs():
    """Two runs in which the program is killed and started again. The second one's hosts had waited."""
    program = ExternalController(controller("starts.py"), compute_ms=0)
    return [simulate(KILLED, link="hosted", controller=program) for _ in range(2)]


def test_its_clocks_go_on_when_it_was_killed_and_is_started_again(runs):
    for first, second in map(starts, runs):
        assert first["wall_s"] == pytest.approx(BEGAN_S, abs=0.01)
        assert second["wall_s"] - first["wall_s"] == pytest.approx(14, abs=0.01)
        assert second["wall_ns"] - first["wall_ns"] == pytest.approx(14e9, abs=1e7)
        assert second["monotonic_s"] - first["monotonic_s"] == pytest.approx(14, abs=0.01)
        assert second["monotonic_ns"] - first["monotonic_ns"] == pytest.approx(14e9, abs=1e7)


def test_what_counts_from_the_start_of_a_process_begins_anew(runs):
    for start in (*starts(runs[0]), *starts(runs[1])):
        assert start["process_s"] == pytest.approx(0, abs=0.01)
        assert start["logged_s"] == pytest.approx(0, abs=0.01)


def test_one_that_is_started_again_draws_other_numbers_the_same_on_every_run(runs):
    (first, second), again = starts(runs[0]), starts(runs[1])
    assert not set(first["drawn"]) & set(second["drawn"])
    assert [start["drawn"] for start in again] == [first["drawn"], second["drawn"]]


def test_what_the_run_that_measures_leaves_does_not_disturb_the_run(tmp_path):
    program = ExternalController(f"{controller('keeps_apart.py')} {tmp_path.as_posix()}")
    played = simulate(Scenario(seed=5, items=ItemDraw(count=1)), link="hosted", controller=program)
    assert not any(isinstance(record, trace.Crashed | trace.Exited) for record in played.trace), played.output
    left = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in left if re.fullmatch(r"\d{8}-\d{6}", name)] == ["20231113-221320", "20231114-221320"]
    assert len(left) == 4


def test_what_never_happened_is_long_ago():
    """Programs write `last_push_s = 0.0`, and the system has run for longer than any pause between two pushes."""
    assert hosted("-c", "import time; last_push_s = 0.0; print(time.monotonic() - last_push_s > 2)").output == "True\n"
