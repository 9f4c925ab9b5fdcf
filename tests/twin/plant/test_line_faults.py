"""What each kind of fault does to gates, rods, belt, loader and items, and which items it affects."""

import pytest
from support.plant import Plant
from support.ride import (
    LATER,
    LAYOUT,
    LOADED_S,
    NOSE_S,
    SPEED_M_PER_S,
    TAIL_S,
    effects,
    gate_edges,
    items_with,
    near,
    note_of,
    pictures,
    ride,
)

from twin import Item, Scenario, faults, trace
from twin.scenario.item import LONGEST_ITEM_M

# Gates.


def test_a_healthy_gate_publishes_each_edge_once():
    assert gate_edges(ride()) == near([(NOSE_S, True), (TAIL_S, False)])


def test_a_bouncing_gate_repeats_each_edge_and_ends_at_the_beams_state():
    plant = ride(faults.GateBounce(gate=1, bounces=2, period_s=0.004, **LATER))
    times, states = zip(*gate_edges(plant), strict=True)
    assert list(times) == near([edge_s + 0.004 * count for edge_s in (NOSE_S, TAIL_S) for count in range(5)])
    assert list(states) == [True, False, True, False, True, False, True, False, True, False]
    assert len(gate_edges(plant, gate=2)) == 2
    assert effects(plant, to=1) == ["edge_twice"]


def test_a_gate_stuck_blocked_publishes_the_beams_state_when_it_recovers():
    plant = ride(faults.GateStuck(gate=1, blocked=True, from_s=2.0, until_s=5.0))
    assert gate_edges(plant) == near([(2.0, True), (5.0, False)])
    assert effects(plant, to=1) == ["edge_lost"]
    assert effects(plant, to=None) == ["edge_false", "edge_lost"]


def test_a_gate_that_gets_stuck_clear_publishes_clear_and_no_edge():
    plant = ride(faults.GateStuck(gate=1, blocked=False, from_s=NOSE_S + 0.1, until_s=5.0))
    assert gate_edges(plant) == near([(NOSE_S, True), (NOSE_S + 0.1, False)])


def test_a_recovered_gate_publishes_that_its_beam_is_blocked():
    plant = ride(faults.GateStuck(gate=1, blocked=False, from_s=2.0, until_s=NOSE_S + 0.1))
    assert gate_edges(plant) == near([(NOSE_S + 0.1, True), (TAIL_S, False)])


@pytest.mark.parametrize(("edge", "published"), [("blocked", [False]), ("clear", [True]), ("both", [])])
def test_a_missed_edge_is_not_published(edge, published):
    plant = ride(faults.GateMissesEdge(gate=1, edge=edge, **LATER))
    assert [blocked for _, blocked in gate_edges(plant)] == published
    assert len(plant.all(trace.Edge)) == 6  # The trace has every edge of the beam.
    assert effects(plant, to=1) == ["edge_lost"]


def test_a_ghost_publishes_one_pulse_without_an_edge_of_the_beam():
    plant = ride(faults.GateGhost(gate=2, pulse_s=0.2, from_s=2.0, until_s=2.5))
    assert gate_edges(plant, gate=2)[:2] == near([(2.0, True), (2.2, False)])
    assert len(gate_edges(plant, gate=2)) == 4
    assert len(plant.all(trace.Edge)) == 6
    assert [(r.what, r.part, r.item, r.beside) for r in plant.all(trace.Disturbed)] == [
        ("edge_false", "gate 2", None, (1,))
    ] * 2


def test_a_ghost_in_a_blocked_beam_has_no_effect():
    plant = ride(faults.GateGhost(gate=1, pulse_s=0.2, from_s=NOSE_S + 0.1, until_s=10.0))
    assert gate_edges(plant) == near([(NOSE_S, True), (TAIL_S, False)])
    assert effects(plant) == []


def test_a_gate_stuck_clear_publishes_no_ghost():
    stuck = faults.GateStuck(gate=1, blocked=False, from_s=1.0, until_s=10.0)
    plant = ride(stuck, faults.GateGhost(gate=1, pulse_s=0.2, from_s=2.0, until_s=3.0))
    assert gate_edges(plant) == []


def test_a_gate_that_gets_stuck_clear_interrupts_a_ghost():
    ghost = faults.GateGhost(gate=1, pulse_s=1.0, from_s=2.0, until_s=3.0)
    plant = ride(ghost, faults.GateStuck(gate=1, blocked=False, from_s=2.5, until_s=2.7))
    assert gate_edges(plant)[:4] == near([(2.0, True), (2.5, False), (2.7, True), (3.0, False)])


