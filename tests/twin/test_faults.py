"""Each kind of fault: plain data, and what it does to the part that it befalls, and whom it touches."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_plant import Plant

from controller import codec
from controller.oracle import Fails, Says, Silent, read_note
from scenarios.strategies import ALL_FAULTS, fault_of
from twin import Item, ItemDraw, Layout, LinkModel, Scenario, faults, settings_for, simulate, trace
from twin.camera import UNSURE
from twin.errors import ScenarioError
from twin.item import LONGEST_ITEM_M
from twin.mishaps import RECOVERY_TRIPS, Mishaps
from twin.scenario import decode_scenario, encode_scenario
from twin.streams import Streams
from twin.timeline import Timeline
from twin.wire import GARBAGE, Way

LAYOUT = Layout(belt_start_delay_s=0.0, belt_ramp_s=0.0)
LOADED_S = 1.5
"""When the item of `ride` is on the belt: its push begins half a second before."""

SPEED_M_PER_S = LAYOUT.belt_speed_m_per_s
NOSE_S = LOADED_S + (0.5 - 0.04) / SPEED_M_PER_S
TAIL_S = LOADED_S + (0.5 + 0.04) / SPEED_M_PER_S
"""When its nose comes to gate 1, and its tail leaves it."""

LATER = {"from_s": 1.0, "until_s": 30.0}


def ride(*befall, items=1, until_s=30.0, gap_s=4.0):
    """Items ride along the whole line, one every `gap_s`, and nobody sorts them."""
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),) * items, faults=befall))
    plant.belt(0.0, True)
    for number in range(items):
        plant.push(LOADED_S - 0.5 + number * gap_s, 1, 1.0)
    return plant.run(until_s)


def said(plant, gate=1):
    """What a gate said, and when."""
    edges = [(at_s, codec.decode_feedback(payload)) for at_s, payload in plant.sent]
    return [(at_s, e.blocked) for at_s, e in edges if isinstance(e, codec.GateEdge) and e.number == gate]


def pictures(plant):
    return [(at_s, payload) for at_s, payload in plant.sent if payload.startswith(b'{"image"')]


def note_of(payload):
    return read_note(codec.decode_feedback(payload).content)


def touched(plant, name):
    return {record.item for record in plant.all(trace.Touched) if record.fault == name}


def near(value):
    """The same, and times in it to a nanosecond."""
    if isinstance(value, list | tuple):
        return type(value)(near(part) for part in value)
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


# Data.


@pytest.mark.parametrize("kind", ALL_FAULTS, ids=lambda kind: kind.__name__)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_kind_makes_the_round_trip_exactly(kind, data):
    fault = data.draw(fault_of(kind, Layout(), 5))
    scenario = Scenario(items=ItemDraw(count=5), faults=(fault,))
    again = decode_scenario(encode_scenario(scenario))
    assert again == scenario
    assert type(again.faults[0]) is kind


def test_the_strategies_know_every_kind_there_is():
    kinds = {kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, faults.Fault)}
    assert set(ALL_FAULTS) == kinds - {faults.Fault}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: faults.RodDead(from_s=5.0, until_s=4.0), "from_s <= until_s"),
        (lambda: faults.RodDead(from_s=-1.0), "from_s"),
        (lambda: faults.RodDead(until_s=math.inf), "until_s"),
        (lambda: faults.LinkDrop(share=1.5), "share = 1.5"),
        (lambda: faults.RodSlow(factor=0.0), "factor = 0.0"),
        (lambda: faults.RodSlow(factor=math.nan), "factor = nan"),
        (lambda: faults.LateImage(delay_s=-0.1), "delay_s = -0.1"),
        (lambda: faults.LateImage(delay_s=61.0), "delay_s = 61.0"),
        (lambda: faults.DoublePush(gap_m=-0.1), "gap_m = -0.1"),
        (lambda: faults.GateGhost(pulse_s=0.0), "pulse_s = 0.0"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_name(make, words):
    with pytest.raises(ScenarioError, match=words.replace("(", r"\(")):
        make()


def test_faults_of_broker_and_controller_come_one_after_another():
    first, second = faults.BrokerDown(from_s=1.0, until_s=5.0), faults.ControllerKilled(from_s=5.0, until_s=6.0)
    with pytest.raises(ScenarioError, match="one after another"):
        Scenario(faults=(second, first))
    Scenario(faults=(msgspec.structs.replace(second, from_s=5.1), first))


# Gates.


def test_a_gate_that_is_well_says_each_edge_once():
    assert said(ride()) == near([(NOSE_S, True), (TAIL_S, False)])


def test_a_gate_that_bounces_says_each_edge_more_often_and_ends_as_the_beam_is():
    plant = ride(faults.GateBounce(gate=1, bounces=2, period_s=0.004, **LATER))
    times = [at_s for at_s, _ in said(plant)]
    assert times == near([edge_s + 0.004 * count for edge_s in (NOSE_S, TAIL_S) for count in range(5)])
    assert [blocked for _, blocked in said(plant)] == [True, False, True, False, True, False, True, False, True, False]
    assert len(said(plant, gate=2)) == 2
    assert touched(plant, "gatebounce") == {1}


def test_a_gate_that_is_stuck_blocked_says_so_and_what_is_so_when_it_is_well():
    plant = ride(faults.GateStuck(gate=1, blocked=True, from_s=2.0, until_s=5.0))
    assert said(plant) == near([(2.0, True), (5.0, False)])
    assert touched(plant, "gatestuck") == {1}


def test_a_gate_that_is_stuck_clear_sees_nothing():
    plant = ride(faults.GateStuck(gate=1, blocked=False, from_s=NOSE_S + 0.1, until_s=5.0))
    assert said(plant) == near([(NOSE_S, True), (NOSE_S + 0.1, False)])


def test_a_gate_that_was_stuck_clear_says_what_is_in_its_beam_when_it_is_well():
    plant = ride(faults.GateStuck(gate=1, blocked=False, from_s=2.0, until_s=NOSE_S + 0.1))
    assert said(plant) == near([(NOSE_S + 0.1, True), (TAIL_S, False)])


@pytest.mark.parametrize(("edge", "left"), [("blocked", [False]), ("clear", [True]), ("both", [])])
def test_a_missed_edge_is_not_said(edge, left):
    plant = ride(faults.GateMissesEdge(gate=1, edge=edge, **LATER))
    assert [blocked for _, blocked in said(plant)] == left
    assert len(plant.all(trace.Edge)) == 6  # The trace has what is so.
    assert touched(plant, "gatemissesedge") == {1}


def test_a_ghost_is_one_interruption_of_which_nothing_is_true():
    plant = ride(faults.GateGhost(gate=2, pulse_s=0.2, from_s=2.0, until_s=2.5))
    assert said(plant, gate=2)[:2] == near([(2.0, True), (2.2, False)])
    assert len(said(plant, gate=2)) == 4
    assert len(plant.all(trace.Edge)) == 6
    assert touched(plant, "gateghost") == {1}


def test_a_ghost_in_a_beam_that_is_blocked_is_nothing():
    plant = ride(faults.GateGhost(gate=1, pulse_s=0.2, from_s=NOSE_S + 0.1, until_s=10.0))
    assert said(plant) == near([(NOSE_S, True), (TAIL_S, False)])
    assert touched(plant, "gateghost") == set()


# Rods.


def strokes(plant, rod):
    return [(record.t_s, record.stroke) for record in plant.all(trace.RodMoves) if record.rod == rod]


def pushed(*befall, at_s=10.0, out_s=1.0):
    plant = Plant(Scenario(layout=LAYOUT, items=(), faults=befall))
    plant.push(at_s, 2, out_s)
    return plant.run(40.0)


def test_a_slow_rod_takes_so_many_times_as_long_each_way():
    plant = pushed(faults.RodSlow(rod=2, factor=2.0, **LATER))
    assert strokes(plant, 2) == near([(10.0, "extending"), (10.5, "out"), (11.0, "retracting"), (11.5, "in")])


def test_a_slow_rod_is_no_slower_once_the_fault_is_over():
    plant = pushed(faults.RodSlow(rod=2, factor=2.0, from_s=1.0, until_s=10.8))
    assert strokes(plant, 2)[-2:] == near([(11.0, "retracting"), (11.25, "in")])


def test_a_dead_rod_does_not_move_and_another_does():
    assert strokes(pushed(faults.RodDead(rod=2, **LATER)), 2) == []
    assert strokes(pushed(faults.RodDead(rod=3, **LATER)), 2) != []


def test_a_rod_that_sticks_out_obeys_its_last_pull_when_the_fault_ends():
    plant = pushed(faults.RodSticksOut(rod=2, from_s=5.0, until_s=20.0))
    assert strokes(plant, 2) == near([(10.0, "extending"), (10.25, "out"), (20.0, "retracting"), (20.25, "in")])


@pytest.mark.parametrize("kind", [faults.RodSlow, faults.RodDead, faults.RodSticksOut])
def test_a_rods_fault_touches_what_is_on_the_belt_when_it_begins_or_ends_or_comes_soon_after(kind):
    name = kind.__name__.lower()
    plant = ride(kind(from_s=1.0, until_s=8.0), items=4, gap_s=4.0, until_s=60.0)
    assert touched(plant, name) == {1, 2, 3, 4}
    trip_s = LAYOUT.end_m / SPEED_M_PER_S + 2 * LAYOUT.loader_stroke_s
    assert [record.over_s for record in plant.all(trace.Mishap)] == near([8.0 + RECOVERY_TRIPS * trip_s] * 2)


def test_an_item_that_is_loaded_when_all_is_over_is_not_touched():
    plant = ride(faults.RodDead(from_s=0.0, until_s=0.5), items=3, gap_s=30.0, until_s=100.0)
    assert touched(plant, "roddead") == {1, 2}


# The belt.


def passes(plant, gate=3):
    return [record.t_s for record in plant.all(trace.Edge) if record.gate == gate and record.blocked]


def test_a_belt_at_a_wrong_speed_is_so_many_times_as_fast_while_the_fault_lasts():
    (usual_s,) = passes(ride())
    (slow_s,) = passes(ride(faults.BeltSpeed(factor=0.5, from_s=2.0, until_s=4.0)))
    (fast_s,) = passes(ride(faults.BeltSpeed(factor=2.0, from_s=2.0, until_s=4.0)))
    assert (slow_s, fast_s) == near((usual_s + 1.0, usual_s - 2.0))


def test_a_belt_that_drifts_changes_its_speed_evenly_and_is_right_again_at_the_end():
    (usual_s,) = passes(ride())
    (late_s,) = passes(ride(faults.BeltDrift(factor=0.5, from_s=2.0, until_s=4.0)))
    assert late_s == near(usual_s + 0.5)


def test_a_belt_that_stops_stands_whatever_it_is_told():
    (usual_s,) = passes(ride())
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),), faults=(
        faults.BeltStops(from_s=2.0, until_s=5.0),
    )))  # fmt: skip
    plant.belt(0.0, True)
    plant.belt(3.0, True)
    plant.push(1.0, 1, 1.0)
    plant.run(30.0)
    assert passes(plant) == near([usual_s + 3.0])
    assert touched(plant, "beltstops") == {1}


# The loader.


def test_a_push_that_slips_leaves_the_item_before_the_rod():
    plant = ride(faults.EmptyPush(from_s=1.0, until_s=3.0), items=2)
    assert len(plant.all(trace.LoadedNothing)) == 1
    assert [record.t_s for record in plant.all(trace.Loaded)] == near([LOADED_S + 4.0])
    assert touched(plant, "emptypush") == {1}  # Loaded soon after.


@pytest.mark.parametrize("gap_m", [0.0, 0.05])
def test_a_double_push_lays_down_two_items_so_far_apart(gap_m):
    plant = ride(faults.DoublePush(gap_m=gap_m, from_s=1.0, until_s=3.0), items=2, until_s=12.0)
    assert [record.item for record in plant.all(trace.Loaded)] == [1, 2]
    assert plant.all(trace.Loaded)[0].t_s == plant.all(trace.Loaded)[1].t_s
    edges = said(plant)
    if gap_m:
        assert edges[2][0] - edges[1][0] == near(gap_m / SPEED_M_PER_S)
    else:  # No light comes between them.
        assert edges == near([(NOSE_S, True), (TAIL_S + 0.08 / SPEED_M_PER_S, False)])
    assert touched(plant, "doublepush") == {1, 2}


def test_a_double_push_of_the_last_item_is_a_push():
    plant = ride(faults.DoublePush(**LATER))
    assert len(plant.all(trace.Loaded)) == 1
    assert touched(plant, "doublepush") == set()


# The camera and what it shows.


def test_a_camera_without_an_image_sends_none():
    plant = ride(faults.NoImage(**LATER))
    assert pictures(plant) == []
    assert len(plant.all(trace.Photographed)) == 1
    assert touched(plant, "noimage") == {1}


def test_a_late_image_comes_so_much_later():
    ((usual_s, usual),) = pictures(ride())
    ((late_s, late),) = pictures(ride(faults.LateImage(delay_s=1.5, **LATER)))
    assert (late_s, late) == (near(usual_s + 1.5), usual)


def test_an_image_that_comes_twice_is_the_same_twice():
    (first_s, first), (second_s, second) = pictures(ride(faults.ImageTwice(delay_s=0.3, **LATER)))
    assert (second_s, second) == (near(first_s + 0.3), first)


@pytest.mark.parametrize("how", ["torn", "not_an_image"])
def test_a_picture_that_cannot_be_read_is_an_error_to_the_recognizer(how):
    plant = ride(faults.SpoiltImage(how=how, **LATER))
    assert note_of(pictures(plant)[0][1]).answer == Fails(error=how)
    assert touched(plant, "spoiltimage") == {1}


@pytest.mark.parametrize("how", ["blurred", "dark"])
def test_a_picture_that_shows_too_little_is_of_nothing_known(how):
    answer = note_of(pictures(ride(faults.SpoiltImage(how=how, **LATER)))[0][1]).answer
    assert isinstance(answer, Says)
    assert answer.label == "unknown"


def test_a_slow_recognizer_takes_so_much_longer():
    usual, slow = (note_of(pictures(ride(*befall))[0][1]) for befall in ([], [faults.RecognizerSlow(**LATER)]))
    assert slow.latency_s == near(usual.latency_s + 1.0)
    assert slow.answer == usual.answer


@pytest.mark.parametrize("what", ["error", "wrong_label", "low_confidence", "unknown", "nothing"])
def test_a_recognizer_that_fails_says_what_the_fault_has_it_say(what):
    plant = ride(faults.RecognizerSays(what=what, **LATER))
    answer = note_of(pictures(plant)[0][1]).answer
    assert {
        "error": lambda: answer == Fails(error="code 1"),
        "wrong_label": lambda: answer.label in ("half_ripe", "raw"),
        "low_confidence": lambda: answer.label == "ripe" and answer.confidence <= UNSURE,
        "unknown": lambda: answer.label == "unknown",
        "nothing": lambda: answer == Silent(),
    }[what]()
    assert touched(plant, "recognizersays") == {1}


# Items.


def test_items_are_so_many_times_as_long_while_the_fault_lasts():
    plant = ride(faults.TooLong(factor=3.0, from_s=1.0, until_s=3.0), items=2)
    assert [record.length_m for record in plant.all(trace.Loaded)] == near([0.24, 0.08])
    (at_s, _), (clear_s, _) = said(plant)[:2]
    assert clear_s - at_s == near(0.24 / SPEED_M_PER_S)


def test_no_item_is_longer_than_an_item_may_be():
    plant = ride(faults.TooLong(factor=1000.0, **LATER))
    assert plant.all(trace.Loaded)[0].length_m == LONGEST_ITEM_M


def test_an_item_that_is_taken_off_is_gone_and_another_is_not():
    plant = ride(faults.TakenOff(item=1, at_m=0.7, **LATER), items=2)
    assert plant.all(trace.TakenByHand) == [trace.TakenByHand(near(LOADED_S + 0.7 / SPEED_M_PER_S), 1, False, False)]
    assert [record.item for record in plant.all(trace.Binned)] == [2]


def test_an_item_that_is_put_back_rides_on_from_there():
    plant = ride(faults.TakenOff(item=1, at_m=0.7, back_m=0.2, back_s=3.0, **LATER))
    off_s = LOADED_S + 0.7 / SPEED_M_PER_S
    assert [(record.t_s, record.back) for record in plant.all(trace.TakenByHand)] == near(
        [(off_s, False), (off_s + 3.0, True)]
    )
    assert len(passes(plant, gate=1)) == 2
    assert [(record.t_s, record.bin) for record in plant.all(trace.Binned)] == near(
        [(off_s + 3.0 + (2.0 - 0.2) / SPEED_M_PER_S, 0)]
    )


def test_an_item_that_is_taken_out_of_a_beam_leaves_it_clear():
    plant = ride(faults.TakenOff(item=1, at_m=0.5, **LATER))
    assert said(plant) == near([(NOSE_S, True), (LOADED_S + 0.5 / SPEED_M_PER_S, False)])


def test_an_item_that_is_taken_from_before_a_rod_that_goes_out_is_met_by_no_rod():
    hand = faults.TakenOff(item=1, at_m=0.52, **LATER)
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),), faults=(hand,)))
    plant.belt(0.0, True)
    plant.push(LOADED_S - 0.5, 1, 1.0)
    plant.push(LOADED_S + 0.51 / SPEED_M_PER_S, 2, 0.5)  # Its nose is before the head, its centre not yet.
    plant.run(30.0)
    assert len(plant.all(trace.TakenByHand)) == 1
    assert plant.all(trace.Taken) == plant.all(trace.Struck) == plant.all(trace.Binned) == []


def test_a_foreign_object_rides_along_and_the_camera_and_the_gates_see_it():
    plant = ride(faults.ForeignObject(at_m=0.1, length_m=0.06, from_s=5.0, until_s=6.0))
    loaded = plant.all(trace.Loaded)[1]
    assert (loaded.t_s, loaded.item_class, loaded.length_m) == (5.0, "foreign", 0.06)
    assert len(said(plant)) == 4
    assert len(pictures(plant)) == 2
    assert note_of(pictures(plant)[1][1]).answer.label == "unknown"
    assert touched(plant, "foreignobject") == {1, 2}


# The wire.


def carried(*befall, name="bb", sends=(1.0, 2.0, 3.0), latency_s=0.01):
    """When what arrived of messages sent at some times."""
    timeline, arrived, records = Timeline(), [], []
    scenario = Scenario(items=(), faults=befall)
    streams = Streams(0)
    mishaps = Mishaps(timeline, scenario, streams.stream("faults"), records.append)
    model = LinkModel(latency_s=latency_s)
    way = Way(timeline, model, streams, name, mishaps, lambda payload: arrived.append((timeline.now, payload)))
    for number, at_s in enumerate(sends):
        timeline.call_at(at_s, lambda number=number: way.send(b"%d" % number))
    timeline.run(until=60.0)
    return arrived


def test_a_delayed_way_keeps_its_order():
    delay = faults.LinkDelay(way="bb", delay_s=1.5, from_s=0.5, until_s=2.5)
    assert carried(delay) == near([(2.51, b"0"), (3.51, b"1"), (3.51, b"2")])
    assert carried(delay, name="aa") == near([(1.01, b"0"), (2.01, b"1"), (3.01, b"2")])


def test_what_is_dropped_does_not_arrive():
    drop = faults.LinkDrop(way="bb", share=1.0, from_s=1.5, until_s=2.5)
    assert [payload for _, payload in carried(drop)] == [b"0", b"2"]


def test_a_share_of_the_messages_is_dropped_and_always_the_same():
    drop = faults.LinkDrop(way="bb", share=0.5, from_s=0.0, until_s=60.0)
    sends = [0.1 * number for number in range(1, 400)]
    arrived = carried(drop, sends=sends)
    assert 120 < len(arrived) < 280
    assert carried(drop, sends=sends) == arrived


def test_what_is_duplicated_comes_twice_in_its_place():
    twice = faults.LinkDuplicate(way="bb", share=1.0, from_s=1.5, until_s=2.5)
    assert [payload for _, payload in carried(twice)] == [b"0", b"1", b"1", b"2"]


def test_what_is_reordered_is_overtaken_by_what_follows_soon():
    swap = faults.LinkReorder(way="bb", share=1.0, delay_s=1.5, from_s=0.5, until_s=1.5)
    assert [payload for _, payload in carried(swap)] == [b"1", b"0", b"2"]


@pytest.mark.parametrize("payload", GARBAGE)
def test_garbage_arrives_on_bb_and_is_no_message(payload):
    litter = faults.Garbage(payload=payload, from_s=1.5, until_s=2.0)
    assert carried(litter)[1] == (near(1.51), GARBAGE[payload])
    assert len(carried(litter, name="aa")) == 3
    with pytest.raises(codec.WireError):
        codec.decode_feedback(GARBAGE[payload])


# The broker, the connection, the controller.


@pytest.mark.parametrize("kind", [faults.BrokerDown, faults.ClientCutOff, faults.ControllerKilled])
def test_while_the_controller_is_away_it_hears_nothing_and_then_it_says_how_the_line_is_to_be(kind):
    single = settings_for(Layout(), in_flight=1)
    lost = kind(from_s=16.0, until_s=19.0)
    run = simulate(Scenario(items=ItemDraw(count=4), controller=single, faults=(lost,)))
    heard_s = [record.t_s for record in run.trace if isinstance(record, trace.Feedback)]
    assert not [at_s for at_s in heard_s if 16.0 <= at_s < 19.0]
    assert [at_s for at_s in heard_s if at_s >= 19.0]
    said_then = [(r.t_s, r.payload) for r in run.trace if isinstance(r, trace.Commanded) and 16.0 <= r.t_s < 19.5]
    will = [] if kind is faults.BrokerDown else [(near(16.002), '{"conveyor":"stop"}')]
    assert said_then == [
        *will, (near(19.002), '{"rod_control":"all_pull"}'), (near(19.002), '{"conveyor":"run"}'),
    ]  # fmt: skip
    name = kind.__name__.lower()
    assert {record.item for record in run.trace if isinstance(record, trace.Touched) and record.fault == name}


# When.


def test_a_fault_acts_from_its_begin_until_before_its_end():
    mishaps = Mishaps(
        timeline := Timeline(), Scenario(faults=(faults.RodDead(rod=2, from_s=1.0, until_s=2.0),)),
        Streams(0).stream("faults"), lambda record: None,
    )  # fmt: skip
    seen = {}
    for at_s in (0.5, 1.0, 1.9, 2.0):
        timeline.call_at(at_s, lambda at_s=at_s: seen.update({at_s: mishaps.now(faults.RodDead, rod=2) is not None}))
    timeline.run(until=3.0)
    assert seen == {0.5: False, 1.0: True, 1.9: True, 2.0: False}
