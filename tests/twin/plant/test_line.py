"""The plant alone, compared with positions that this module computes independently."""

from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.plant import FAST, Plant

from twin import trace
from twin.plant.belt import Belt
from twin.plant.belt_drive import BeltDrive
from twin.plant.fault_injector import FaultInjector
from twin.scenario.item import Item
from twin.scenario.layout import REJECT, Layout
from twin.scenario.scenario import Scenario, settings_for
from twin.timeline import Timeline


@pytest.fixture
def bins_of():
    """A function that returns the bin of each item, by the item's number."""
    return lambda records: {record.item: record.bin for record in records if isinstance(record, trace.Binned)}


class Motion:
    """The belt's displacement in closed form, from its commands alone: the integral over trapezoids of speed."""

    def __init__(self, layout: Layout, switches: list[tuple[float, bool]]) -> None:
        self._knots = [(0.0, 0.0, 0.0, 0.0)]
        running, speed, start_s = False, layout.belt_speed_m_per_s, None
        for at_s, run in switches:
            if run == running:
                continue
            self._settle(at_s, speed, layout, start_s)
            start_s = None
            running = run
            now_speed = self._speed(at_s)
            if run and now_speed == 0:
                start_s = at_s + layout.belt_start_delay_s
            else:
                self._ramp(at_s, speed if run else 0.0, layout)
        self._settle(float("inf"), speed, layout, start_s)

    def _settle(self, before_s, speed, layout, start_s):
        if start_s is not None and start_s <= before_s:
            self._ramp(start_s, speed, layout)
        # A ramp that ends before the next command becomes a constant speed or a standstill.
        acceleration = self._knots[-1][3]
        if acceleration:
            end_s = self._ramp_end
            if end_s <= before_s:
                self._knots.append((end_s, self._at(end_s), self._target, 0.0))

    def _ramp(self, at_s, target, layout):
        v = self._speed(at_s)
        x = self._at(at_s)
        if layout.belt_ramp_s == 0 or v == target:
            self._knots.append((at_s, x, target, 0.0))
            return
        self._target = target
        self._ramp_end = at_s + layout.belt_ramp_s
        self._knots.append((at_s, x, v, (target - v) / layout.belt_ramp_s))

    def _knot(self, t_s):
        return [knot for knot in self._knots if knot[0] <= t_s][-1]

    def _speed(self, t_s):
        t0, _, v0, a = self._knot(t_s)
        return v0 + a * (t_s - t0)

    def _at(self, t_s):
        t0, x0, v0, a = self._knot(t_s)
        return x0 + v0 * (t_s - t0) + a * (t_s - t0) ** 2 / 2

    displacement_m = _at


LAYOUTS = st.builds(
    Layout,
    belt_speed_m_per_s=st.floats(0.05, 1.0),
    belt_start_delay_s=st.sampled_from([0.0, 0.1, 0.7]),
    belt_ramp_s=st.sampled_from([0.0, 0.3, 1.1]),
    loader_stroke_s=st.floats(0.1, 0.6),
)
LENGTHS = st.floats(0.01, 0.2)


@st.composite
def plant_runs(draw):
    """A layout, the lengths of some items, belt commands at any time, and loader pushes one after another."""
    layout = draw(LAYOUTS)
    lengths = draw(st.lists(LENGTHS, min_size=1, max_size=6))
    gaps = draw(st.lists(st.floats(0.05, 7.0), min_size=0, max_size=8))
    switches, at_s, run = [], 0.0, True
    for gap in gaps:
        switches.append((at_s, run))
        at_s, run = at_s + gap, not run
    switches.append((at_s, True))
    loads, at_s = [], draw(st.floats(0.0, 2.0))
    for _ in lengths:
        loads.append(at_s)
        at_s += 2.01 * layout.loader_stroke_s + draw(st.floats(0.0, 4.0))
    return layout, lengths, switches, loads


