"""Faults that a person makes act while a run is on."""

import threading
from pathlib import Path

import pytest
from support.programs import PYTHON

from twin import Item, Layout, Scenario, faults, settings_for, simulate, trace
from twin.errors import ArgumentError, ScenarioError
from twin.links.external_controller import ExternalController
from twin.links.hands import Hands
from twin.links.tempo import Tempo
from twin.report.belt_motion import BeltMotion

SOUND = Path(__file__).parents[3] / "examples" / "controllers" / "sound_one_at_a_time.py"
FAST = Layout(belt_speed_m_per_s=0.4)
SCENARIO = Scenario(
    layout=FAST, items=(Item(item_class="raw"), Item(item_class="ripe")),
    controller=settings_for(FAST, belt_start_s=1.0, items=2),
)  # fmt: skip


class Person:
    """Breaks a part when the first record of a kind comes, and heals it at the first of another."""

    def __init__(self, fault, at, until, lasts_s=None):
        self.hands = Hands()
        self.fault, self.at, self.until, self.lasts_s = fault, at, until, lasts_s
        self.healed = False

    def see(self, record):
        if self.fault is not None and isinstance(record, self.at):
            threading.Thread(target=self.hands.begin, args=(self.fault, self.lasts_s)).start()
            self.fault = None
        elif self.fault is None and isinstance(record, self.until) and not self.healed:
            self.healed = True
            threading.Thread(target=self.hands.heal, args=(1,)).start()


def run_with(person):
    return simulate(SCENARIO, link="realtime", hands=person.hands, watchers=(person.see,))


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.realtime
def test_a_gate_that_a_person_blocks_is_stuck_until_it_is_healed():
    run = run_with(Person(faults.GateStuck(gate=2, blocked=True), trace.Photographed, trace.Binned))
    begun, ended = [record for record in run.trace if isinstance(record, trace.Injected)]
    assert (begun.acts, ended.acts) == (True, False)
    assert begun.fault.from_s == begun.t_s
    assert [record.acts for record in run.trace if isinstance(record, trace.FaultActs)] == [True, False]
    stuck = [record for record in run.trace if isinstance(record, trace.Disturbed) and record.what == "edge_false"]
    assert stuck[0].part == "gate 2"
    assert run.scenario.faults == (faults.GateStuck(gate=2, from_s=begun.t_s, until_s=ended.t_s),)


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.realtime
def test_what_a_person_did_is_a_scenario_that_does_the_same_to_the_line():
    run = run_with(Person(faults.BeltSpeed(factor=0.5), trace.Photographed, trace.Crashed, lasts_s=4.0))
    again = simulate(run.scenario)
    assert run.summary.bins == again.summary.bins
    belt = BeltMotion(run.scenario.layout, run.scenario.faults)
    for record in run.trace:
        if isinstance(record, trace.BeltRuns):
            belt.obey(record.t_s, record.running)
        if isinstance(record, trace.Photographed):
            loaded = next(one for one in run.trace if isinstance(one, trace.Loaded) and one.item == record.item)
            travel_m = belt.displacement_m(record.t_s) - belt.displacement_m(loaded.t_s)
            assert travel_m == pytest.approx(run.scenario.layout.camera_m)


def test_hands_are_refused_what_the_line_cannot_have():
    hands = Hands()
    with pytest.raises(ScenarioError, match="starts when a controller connects"):
        hands.begin(faults.GateStuck())
    with pytest.raises(ScenarioError, match="can be made to act"):
        hands.begin(faults.AnotherClient())
    with pytest.raises(ArgumentError, match="given with a tempo on the link memory"):
        simulate(Scenario(), hands=hands)


@pytest.mark.parametrize(("fault", "lasts_s", "expected"), [
    (faults.GateStuck(gate=9), None, "gate must be 1 to 3"), (faults.TakenOff(item=3), None, "item must be 1 to 2"),
    (faults.GateStuck(gate=1), -1.0, "lasts_s must be above 0"), (faults.GateStuck(gate=1), 0.0, "above 0"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_and_the_line_runs_on(fault, lasts_s, expected):
    hands, refusals = Hands(), []

    def breaks(record):
        if isinstance(record, trace.Photographed):
            with pytest.raises(ScenarioError, match=expected) as refused:
                hands.begin(fault, lasts_s)
            refusals.append(refused)

    assert simulate(SCENARIO, tempo=Tempo(50.0), hands=hands, watchers=(breaks,)).ok
    assert len(refusals) == 2


def losing(fault, lasts_s, again=None):
    """Hands that begin a fault when item 1 is photographed, and a watcher that uses them; refusals are collected."""
    hands, refusals = Hands(), []

    def breaks(record):
        if isinstance(record, trace.Photographed) and record.item == 1:
            hands.begin(fault, lasts_s)
        if isinstance(record, trace.Injected) and record.acts and again is not None:
            with pytest.raises(ScenarioError) as refused:
                hands.begin(again, 1.0)
            refusals.append(str(refused.value))

    return hands, breaks, refusals


@pytest.mark.parametrize("fault", [faults.BrokerDown(), faults.ClientCutOff(), faults.ControllerKilled()])
def test_a_person_takes_the_controller_away_and_gives_it_back(fault):
    hands, breaks, refusals = losing(fault, 2.0, faults.BrokerDown())
    run = simulate(SCENARIO, tempo=Tempo(50.0), hands=hands, watchers=(breaks,))
    effects = [record.what for record in run.trace if isinstance(record, trace.Disturbed)]
    assert "cut_off" in effects
    assert ("restarted" if isinstance(fault, faults.ControllerKilled) else "reconnected") in effects
    assert "one after another" in refusals[0]
    again = simulate(run.scenario)
    assert again.summary.digest == run.summary.digest
    skipped = trace.Began | trace.Injected
    assert [one for one in run.trace if not isinstance(one, skipped)] == [
        one for one in again.trace if not isinstance(one, skipped)
    ]


@pytest.mark.parametrize(
    ("fault", "lasts_s"),
    [
        (faults.GateStuck(gate=2), 3.0), (faults.BrokerDown(), 2.0), (faults.ClientCutOff(), 2.0),
        (faults.ControllerKilled(), 2.0), (faults.TakenOff(item=1), None),
    ],
)  # fmt: skip
def test_what_a_person_does_to_a_hosted_program_happens_again_in_the_saved_scenario(fault, lasts_s):
    program = ExternalController(f"{PYTHON} {SOUND.as_posix()} {{host}} {{port}} {{service}}")
    hands, breaks, _ = losing(fault, lasts_s)
    stack = Scenario(items=SCENARIO.items)
    run = simulate(stack, link="hosted", controller=program, tempo=Tempo(50.0), hands=hands, watchers=(breaks,))
    (done,) = run.scenario.faults
    assert type(done) is type(fault)
    again = simulate(run.scenario, link="hosted", controller=program)
    assert again.summary.digest == run.summary.digest


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.realtime
def test_in_real_time_the_controller_is_really_cut_off():
    hands, breaks, _ = losing(faults.ClientCutOff(), 2.0)
    run = simulate(SCENARIO, link="realtime", hands=hands, watchers=(breaks,))
    lost = [record for record in run.trace if isinstance(record, trace.Connection) and record.event == "lost"]
    begun = next(record for record in run.trace if isinstance(record, trace.Injected))
    assert any(record.t_s >= begun.t_s for record in lost)
    assert isinstance(run.trace[-1], trace.Ended)
