"""Which faults act on a part now, and how their effects are recorded."""

import pytest
from support.plant import Plant
from support.ride import LAYOUT, ride

from twin import Item, Scenario, faults, trace
from twin.plant.fault_injector import FaultInjector
from twin.scenario.random_streams import Streams
from twin.timeline import Timeline


@pytest.fixture
def timeline():
    return Timeline()


@pytest.fixture
def injector(timeline):
    chosen = (
        faults.RodDead(rod=2, from_s=1.0, until_s=3.0), faults.RodDead(rod=3, from_s=2.0, until_s=4.0),
        faults.RodDead(rod=2, from_s=2.0, until_s=5.0), faults.LinkDrop(share=0.25, until_s=5.0),
    )  # fmt: skip
    return FaultInjector(timeline, Scenario(faults=chosen), Streams(0).stream("faults"), lambda record: None)


def test_active_returns_all_faults_of_a_part_at_the_time(timeline, injector):
    timeline.run(until=2.5)
    assert [fault.until_s for fault in injector.active(faults.RodDead, rod=2)] == [3.0, 5.0]
    assert [fault.until_s for fault in injector.active(faults.RodDead, rod=3)] == [4.0]
    assert injector.active(faults.RodDead, rod=4) == []
    assert injector.active(faults.RodSlow, rod=2) == []


def test_a_fault_acts_from_its_begin_to_just_before_its_end(timeline, injector):
    active = {}
    for at_s in (0.5, 1.0, 1.9):
        timeline.call_at(at_s, lambda at_s=at_s: active.update({at_s: len(injector.active(faults.RodDead, rod=2))}))
    timeline.call_at(5.0, lambda: active.update({5.0: len(injector.active(faults.RodDead, rod=2))}))
    timeline.run(until=6.0)
    assert active == {0.5: 0, 1.0: 1, 1.9: 1, 5.0: 0}


def test_each_begin_and_end_is_a_change(timeline, injector):
    changes = []
    injector.on_change(faults.RodDead, lambda: changes.append(timeline.now), rod=2)
    timeline.run(until=10.0)
    assert changes == [1.0, 2.0, 3.0, 5.0]


def test_the_next_change_is_the_earliest_in_the_future(timeline, injector):
    assert injector.next_change_s(faults.RodDead) == 1.0
    timeline.run(until=4.5)
    assert injector.next_change_s(faults.RodDead) == 5.0
    assert injector.next_change_s(faults.RodSlow) == float("inf")


def test_all_returns_every_fault_of_a_kind_at_any_time(injector):
    assert [fault.rod for fault in injector.all(faults.RodDead)] == [2, 3, 2]
    assert injector.all(faults.RodSlow) == []


def test_a_share_is_drawn_about_that_often_and_repeats_with_the_seed(injector, timeline):
    same_seed = FaultInjector(timeline, Scenario(), Streams(0).stream("faults"), lambda record: None)
    drawn = [injector.drawn(0.25) for _ in range(400)]
    assert 60 < sum(drawn) < 140
    assert [same_seed.drawn(0.25) for _ in range(400)] == drawn
    assert not any(injector.drawn(0.0) for _ in range(100))
    assert all(injector.drawn(1.0) for _ in range(100))


def test_a_fact_names_the_neighbours_of_its_item():
    plant = ride(faults.GateMissesEdge(gate=2, edge="blocked", from_s=1.0, until_s=30.0), items=3, gap_s=1.5)
    facts = {record.item: record.beside for record in plant.all(trace.Disturbed)}
    assert facts == {1: (2,), 2: (1, 3), 3: (2,)}


def test_a_fact_without_an_item_names_the_items_next_to_its_part():
    plant = ride(faults.GateGhost(gate=2, from_s=5.0, until_s=6.0), items=2, gap_s=3.0)
    first, _ = plant.all(trace.Disturbed)
    assert (first.item, first.beside) == (None, (1,))
    between = ride(faults.GateGhost(gate=1, from_s=5.0, until_s=6.0), items=2, gap_s=3.0)
    assert between.all(trace.Disturbed)[0].beside == (1, 2)


def test_the_trace_records_the_begin_and_end_of_each_fault():
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(),), faults=(faults.RodDead(rod=2, from_s=1.0, until_s=3.0),)))
    acts = [(record.t_s, record.fault, record.acts) for record in plant.run(5.0).all(trace.FaultActs)]
    assert acts == [(1.0, "roddead", True), (3.0, "roddead", False)]