def run_plant(layout, lengths, switches, loads):
    """Run a plant that does not sort, until every item has reached the end of the belt."""
    plant = Plant(Scenario(layout=layout, items=tuple(Item(length_m=length) for length in lengths)))
    for at_s, run in switches:
        plant.belt(at_s, run)
    for at_s in loads:
        plant.push(at_s, 1, layout.loader_stroke_s)
    last_s = max(switches[-1][0], loads[-1] + layout.loader_stroke_s)
    return plant.run(last_s + 5 + 1.2 * layout.end_m / layout.belt_speed_m_per_s)


@settings(max_examples=150, deadline=None)
@given(plant_runs())
def test_every_edge_is_where_an_items_nose_or_tail_crosses_the_beam(case):
    layout, lengths, switches, _ = case
    plant = run_plant(*case)
    motion = Motion(layout, switches)
    origins = [motion.displacement_m(record.t_s) for record in plant.all(trace.Loaded)]
    for edge in plant.all(trace.Edge):
        beam_m = layout.gates_m[edge.gate - 1]
        sign = -1 if edge.blocked else 1
        off_m = min(
            abs(motion.displacement_m(edge.t_s) - origin - (beam_m + sign * length / 2))
            for origin, length in zip(origins, lengths, strict=True)
        )
        assert off_m < 1e-9


@settings(max_examples=150, deadline=None)
@given(plant_runs())
def test_edges_alternate_and_every_item_reaches_a_bin_in_order(case):
    plant = run_plant(*case)
    for gate in plant.line.gates:
        blocked = [edge.blocked for edge in plant.all(trace.Edge) if edge.gate == gate.number]
        assert blocked[::2] == [True] * len(blocked[::2])
        assert blocked[1::2] == [False] * len(blocked[1::2])
        assert len(blocked) % 2 == 0
    binned = [record.item for record in plant.all(trace.Binned)]
    assert sorted(binned) == list(range(1, len(case[1]) + 1))
    # Items at the same position have no order.
    motion = Motion(case[0], case[2])
    loaded_at_m = {record.item: motion.displacement_m(record.t_s) for record in plant.all(trace.Loaded)}
    assert all(loaded_at_m[one] <= loaded_at_m[other] + 1e-9 for one, other in pairwise(binned))
    assert len(plant.all(trace.Photographed)) == len(case[1])


@settings(max_examples=100, deadline=None)
@given(plant_runs())
def test_an_overlap_is_recorded_exactly_where_items_overlap(case):
    layout, lengths, switches, _ = case
    plant = run_plant(*case)
    motion = Motion(layout, switches)
    on_belt = [
        (motion.displacement_m(record.t_s), length)
        for record, length in zip(plant.all(trace.Loaded), lengths, strict=True)
    ]
    for index, record in enumerate(plant.all(trace.Loaded)):
        origin_m, length_m = on_belt[index]
        overlaps = any(
            abs(origin_m - other_m) < (length_m + other_length_m) / 2 - 1e-9
            for other_m, other_length_m in on_belt[:index]
        )
        assert (record.onto is not None) == overlaps


