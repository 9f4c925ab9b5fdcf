"""A campaign's ledger: which units can run, and what they found together."""

import random

import pytest

from twin.campaign.ledger import Ledger
from twin.campaign.plan import Plan
from twin.campaign.unit import Close, Failure, Group, UnitResult
from twin.errors import ArgumentError

SIZE = 10
UNITS = 16
GROUP = Group("wrong_bin", "gateghost", "at gate 1")


def plan(*, search=True):
    return Plan(scenarios=SIZE * UNITS, families=("gates",), search=search, code="1+ab")


def failure(unit, *, items=4, place=3):
    return Failure(group=GROUP, unit=unit, place=place, scenario="{}", items=items, faults=1, sentence="12.0 s wrong")


def result(number, *failures):
    situations = {"clip_m|rod 2|raw|1": 0.1 / (number + 1), f"clip_m|rod 2|raw|{number % 2 + 2}": 0.1 * (number + 1)}
    close = Close(situations=situations, scenario=f'{{"seed": {number}}}')
    return UnitResult(
        number=number, scenarios=SIZE, failures=failures, counts={GROUP.name: len(failures)},
        coverage={"gateghost|at gate 1|1": 2}, closest=(close,), digest=str(number),
    )  # fmt: skip


def tasks(ledger):
    return list(iter(ledger.next_task, None))


def outcome(ledger):
    return ledger.scenarios, ledger.findings, ledger.coverage, ledger.growth


def test_a_generation_begins_when_the_one_before_is_closed():
    ledger = Ledger(plan())
    assert [task.number for task in tasks(ledger)] == [0, 1, 2, 3]
    for number in (1, 2, 3):
        list(ledger.take(result(number)))
        assert tasks(ledger) == []
    list(ledger.take(result(0)))
    assert [task.number for task in tasks(ledger)] == [4, 5, 6, 7]


def test_units_of_a_generation_get_the_closest_scenario_of_each_situation_of_those_before():
    ledger = Ledger(plan())
    assert {task.archive for task in tasks(ledger)} == {()}
    for number in range(4):
        list(ledger.take(result(number)))
    assert {task.archive for task in tasks(ledger)} == {tuple(f'{{"seed": {number}}}' for number in (0, 1, 3))}


def test_without_search_all_units_can_run_at_once():
    assert len(tasks(Ledger(plan(search=False)))) == UNITS


def test_the_outcome_does_not_depend_on_the_order_of_results():
    outcomes = []
    for order in range(5):
        ledger, numbers = Ledger(plan(search=False)), list(range(UNITS))
        tasks(ledger)
        random.Random(order).shuffle(numbers)
        for number in numbers:
            list(ledger.take(result(number, *[failure(number, items=UNITS - number)] * (number % 2))))
        assert ledger.done
        outcomes.append(outcome(ledger))
    assert all(one == outcomes[0] for one in outcomes)
    assert outcomes[0][1][GROUP].first.unit == 1
    assert outcomes[0][1][GROUP].smallest.unit == UNITS - 1


def test_a_resumed_campaign_goes_on_where_it_was():
    whole, resumed = Ledger(plan()), Ledger(plan())
    for number in range(5):
        tasks(whole)
        list(whole.take(result(number, failure(number))))
        resumed.resume(result(number, failure(number)))
    assert outcome(resumed) == outcome(whole)
    assert [task.number for task in tasks(resumed)] == [5, 6, 7]


@pytest.mark.parametrize("scenarios", [0, -1, 10**10])
def test_a_number_of_scenarios_out_of_range_is_refused(scenarios):
    with pytest.raises(ArgumentError, match="scenarios must be 1 to 1000000000, got"):
        Plan(scenarios=scenarios, families=("gates",), code="1")


def test_the_last_unit_has_the_rest():
    odd = Plan(scenarios=10_003, families=("gates",), code="1")
    counts = [odd.count(unit) for unit in range(odd.units)]
    assert (counts[0], counts[-1], sum(counts)) == (500, 3, 10_003)


def test_what_was_done_before_others_counts_at_an_interruption_and_is_not_done_again():
    cut = Ledger(plan())
    tasks(cut)
    for number in (0, 2, 3):
        list(cut.take(result(number, failure(number))))
    assert (cut.folded, [waiting.number for waiting in cut.close()]) == (1, [2, 3])
    assert (cut.scenarios, cut.findings[GROUP].count) == (3 * SIZE, 3)
    resumed, whole = Ledger(plan()), Ledger(plan())
    for number in (0, 2, 3):
        resumed.resume(result(number, failure(number)))
    assert [task.number for task in tasks(resumed)] == [1]
    list(resumed.take(result(1, failure(1))))
    for number in range(4):
        whole.resume(result(number, failure(number)))
    assert outcome(resumed) == outcome(whole)
    assert [task.number for task in tasks(resumed)] == [task.number for task in tasks(whole)] == [4, 5, 6, 7]
