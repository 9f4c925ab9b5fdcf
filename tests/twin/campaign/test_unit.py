"""One unit of a campaign."""

import pickle
import shlex
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, seed, settings

from controller.core.controller import Controller
from controller.errors import SettingsError, WireError
from scenarios.campaign_source import FAMILIES, Archive, campaign_scenarios, mutations
from scenarios.strategies import warm_up_s
from twin import Item, Layout, RecognizerModel, Scenario, simulate
from twin.campaign.plan import LEAST_UNITS, Plan, code_version
from twin.campaign.program_files import packed
from twin.campaign.shrinking import shrink, shrink_of
from twin.campaign.unit import REFUSED, UnitTask, explore, failures_of, groups_of, run_unit
from twin.errors import ArgumentError, ScenarioError, TwinError
from twin.report.reported import Origin
from twin.scenario import faults
from twin.scenario.scenario import decode_scenario, encode_scenario

QUEUE = Path(__file__).parents[3] / "examples" / "controllers" / "one_queue.py"


@pytest.fixture
def task():
    plan = Plan(scenarios=12 * LEAST_UNITS, families=("no fault", "gates"), code=code_version())
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
    (known,) = failures_of(simulate(failed, controller=PushesNothing), unit=0, place=0)
    origin = Origin(link="memory", scenario_file="findings/01.json")
    shrunk = shrink(msgspec.structs.replace(task(0), plan=plan), known, origin, PushesNothing)
    assert (shrunk.tried, decode_scenario(shrunk.failure.scenario.encode())) == (1, failed)


def test_mutations_of_an_archive_can_be_run(task):
    archive = tuple(close.scenario for close in run_unit(task(0)).closest)
    assert archive
    seen = []
    explore(task(1, archive), lambda run: seen.append(run.summary.digest))
    assert len(seen) == 12


MARKED = RecognizerModel(latency_s=0.0123)
"""No drawn scenario has it, and no mutation changes it."""


@pytest.mark.parametrize(
    ("layout", "known_line", "other_lines"), [(None, False, True), (Layout(), False, False), (None, True, False)]
)
def test_half_of_the_scenarios_are_mutations_once_there_is_an_archive(layout, known_line, other_lines):
    stack = (Item(item_class="raw"),) * 3
    acting = (faults.RetainedMessage(from_s=0.0, until_s=60.0), faults.GateBounce(from_s=24.0, until_s=29.0))
    close = Scenario(items=stack, faults=acting, recognizer=MARKED)
    drawn = []

    @seed(0)
    @settings(max_examples=400, database=None, deadline=None, phases=[Phase.generate])
    @given(
        campaign_scenarios(
            families=tuple(FAMILIES), layout=layout, known_line=known_line, archive=[encode_scenario(close).decode()]
        )
    )
    def each(scenario):
        drawn.append(scenario)

    each()
    mutants = [scenario for scenario in drawn if scenario.recognizer == MARKED]
    # Hypothesis repeats parts of examples, so the share varies. As one of thirteen strategies it would be 31 of 400.
    assert 60 <= len(mutants) <= 340
    assert any(mutant.link != close.link for mutant in mutants)
    assert any(mutant.seed != close.seed for mutant in mutants)
    assert any(mutant.layout != close.layout for mutant in mutants) == other_lines
    for mutant in mutants:
        starting = [fault for fault in mutant.faults if not isinstance(fault, faults.RetainedMessage)]
        assert all(fault.from_s >= warm_up_s(mutant.layout) for fault in starting)


def test_mutations_never_lose_the_broker_while_it_is_lost():
    kinds = (faults.BrokerDown, faults.ClientCutOff, faults.ControllerKilled)
    once = faults.ClientCutOff(from_s=23.0, until_s=23.5)
    scenario = Scenario(
        items=(Item(item_class="ripe"),) * 3, faults=(once, faults.BrokerDown(from_s=30.0, until_s=33.0))
    )
    changed = set()

    @settings(max_examples=300, database=None, deadline=None)
    @given(mutations(Archive([scenario]), kinds))
    def each(mutant):
        changed.add(encode_scenario(mutant))

    each()
    assert len(changed) > 50


@pytest.mark.parametrize(
    "error",
    [
        ScenarioError("gate", [1, 2], "one number"), ArgumentError("speed", 0, "above 0"),
        WireError("bad_base64", "no base64"), SettingsError("gates", -1, "1 or more"),
    ],
)  # fmt: skip
def test_an_error_in_a_worker_reaches_the_campaign(error):
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


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
    known = next(failure for failure in found if failure.group.faults == "no fault")
    shrunk = shrink(task(0), known, Origin(link="memory", scenario_file="findings/01.json"), PushesNothing)
    assert shrunk.failure.group == known.group
    assert shrunk.failure.items <= 2
    assert known.group.rule in shrunk.report
    assert "simulate(load_scenario('findings/01.json'), controller=PushesNothing)" in shrunk.report


def test_a_failure_that_does_not_come_again_is_kept_as_it_was(task):
    run = simulate(Scenario(items=(Item(item_class="ripe"),)), controller=PushesNothing)
    (known,) = failures_of(run, unit=0, place=0)
    shrunk = shrink(task(0), known, Origin(link="memory", scenario_file="findings/01.json"), Controller)
    assert (shrunk.failure, shrunk.repeats, shrunk.report) == (known, False, None)
    assert shrunk.tried == 12


def test_a_plan_of_other_code_is_refused(task):
    plan = msgspec.structs.replace(task(0).plan, code="0.1.0+other")
    with pytest.raises(TwinError, match=r"a worker must run 0\.1\.0\+other, got .*; install the same there"):
        run_unit(msgspec.structs.replace(task(0), plan=plan))


def test_a_scenario_that_cannot_be_hosted_is_a_finding_and_the_others_go_on(tmp_path):
    forks = 'if label == "raw":\n            import os\n            os.fork()\n        if label == CLASSES[gate]:'
    text = QUEUE.read_text().replace("if label == CLASSES[gate]:", forks)
    (tmp_path / "starts_another.py").write_text(text)
    program = packed(shlex.join([sys.executable, str(tmp_path / "starts_another.py"), "{host}", "{port}", "{service}"]))
    plan = Plan(
        scenarios=4 * LEAST_UNITS, families=("no fault",), code=code_version(), controller=program.command,
        program=program.digests,
    )  # fmt: skip
    unit = UnitTask(plan=plan, number=0)
    found = run_unit(unit, program)
    assert found.scenarios == 4
    refused = next(failure for failure in found.failures if failure.group.rule == REFUSED)
    assert "can't be hosted: it starts another process" in refused.sentence
    shrunk = shrink_of(unit, refused, Origin(link="hosted", scenario_file="findings/01.json"), program)
    assert (shrunk.failure.group, shrunk.report, shrunk.repeats) == (refused.group, None, True)
    assert shrunk.failure.items <= refused.items