@settings(max_examples=100, deadline=None)
@given(plant_runs(), st.integers(2, 4), st.floats(0.0, 20.0), st.floats(0.0, 6.0))
def test_a_push_at_any_time_loses_no_item_and_edges_still_alternate(case, rod, push_s, out_s):
    layout, lengths, switches, loads = case
    plant = Plant(Scenario(layout=layout, items=tuple(Item(length_m=length) for length in lengths)))
    for at_s, run in switches:
        plant.belt(at_s, run)
    for at_s in loads:
        plant.push(at_s, 1, layout.loader_stroke_s)
    plant.push(push_s, rod, out_s)
    last_s = max(switches[-1][0], loads[-1], push_s + out_s)
    plant.run(last_s + 10 + 1.2 * layout.end_m / layout.belt_speed_m_per_s)
    assert sorted(record.item for record in plant.all(trace.Binned)) == list(range(1, len(lengths) + 1))
    assert len(plant.line.queue) == 0
    for gate in plant.line.gates:
        assert not gate.blocked
        blocked = [edge.blocked for edge in plant.all(trace.Edge) if edge.gate == gate.number]
        assert all(one is not other for one, other in pairwise(blocked))
    held, released = plant.all(trace.Held), plant.all(trace.Released)
    assert [record.item for record in held if record.item not in {free.item for free in released}] == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 3.0), st.booleans()), min_size=1, max_size=10),
    st.floats(0.05, 1.0), st.sampled_from([0.0, 0.3]), st.floats(0.0, 1.0),
)  # fmt: skip
def test_a_wait_survives_any_stops_and_starts_of_the_belt(switches, speed, ramp_s, target_m):
    timeline = Timeline()
    drive = BeltDrive(speed, FaultInjector(timeline, Scenario(), Random(0), lambda record: None))
    belt = Belt(timeline, drive, start_delay_s=0.1, ramp_s=ramp_s)
    reached = []
    belt.when(target_m, lambda: reached.append((timeline.now, belt.displacement_m)))
    at_s = 0.0
    for gap_s, run in switches:
        timeline.call_at(at_s, belt.run if run else belt.stop)
        at_s += gap_s
    timeline.call_at(at_s, belt.run)
    timeline.run(until=at_s + 1 + ramp_s + target_m / speed)
    ((_, displacement_m),) = reached
    assert displacement_m == pytest.approx(target_m, abs=1e-9)


def one_item(length_m=0.08, **layout):
    return Scenario(layout=msgspec.structs.replace(FAST, **layout), items=(Item(length_m=length_m),))


def loaded_plant(scenario):
    """A plant whose belt runs and whose loader pushes at 1.0 s: the item is on the belt at 1.5 s."""
    plant = Plant(scenario)
    plant.belt(0.0, True)
    plant.push(1.0, 1, 0.5)
    return plant


def centre_at(position_m, layout=FAST):
    """When the item of `loaded_plant` has its centre at a position."""
    return 1.5 + position_m / layout.belt_speed_m_per_s


def test_an_item_with_its_centre_under_the_head_goes_to_the_bin(bins_of):
    plant = loaded_plant(one_item())
    plant.push(centre_at(0.55), 2, 1.0)
    plant.run(30)
    assert bins_of(plant.records) == {1: 2}
    assert not plant.all(trace.Struck, trace.Held)


def test_an_item_that_arrives_while_the_head_extends_goes_to_the_bin(bins_of):
    plant = loaded_plant(one_item())
    plant.push(centre_at(0.53) - 0.2, 2, 1.0)
    plant.run(30)
    assert bins_of(plant.records) == {1: 2}


def test_a_clipped_item_is_struck_and_rides_on(bins_of):
    plant = loaded_plant(one_item())
    plant.push(centre_at(0.64), 2, 1.0)
    plant.run(30)
    assert bins_of(plant.records) == {1: REJECT}
    assert [(record.item, record.rod) for record in plant.all(trace.Struck)] == [(1, 2)]


def test_an_item_that_arrives_too_late_for_the_stroke_is_struck(bins_of):
    plant = loaded_plant(one_item())
    plant.push(centre_at(0.53) - 0.30, 2, 1.0)
    plant.run(30)
    assert [(record.item, record.rod) for record in plant.all(trace.Struck)] == [(1, 2)]
    assert bins_of(plant.records) == {1: REJECT}


def test_an_item_that_hits_an_extended_rod_is_held_until_it_retracts(bins_of):
    plant = loaded_plant(one_item())
    plant.push(centre_at(0.30), 2, 3.0)
    plant.run(30)
    (held,) = plant.all(trace.Held)
    (released,) = plant.all(trace.Released)
    assert (held.item, held.rod) == (1, 2)
    assert held.t_s == pytest.approx(centre_at(0.53 - 0.04))
    assert released.t_s == pytest.approx(centre_at(0.30) + 3.0 + 0.25)
    assert bins_of(plant.records) == {1: REJECT}


