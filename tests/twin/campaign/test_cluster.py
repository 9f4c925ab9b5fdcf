"""What becomes of a unit whose worker hangs."""

import threading
from itertools import count

import pytest

from twin.campaign.cluster import AHEAD, UNIT_LIMIT_S, Units, WorkerError, connected
from twin.campaign.plan import Plan
from twin.campaign.unit import UnitTask

pytestmark = pytest.mark.slow
pytest.importorskip("distributed")
PLAN = Plan(
    seed=0, scenarios=3, families=("no fault",), layout=None, controller=None, program=None, search=False, code="1"
)  # fmt: skip


@pytest.fixture(scope="module")
def client():
    with connected(None, 2) as client:
        yield client


LATE_S = AHEAD * UNIT_LIMIT_S["memory"]


def rest(units):
    """The results that are still to come."""
    results = []
    while not units.empty:
        results += units.results()
    return results


def test_a_unit_on_a_worker_that_hangs_is_given_to_another(client, tmp_path):
    place, trouble, now_s, results = tmp_path / "hangs-once", [], 0.0, []

    def run(task, program):
        if task.number == 0 and not place.exists():
            place.touch()
            threading.Event().wait(300)
        return task.number

    units = Units(client, run, None, trouble.append, lambda: now_s)
    for number in range(3):
        units.give(UnitTask(plan=PLAN, number=number))
    while not place.exists() or sum(map(bool, client.processing().values())) > 1:
        results += units.results()
    now_s = LATE_S
    results += rest(units)
    assert sorted(results) == [0, 1, 2]
    (line,) = trouble
    assert line.startswith("unit 0 took more than 600 s on worker tcp://127.0.0.1:")


def test_a_unit_that_hangs_everywhere_ends_the_campaign(client):
    now_s = count(step=LATE_S)
    units = Units(client, lambda task, program: threading.Event().wait(300), None, lambda line: None, now_s.__next__)
    units.give(UnitTask(plan=PLAN, number=7))
    with pytest.raises(WorkerError, match="unit 7 hung 3 times"):
        rest(units)
