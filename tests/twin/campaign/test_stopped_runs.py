"""What a campaign does not blame a program for that was told to end: the suite allows it, too."""

import msgspec
from support.hosting import controller

from twin import ItemDraw, RecognizerModel, Scenario, simulate
from twin.campaign.plan import LEAST_UNITS, Plan, code_version
from twin.campaign.unit import Tally, UnitTask, failures_of
from twin.links.external_controller import ExternalController


def stopped():
    scenario = Scenario(seed=5, items=ItemDraw(count=3), recognizer=RecognizerModel(), stop_s=5.0)
    program = ExternalController(f"{controller('paho_styles.py')} loop_start")
    run = simulate(scenario, link="hosted", controller=program)
    assert [found.check for found in run.violations] == ["lost"]
    return run


def test_items_left_on_the_belt_of_a_program_that_a_signal_has_ended_are_no_failure():
    run = stopped()
    assert failures_of(run, unit=0, place=0) == []
    unstopped = msgspec.structs.replace(run.scenario, stop_s=None)
    for other in (
        msgspec.structs.replace(run, controller=None),  # Ours clears the belt.
        msgspec.structs.replace(run, scenario=unstopped),
    ):
        assert [failure.group.rule for failure in failures_of(other, unit=0, place=0)] == ["lost"]


def test_such_a_run_counts_as_one_that_came_close():
    plan = Plan(scenarios=LEAST_UNITS, families=("stop",), code=code_version(), search=True)
    tally = Tally(UnitTask(plan=plan, number=0))
    tally.take(stopped())
    result = tally.result()
    assert result.failures == ()
    assert result.closest