def test_an_item_behind_a_held_one_is_held_and_released_with_it(bins_of):
    plant = Plant(Scenario(layout=FAST, items=(Item(), Item(length_m=0.1))))
    plant.belt(0.0, True)
    plant.push(1.0, 1, 0.5)
    plant.push(3.0, 1, 0.5)
    plant.push(centre_at(0.30), 2, 6.0)
    plant.run(40)
    first, second = plant.all(trace.Held)
    assert (first.item, first.rod, first.behind) == (1, 2, None)
    assert (second.item, second.rod, second.behind) == (2, None, 1)
    assert {record.t_s for record in plant.all(trace.Released)} == {centre_at(0.30) + 6.25}
    assert bins_of(plant.records) == {1: REJECT, 2: REJECT}
    # The two items leave the rod in contact, so the next gate sees one long item.
    assert [edge.blocked for edge in plant.all(trace.Edge) if edge.gate == 2] == [True, False]


def test_a_rod_that_turns_back_leaves_the_item_struck_on_the_belt(bins_of):
    plant = loaded_plant(one_item())
    plant.push(centre_at(0.56), 2, 0.1)
    plant.run(30)
    assert [record.item for record in plant.all(trace.Struck)] == [1]
    assert bins_of(plant.records) == {1: REJECT}


def test_pushing_an_extended_loader_loads_nothing_more():
    plant = Plant(Scenario(layout=FAST, items=(Item(), Item())))
    for at_s in (1.0, 1.6, 1.8):
        plant.push(at_s, 1, 10.0)
    plant.run(9)
    assert len(plant.all(trace.Loaded)) == 1
    assert not plant.all(trace.LoadedNothing)


def test_the_next_item_drops_only_when_the_loader_is_in():
    plant = Plant(Scenario(layout=FAST, items=(Item(), Item())))
    plant.belt(0.0, True)
    plant.push(1.0, 1, 0.5)
    plant.push(1.6, 1, 1.0)
    plant.run(9)
    assert len(plant.all(trace.Loaded)) == 1
    assert len(plant.all(trace.LoadedNothing)) == 1


def test_a_push_before_the_stack_has_an_item_loads_nothing():
    plant = Plant(Scenario(layout=FAST, items=(Item(available_s=5.0),)))
    plant.push(1.0, 1, 0.5)
    plant.push(6.0, 1, 0.5)
    plant.run(9)
    assert [type(record) for record in plant.all(trace.Loaded, trace.LoadedNothing)] == [
        trace.LoadedNothing, trace.Loaded,
    ]  # fmt: skip


def test_an_item_loaded_onto_another_is_recorded_with_its_number():
    plant = Plant(Scenario(layout=FAST, items=(Item(), Item())))
    plant.push(1.0, 1, 0.5)
    plant.push(3.0, 1, 0.5)
    plant.run(9)
    assert [record.onto for record in plant.all(trace.Loaded)] == [None, 1]


@pytest.mark.parametrize("count", [1, 2, 16])
def test_a_line_may_have_1_to_16_gates(count, bins_of):
    layout = msgspec.structs.replace(
        FAST, gates_m=tuple(0.5 + index for index in range(count)),
        rods_m=tuple(0.58 + index for index in range(min(count, 15))), end_m=count + 1.0,
    )  # fmt: skip
    scenario = Scenario(layout=layout, items=(Item(),), controller=settings_for(layout))
    plant = loaded_plant(scenario)
    last = layout.bins[-1]
    plant.push(centre_at(layout.rods_m[-1] - 0.03), last, 1.0)
    plant.run(120)
    assert bins_of(plant.records) == {1: last}
    gates = {payload.split(b"_switch")[0] for _, payload in plant.sent if b"_switch" in payload}
    assert len(gates) == len(layout.rods_m)


def test_the_picture_is_sent_after_exposure_and_encoding():
    plant = loaded_plant(one_item(exposure_s=0.2))
    plant.run(30)
    ((at_s, _),) = [(at_s, payload) for at_s, payload in plant.sent if payload.startswith(b'{"image"')]
    assert at_s == pytest.approx(centre_at(0.25) + 0.2)
