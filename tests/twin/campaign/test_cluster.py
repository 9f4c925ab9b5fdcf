"""What becomes of a unit whose worker hangs."""

import threading

import pytest

from twin.campaign import cluster
from twin.campaign.cluster import Units, WorkerError, connected
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


def taken(units, *, most):
    """The results that come from now on, until there are `most`."""
    results = []
    while len(results) < most:
        results += units.results()
    return sorted(results)


def test_a_unit_on_a_worker_that_hangs_is_given_to_another(client, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "UNIT_LIMIT_S", 1.0)
    place, trouble = tmp_path / "hangs-once", []

    def run(task, program):
        if task.number == 0 and not place.exists():
            place.touch()
            threading.Event().wait(30)
        return task.number

    units = Units(client, run, None, trouble.append)
    for number in range(3):
        units.give(UnitTask(plan=PLAN, number=number))
    assert taken(units, most=3) == [0, 1, 2]
    (line,) = trouble
    assert line.startswith("unit 0 took more than 2 s on worker tcp://127.0.0.1:")


def test_a_unit_that_hangs_everywhere_ends_the_campaign(client, monkeypatch):
    monkeypatch.setattr(cluster, "UNIT_LIMIT_S", 0.5)
    units = Units(client, lambda task, program: threading.Event().wait(20), None, lambda line: None)
    units.give(UnitTask(plan=PLAN, number=7))
    with pytest.raises(WorkerError, match="unit 7 hung 3 times"):
        taken(units, most=1)