def test_a_gate_that_gets_stuck_stops_bouncing():
    bounce = faults.GateBounce(gate=1, bounces=5, period_s=0.01, **LATER)
    plant = ride(bounce, faults.GateStuck(gate=1, blocked=False, from_s=NOSE_S + 0.015, until_s=10.0))
    assert gate_edges(plant) == near([(NOSE_S, True), (NOSE_S + 0.01, False)])


def test_an_edge_ends_the_bouncing_of_the_previous_edge():
    bounce = faults.GateBounce(gate=1, bounces=5, period_s=1.0, from_s=1.0, until_s=NOSE_S + 0.001)
    assert gate_edges(ride(bounce)) == near([(NOSE_S, True), (TAIL_S, False)])


@pytest.mark.parametrize(
    ("first", "second"), [((2.0, 6.0), (3.0, 4.0)), ((3.0, 4.0), (2.0, 6.0)), ((2.0, 4.0), (3.0, 6.0))]
)
def test_a_gate_stays_stuck_while_any_stuck_fault_is_active(first, second):
    spans = [faults.GateStuck(gate=1, blocked=True, from_s=span[0], until_s=span[1]) for span in (first, second)]
    assert gate_edges(ride(*spans))[:2] == near([(2.0, True), (6.0, False)])


# Rods.


def strokes(plant, rod):
    return [(record.t_s, record.stroke) for record in plant.all(trace.RodMoves) if record.rod == rod]


def pushed(*fault_list, at_s=10.0, out_s=1.0):
    plant = Plant(Scenario(layout=LAYOUT, items=(), faults=fault_list))
    plant.push(at_s, 2, out_s)
    return plant.run(40.0)


def test_a_slow_rod_takes_factor_times_as_long_in_each_direction():
    plant = pushed(faults.RodSlow(rod=2, factor=2.0, **LATER))
    assert strokes(plant, 2) == near([(10.0, "extending"), (10.5, "out"), (11.0, "retracting"), (11.5, "in")])


def test_a_slow_rod_has_its_normal_speed_when_the_fault_ends():
    plant = pushed(faults.RodSlow(rod=2, factor=2.0, from_s=1.0, until_s=10.8))
    assert strokes(plant, 2)[-2:] == near([(11.0, "retracting"), (11.25, "in")])


def test_only_the_dead_rod_does_not_move():
    assert strokes(pushed(faults.RodDead(rod=2, **LATER)), 2) == []
    assert strokes(pushed(faults.RodDead(rod=3, **LATER)), 2) != []


def test_a_stuck_rod_obeys_its_last_pull_when_the_fault_ends():
    plant = pushed(faults.RodSticksOut(rod=2, from_s=5.0, until_s=20.0))
    assert strokes(plant, 2) == near([(10.0, "extending"), (10.25, "out"), (20.0, "retracting"), (20.25, "in")])


def test_a_rod_sticks_out_while_any_such_fault_is_active():
    spans = [faults.RodSticksOut(rod=2, from_s=5.0, until_s=until_s) for until_s in (20.0, 15.0)]
    assert strokes(pushed(*spans), 2)[-1] == near((20.25, "in"))


def test_the_factors_of_slow_rod_faults_multiply():
    slow = [faults.RodSlow(rod=2, factor=factor, **LATER) for factor in (2.0, 1.5)]
    assert strokes(pushed(*slow), 2)[1] == near((10.75, "out"))


@pytest.mark.parametrize(("fault", "what", "times"), [
    (faults.RodSlow(rod=2, **LATER), "stroke_slow", 2), (faults.RodDead(rod=2, **LATER), "push_failed", 1),
    (faults.RodSticksOut(rod=2, **LATER), "rod_stuck", 2),
])  # fmt: skip
def test_a_rod_fault_is_recorded_when_it_affects_a_command(fault, what, times):
    facts = pushed(fault).all(trace.Disturbed)
    assert [(record.what, record.part) for record in facts] == [(what, "rod 2")] * times
    assert facts[0].t_s in (10.0, 11.0)


def test_a_rod_fault_without_a_push_has_no_effect():
    assert effects(ride(faults.RodDead(rod=2, from_s=0.0, until_s=0.5))) == []


# The belt.


def passes(plant, gate=3):
    return [record.t_s for record in plant.all(trace.Edge) if record.gate == gate and record.blocked]


