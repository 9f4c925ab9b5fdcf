"""The outcomes that properties require: each one met, and each one missed."""

import pytest

from scenarios.outcomes import all_at_rest, all_in_bins, all_sorted
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.scenario.faults import NoImage, TakenOff

FOR_GOOD_S = 1000.0
TAKEN = TakenOff(item=2, at_m=0.3, until_s=FOR_GOOD_S)
BLIND = NoImage(from_s=13.0, until_s=FOR_GOOD_S)


def run_with(*faults):
    settings = settings_for(Layout(), items=2, in_flight=1)
    return simulate(Scenario(seed=1, items=ItemDraw(count=2), faults=faults, controller=settings))


@pytest.mark.parametrize("demand", [all_in_bins, all_sorted, all_at_rest])
def test_a_run_without_faults_has_every_outcome(demand):
    assert demand(run_with()) == []


def test_an_item_taken_off_is_in_no_bin():
    run = run_with(TAKEN)
    assert all_in_bins(run) == ["1 items are in no bin"]
    assert all_sorted(run) == ["1 items are in no bin"]
    assert "1 items are in no bin" in all_at_rest(run)


def test_an_item_in_reject_is_named_if_loaded_late_enough():
    run = run_with(BLIND)
    (words,) = all_sorted(run)
    assert words.startswith("item 2 (")
    assert words.endswith("ended in reject")
    assert all_in_bins(run) == []


def test_sorting_fails_if_no_item_was_loaded():
    assert all_sorted(run_with(), from_s=FOR_GOOD_S) == [f"no item was loaded from {FOR_GOOD_S} s on"]
