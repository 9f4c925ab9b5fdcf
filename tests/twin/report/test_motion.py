"""Positions that a report derives from layout and trace are those of the plant, under every fault."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.strategies import scenarios
from twin import Item, Scenario, faults, simulate, trace
from twin import simulation as simulation_module
from twin.plant.line import Line
from twin.report.belt_motion import BeltMotion
from twin.report.item_motion import ItemMotion
from twin.report.rod_motion import RodMotion
from twin.scenario.faults import PlantFault

SAME_M = 1e-9
MOVING = (*get_args(PlantFault), faults.GateStuck, faults.LinkDelay, faults.ControllerKilled)


class Compared:
    """Watches a run: at each record, and so at each event, it compares the plant with what is derived."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.belt = BeltMotion(scenario.layout, scenario.faults)
        self.items = ItemMotion(scenario, self.belt)
        self.rods = {rod: RodMotion(scenario, rod) for rod in (1, *scenario.layout.bins)}
        self.lines = []
        self.compared = 0

    def line(self, *arguments, **named):
        self.lines.append(Line(*arguments, **named))
        return self.lines[-1]

    def see(self, record):
        if type(record) is trace.BeltRuns:
            self.belt.obey(record.t_s, record.running)
        elif type(record) is trace.RodMoves:
            self.rods[record.rod].move(record)
        self.items.see(record)
        if self.lines and type(record) not in (trace.Loaded, trace.Binned, trace.TakenByHand, trace.LaidDown):
            self.compare(record.t_s)

    def compare(self, at_s):
        line = self.lines[0]
        displacement_m = line.belt.displacement_m
        assert abs(self.belt.displacement_m(at_s) - displacement_m) < SAME_M
        for belt_item in line.queue:
            derived_m = self.items.centre_m(belt_item.number, at_s)
            assert derived_m is not None
            assert abs(derived_m - belt_item.centre_m(displacement_m)) < SAME_M
            self.compared += 1
        for number, rod in line.rods.items():
            assert abs(self.rods[number].share_out(at_s) - rod.share_out) < SAME_M


def compared(scenario, monkeypatch):
    watching = Compared(scenario)
    with monkeypatch.context() as patched:
        patched.setattr(simulation_module, "Line", watching.line)
        simulate(scenario, watchers=(watching.see,), checks=())
    return watching


@settings(max_examples=40, deadline=None)
@given(scenario=scenarios(kinds=MOVING, most_faults=4, most_items=6))
def test_derived_positions_are_the_plants(scenario):
    with pytest.MonkeyPatch.context() as monkeypatch:
        watching = compared(scenario, monkeypatch)
    assert watching.compared > 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([faults.BeltSpeed, faults.BeltDrift, faults.BeltStops]).flatmap(
    lambda kind: st.tuples(st.integers(0, 40), st.integers(0, 15)).map(
        lambda span: kind(from_s=span[0] / 2, until_s=(span[0] + span[1]) / 2)
    )
), max_size=5))  # fmt: skip
def test_belt_faults_that_overlap_are_derived_exactly(belt_faults):
    with pytest.MonkeyPatch.context() as monkeypatch:
        compared(Scenario(items=(Item(), Item()), faults=tuple(belt_faults)), monkeypatch)


def test_an_item_put_back_lies_where_the_scenario_says(monkeypatch):
    hand = faults.TakenOff(item=1, at_m=0.7, back_m=0.3, back_s=2.0, until_s=60.0)
    watching = compared(Scenario(items=(Item(item_class="raw"),), faults=(hand,)), monkeypatch)
    phases = watching.items.paths[1].phases
    assert [phase.how for phase in phases][:3] == ["rides", "off", "rides"]
    assert watching.belt.displacement_m(phases[2].from_s) - phases[2].value == pytest.approx(0.3)


def test_earlier_displacements_can_still_be_asked_for():
    scenario = Scenario()
    belt = BeltMotion(scenario.layout, ())
    belt.obey(1.0, True)
    at_10_m = belt.displacement_m(10.0)
    belt.obey(20.0, False)
    assert belt.displacement_m(10.0) == at_10_m
    assert belt.displacement_m(1.05) == 0.0


def test_two_long_items_of_one_push_lie_one_behind_the_other(monkeypatch):
    both = (faults.DoublePush(from_s=0.0, until_s=20.0), faults.TooLong(factor=3.0, from_s=0.0, until_s=20.0))
    watching = compared(Scenario(items=(Item(), Item()), faults=both), monkeypatch)
    first, second = (watching.items.paths[number] for number in (1, 2))
    assert first.length_m == second.length_m == pytest.approx(0.24)
    assert second.phases[0].value - first.phases[0].value == pytest.approx(0.24)