def test_a_speed_fault_multiplies_the_belt_speed_while_it_lasts():
    (usual_s,) = passes(ride())
    (slow_s,) = passes(ride(faults.BeltSpeed(factor=0.5, from_s=2.0, until_s=4.0)))
    (fast_s,) = passes(ride(faults.BeltSpeed(factor=2.0, from_s=2.0, until_s=4.0)))
    assert (slow_s, fast_s) == near((usual_s + 1.0, usual_s - 2.0))


def test_a_drift_changes_the_belt_speed_evenly_until_it_ends():
    (usual_s,) = passes(ride())
    (late_s,) = passes(ride(faults.BeltDrift(factor=0.5, from_s=2.0, until_s=4.0)))
    assert late_s == near(usual_s + 0.5)


def test_a_belt_with_a_stop_fault_ignores_run_commands():
    (usual_s,) = passes(ride())
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),), faults=(
        faults.BeltStops(from_s=2.0, until_s=5.0),
    )))  # fmt: skip
    plant.belt(0.0, True)
    plant.belt(3.0, True)
    plant.push(1.0, 1, 1.0)
    plant.run(30.0)
    assert passes(plant) == near([usual_s + 3.0])
    assert items_with(plant, "off_pace") == {None, 1}


def test_a_belt_stands_still_while_any_stop_fault_is_active():
    (usual_s,) = passes(ride(until_s=60.0))
    stops = [faults.BeltStops(from_s=2.0, until_s=20.0), faults.BeltStops(from_s=5.0, until_s=7.0)]
    for order in (stops, stops[::-1]):
        assert passes(ride(*order, until_s=60.0)) == near([usual_s + 18.0])


def test_wrong_speeds_multiply_in_any_order():
    (usual_s,) = passes(ride())
    half = faults.BeltSpeed(factor=0.5, from_s=2.0, until_s=6.0)
    within = faults.BeltSpeed(factor=0.5, from_s=3.0, until_s=5.0)
    for order in ((half, within), (within, half)):
        assert passes(ride(*order)) == near([usual_s + 0.5 * 2.0 + 0.75 * 2.0])


def test_a_belt_restarted_during_a_drift_continues_at_the_drifted_speed():
    drift = faults.BeltDrift(factor=0.5, from_s=2.0, until_s=10.0)
    plant = Plant(Scenario(layout=LAYOUT, items=(), faults=(drift,)))
    plant.belt(0.0, True)
    plant.belt(4.0, False)
    plant.belt(6.0, True)
    speeds = {}
    for at_s in (3.999, 5.0, 6.001, 9.999, 10.001):
        plant.timeline.call_at(at_s, lambda at_s=at_s: speeds.update({at_s: plant.line.belt.speed_m_per_s}))
    plant.run(12.0)
    assert speeds == {
        at_s: pytest.approx(0.25 * share, abs=1e-4)
        for at_s, share in {3.999: 0.875, 5.0: 0.0, 6.001: 0.75, 9.999: 0.5, 10.001: 1.0}.items()
    }


def test_an_item_loaded_at_a_wrong_belt_speed_is_recorded_as_disturbed():
    plant = ride(faults.BeltSpeed(factor=0.9, from_s=4.0, until_s=6.0), items=4, gap_s=2.5)
    assert items_with(plant, "off_pace") == {None, 1, 2}


# The loader.


def test_a_push_that_slips_leaves_the_item_before_the_rod():
    plant = ride(faults.EmptyPush(from_s=1.0, until_s=3.0), items=2)
    assert len(plant.all(trace.LoadedNothing)) == 1
    assert [record.t_s for record in plant.all(trace.Loaded)] == near([LOADED_S + 4.0])
    assert effects(plant) == ["push_slipped"]


@pytest.mark.parametrize("gap_m", [0.0, 0.05])
def test_a_double_push_loads_two_items_at_the_given_gap(gap_m):
    plant = ride(faults.DoublePush(gap_m=gap_m, from_s=1.0, until_s=3.0), items=2, until_s=12.0)
    assert [record.item for record in plant.all(trace.Loaded)] == [1, 2]
    assert plant.all(trace.Loaded)[0].t_s == plant.all(trace.Loaded)[1].t_s
    edges = gate_edges(plant)
    if gap_m:
        assert edges[2][0] - edges[1][0] == near(gap_m / SPEED_M_PER_S)
    else:  # The items touch, so the beam stays blocked between them.
        assert edges == near([(NOSE_S, True), (TAIL_S + 0.08 / SPEED_M_PER_S, False)])
    assert items_with(plant, "two_loaded") == {1, 2}


