"""One unit of a campaign."""

import msgspec
import pytest
from hypothesis import Phase

from controller.core.controller import Controller
from twin import Item, Scenario, simulate
from twin.campaign.plan import LEAST_UNITS, Plan, code_version
from twin.campaign.shrinking import shrink
from twin.campaign.unit import UnitTask, explore, failures_of, groups_of, run_unit
from twin.report.reported import Origin
from twin.scenario.scenario import decode_scenario, encode_scenario


@pytest.fixture
def task():
    plan = Plan(scenarios=12 * LEAST_UNITS, families=("no fault", "gates"), search=False, code=code_version())
    return lambda number, archive=(): UnitTask(plan=plan, number=number, archive=archive)


class PushesNothing(Controller):
    """Never pushes an item: each one is rejected needlessly."""

    def _may_push(self, item, now_s):
        return False


def test_a_unit_finds_the_same_every_time(task):
    first, again = run_unit(task(1)), run_unit(task(1))
    assert first == again
    assert first.scenarios == 12
    assert first.digest != run_unit(task(2)).digest


def test_what_failed_before_comes_first_in_the_first_unit(task):
    failed = Scenario(items=(Item(item_class="ripe"),))
    plan = msgspec.structs.replace(task(0).plan, before=(encode_scenario(failed).decode(),))
    first, second = ([], [])
    explore(msgspec.structs.replace(task(0), plan=plan), first.append)
    explore(msgspec.structs.replace(task(1), plan=plan), second.append)
    assert first[0].scenario == failed
    assert [len(first), len(second)] == [13, 12]
    assert run_unit(msgspec.structs.replace(task(0), plan=plan)).scenarios == 13


def test_what_failed_before_is_small_already(task):
    failed = Scenario(items=(Item(item_class="ripe"),))
    plan = msgspec.structs.replace(task(0).plan, before=(encode_scenario(failed).decode(),))
    (group,) = groups_of(simulate(failed, controller=PushesNothing))
    origin = Origin(link="memory", scenario_file="findings/01.json")
    shrunk = shrink(msgspec.structs.replace(task(0), plan=plan), group, origin, PushesNothing)
    assert (shrunk.tried, decode_scenario(shrunk.failure.scenario.encode())) == (1, failed)


def test_mutations_of_an_archive_can_be_run(task):
    archive = tuple(close.scenario for close in run_unit(task(0)).closest)
    assert archive
    seen = []
    explore(task(1, archive), lambda run: seen.append(run.summary.digest))
    assert len(seen) == 12


def test_a_failure_is_grouped_by_rule_faults_and_phase():
    run = simulate(Scenario(items=(Item(item_class="ripe"),)), controller=PushesNothing)
    assert [(group.rule, group.faults, group.phase) for group in groups_of(run)] == [
        ("needless_reject", "no fault", "leaving")
    ]
    (failure,) = failures_of(run, unit=3, place=4)
    assert (failure.unit, failure.place, failure.items) == (3, 4, 1)
    assert "needless_reject: item" in failure.sentence


def test_shrinking_ends_with_a_small_scenario_of_the_same_group(task):
    found = []

    def visit(run):
        found.extend(failures_of(run, unit=0, place=0))

    explore(task(0), visit, controller=PushesNothing, phases=(Phase.generate,))
    group = next(failure.group for failure in found if failure.group.faults == "no fault")
    shrunk = shrink(task(0), group, Origin(link="memory", scenario_file="findings/01.json"), PushesNothing)
    assert shrunk.failure.group == group
    assert shrunk.failure.items <= 2
    assert group.rule in shrunk.report
    assert 'simulate(load_scenario(\\"findings/01.json\\"), controller=PushesNothing)' in shrunk.report