def test_a_double_push_of_the_last_item_is_a_normal_push():
    plant = ride(faults.DoublePush(**LATER))
    assert len(plant.all(trace.Loaded)) == 1
    assert effects(plant) == []


# Items.


def test_items_are_longer_by_the_factor_while_the_fault_lasts():
    plant = ride(faults.TooLong(factor=3.0, from_s=1.0, until_s=3.0), items=2)
    assert [record.length_m for record in plant.all(trace.Loaded)] == near([0.24, 0.08])
    (at_s, _), (clear_s, _) = gate_edges(plant)[:2]
    assert clear_s - at_s == near(0.24 / SPEED_M_PER_S)


def test_no_item_exceeds_the_longest_allowed_length():
    plant = ride(faults.TooLong(factor=1000.0, **LATER))
    assert plant.all(trace.Loaded)[0].length_m == LONGEST_ITEM_M


def test_an_item_that_a_person_removes_reaches_no_bin():
    plant = ride(faults.TakenOff(item=1, at_m=0.7, **LATER), items=2)
    assert plant.all(trace.TakenByHand) == [trace.TakenByHand(near(LOADED_S + 0.7 / SPEED_M_PER_S), 1, False, False)]
    assert [record.item for record in plant.all(trace.Binned)] == [2]


def test_an_item_that_is_put_back_rides_on_from_that_position():
    plant = ride(faults.TakenOff(item=1, at_m=0.7, back_m=0.2, back_s=3.0, **LATER))
    off_s = LOADED_S + 0.7 / SPEED_M_PER_S
    assert [(record.t_s, record.back) for record in plant.all(trace.TakenByHand)] == near(
        [(off_s, False), (off_s + 3.0, True)]
    )
    assert len(passes(plant, gate=1)) == 2
    assert [(record.t_s, record.bin) for record in plant.all(trace.Binned)] == near(
        [(off_s + 3.0 + (2.0 - 0.2) / SPEED_M_PER_S, 0)]
    )


def test_removing_an_item_from_a_beam_clears_the_beam():
    plant = ride(faults.TakenOff(item=1, at_m=0.5, **LATER))
    assert gate_edges(plant) == near([(NOSE_S, True), (LOADED_S + 0.5 / SPEED_M_PER_S, False)])


def test_an_extending_rod_does_not_meet_an_item_that_was_just_removed():
    removal = faults.TakenOff(item=1, at_m=0.52, **LATER)
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),), faults=(removal,)))
    plant.belt(0.0, True)
    plant.push(LOADED_S - 0.5, 1, 1.0)
    plant.push(LOADED_S + 0.51 / SPEED_M_PER_S, 2, 0.5)  # Its nose is under the head, its centre is not.
    plant.run(30.0)
    assert len(plant.all(trace.TakenByHand)) == 1
    assert plant.all(trace.Taken) == plant.all(trace.Struck) == plant.all(trace.Binned) == []


def test_an_item_is_removed_only_while_the_fault_acts():
    for span in ({"from_s": 20.0, "until_s": 30.0}, {"from_s": 0.0, "until_s": 2.0}):
        assert ride(faults.TakenOff(item=1, at_m=0.7, **span)).all(trace.TakenByHand) == []


def test_camera_and_gates_see_a_foreign_object():
    plant = ride(faults.ForeignObject(at_m=0.1, length_m=0.06, from_s=5.0, until_s=6.0))
    (laid,) = plant.all(trace.LaidDown)
    assert (laid.t_s, laid.item, laid.length_m, laid.at_m) == (5.0, -1, 0.06, 0.1)
    assert len(gate_edges(plant)) == 4
    assert len(pictures(plant)) == 2
    assert note_of(pictures(plant)[1][1]).answer.label == "unknown"
    assert items_with(plant, "laid_down") == {-1}


def test_a_foreign_object_does_not_change_the_items_numbers():
    plant = ride(faults.ForeignObject(at_m=0.1, from_s=5.0, until_s=6.0), items=2, until_s=60.0)
    assert [record.item for record in plant.all(trace.Loaded)] == [1, 2]
    assert sum(plant.line.bins.counts.values()) == 2
    assert [record.item for record in plant.all(trace.Binned)] == [1, -1, 2]
