"""Each kind of fault: its data, and its effects on pictures, messages and the controller."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ride import (
    LATER,
    effects,
    near,
    note_of,
    pictures,
    ride,
)

from controller import wire
from controller.simulation.oracle import Fails, Says, Silent
from scenarios.strategies import ALL_FAULTS, fault_of
from twin import ItemDraw, Layout, LinkModel, Scenario, faults, settings_for, simulate, trace
from twin.errors import ScenarioError
from twin.links.channel import GARBAGE, Channel
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message
from twin.plant.picture_source import UNSURE
from twin.scenario.random_streams import Streams
from twin.scenario.scenario import decode_scenario, encode_scenario
from twin.timeline import Timeline

# Data.


@pytest.mark.parametrize("kind", ALL_FAULTS, ids=lambda kind: kind.__name__)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_kind_of_fault_survives_a_round_trip_to_json(kind, data):
    fault = data.draw(fault_of(kind, Layout(), 5))
    scenario = Scenario(items=ItemDraw(count=5), faults=(fault,))
    again = decode_scenario(encode_scenario(scenario))
    assert again == scenario
    assert type(again.faults[0]) is kind


def test_the_strategies_include_every_kind_of_fault():
    kinds = {kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, faults.Fault)}
    assert set(ALL_FAULTS) == kinds - {faults.Fault}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: faults.RodDead(from_s=5.0, until_s=4.0), "from_s <= until_s"),
        (lambda: faults.RodDead(from_s=-1.0), "from_s"),
        (lambda: faults.RodDead(until_s=math.inf), "until_s"),
        (lambda: faults.LinkDrop(share=1.5), "share must be .*, got 1.5"),
        (lambda: faults.RodSlow(factor=0.0), "factor must be .*, got 0.0"),
        (lambda: faults.RodSlow(factor=math.nan), "factor must be .*, got nan"),
        (lambda: faults.LateImage(delay_s=-0.1), "delay_s must be .*, got -0.1"),
        (lambda: faults.LateImage(delay_s=61.0), "delay_s must be .*, got 61.0"),
        (lambda: faults.DoublePush(gap_m=-0.1), "gap_m must be .*, got -0.1"),
        (lambda: faults.GateGhost(pulse_s=0.0), "pulse_s must be .*, got 0.0"),
    ],
)
def test_an_impossible_fault_is_refused_by_name(make, words):
    with pytest.raises(ScenarioError, match=words.replace("(", r"\(")):
        make()


def test_faults_of_broker_and_controller_may_not_overlap():
    first, second = faults.BrokerDown(from_s=1.0, until_s=5.0), faults.ControllerKilled(from_s=5.0, until_s=6.0)
    with pytest.raises(ScenarioError, match="one after another"):
        Scenario(faults=(second, first))
    Scenario(faults=(msgspec.structs.replace(second, from_s=5.1), first))


# The camera and what it shows.


def test_with_no_image_the_camera_sends_nothing():
    plant = ride(faults.NoImage(**LATER))
    assert pictures(plant) == []
    assert len(plant.all(trace.Photographed)) == 1
    assert effects(plant, to=1) == ["picture_lost"]


def test_a_late_image_arrives_after_its_delay():
    ((usual_s, usual),) = pictures(ride())
    ((late_s, late),) = pictures(ride(faults.LateImage(delay_s=1.5, **LATER)))
    assert (late_s, late) == (near(usual_s + 1.5), usual)


def test_a_repeated_image_is_the_same_twice():
    (first_s, first), (second_s, second) = pictures(ride(faults.ImageTwice(delay_s=0.3, **LATER)))
    assert (second_s, second) == (near(first_s + 0.3), first)


@pytest.mark.parametrize("how", ["torn", "not_an_image"])
def test_an_unreadable_picture_makes_the_recognizer_fail(how):
    plant = ride(faults.SpoiltImage(how=how, **LATER))
    assert note_of(pictures(plant)[0][1]).answer == Fails(error=how)
    assert effects(plant, to=1) == ["picture_spoilt"]


@pytest.mark.parametrize("how", ["blurred", "dark"])
def test_a_blurred_or_dark_picture_is_recognised_as_unknown(how):
    answer = note_of(pictures(ride(faults.SpoiltImage(how=how, **LATER)))[0][1]).answer
    assert isinstance(answer, Says)
    assert answer.label == "unknown"


def test_a_slow_recognizer_answers_later_by_its_delay():
    usual, slow = (note_of(pictures(ride(*fault_list))[0][1]) for fault_list in ([], [faults.RecognizerSlow(**LATER)]))
    assert slow.latency_s == near(usual.latency_s + 1.0)
    assert slow.answer == usual.answer


@pytest.mark.parametrize("what", ["error", "wrong_label", "low_confidence", "unknown", "nothing"])
def test_a_faulty_recognizer_gives_the_answer_of_the_fault(what):
    plant = ride(faults.RecognizerSays(what=what, **LATER))
    answer = note_of(pictures(plant)[0][1]).answer
    assert {
        "error": lambda: answer == Fails(error="code 1"),
        "wrong_label": lambda: answer.label in ("half_ripe", "raw"),
        "low_confidence": lambda: answer.label == "ripe" and answer.confidence <= UNSURE,
        "unknown": lambda: answer.label == "unknown",
        "nothing": lambda: answer == Silent(),
    }[what]()
    assert effects(plant, to=1) == ["answer_lost" if what in ("error", "nothing") else "answer_false"]


# The wire.


def carried(*fault_list, name="bb", sends=(1.0, 2.0, 3.0), latency_s=0.01, records=None):
    """The messages that arrive, with their times, of those sent at `sends`. Effects of faults go to `records`."""
    timeline, arrived = Timeline(), []
    streams = Streams(0)
    injector = FaultInjector(
        timeline,
        Scenario(items=(), faults=fault_list),
        streams.stream("faults"),
        ([] if records is None else records).append,
    )
    model = LinkModel(latency_s=latency_s)
    channel = Channel(
        timeline, model, streams, name, injector, lambda message: arrived.append((timeline.now, message.payload))
    )
    for number, at_s in enumerate(sends):
        message = Message(b"%d" % number, "gate 1" if name == "bb" else "rod 2", "", number if name == "bb" else None)
        timeline.call_at(at_s, lambda message=message: channel.send(message))
    timeline.run(until=60.0)
    return arrived


def facts_of(*fault_list, **options):
    """The effects of faults on messages: effect, part, item and time."""
    records = []
    carried(*fault_list, records=records, **options)
    return [(record.what, record.part, record.item, record.t_s) for record in records]


def test_delayed_messages_keep_their_order():
    delay = faults.LinkDelay(way="bb", delay_s=1.5, from_s=0.5, until_s=2.5)
    assert carried(delay) == near([(2.51, b"0"), (3.51, b"1"), (3.51, b"2")])
    assert carried(delay, name="aa") == near([(1.01, b"0"), (2.01, b"1"), (3.01, b"2")])


def test_dropped_messages_do_not_arrive():
    drop = faults.LinkDrop(way="bb", share=1.0, from_s=1.5, until_s=2.5)
    assert [payload for _, payload in carried(drop)] == [b"0", b"2"]


def test_the_dropped_share_of_messages_is_the_same_again():
    drop = faults.LinkDrop(way="bb", share=0.5, from_s=0.0, until_s=60.0)
    sends = [0.1 * number for number in range(1, 400)]
    arrived = carried(drop, sends=sends)
    assert 120 < len(arrived) < 280
    assert carried(drop, sends=sends) == arrived


def test_a_duplicated_message_arrives_twice_in_a_row():
    twice = faults.LinkDuplicate(way="bb", share=1.0, from_s=1.5, until_s=2.5)
    assert [payload for _, payload in carried(twice)] == [b"0", b"1", b"1", b"2"]


def test_a_reordered_message_is_overtaken_by_the_next():
    swap = faults.LinkReorder(way="bb", share=1.0, delay_s=1.5, from_s=0.5, until_s=1.5)
    assert [payload for _, payload in carried(swap)] == [b"1", b"0", b"2"]


def test_a_lost_or_late_edge_is_a_fact_about_its_item():
    drop = faults.LinkDrop(way="bb", share=1.0, from_s=1.5, until_s=2.5)
    assert facts_of(drop) == [("edge_lost", "gate 1", 1, 2.0)]
    delay = faults.LinkDelay(way="bb", delay_s=1.5, from_s=1.5, until_s=2.5)
    assert facts_of(delay) == near([
        ("edge_late", "gate 1", 1, 2.0), ("edge_late", "gate 1", 2, 3.0),
        ("edge_late", "gate 1", None, 3.51), ("edge_late", "gate 1", None, 3.51),
    ])  # fmt: skip


def test_messages_behind_a_late_one_are_late_too():
    delay = faults.LinkDelay(way="bb", delay_s=1.5, from_s=1.5, until_s=2.5)
    assert carried(delay)[1:] == near([(3.51, b"1"), (3.51, b"2")])


def test_a_disturbed_command_is_a_fact_when_it_arrives_and_a_late_one_also_when_it_is_sent():
    late = faults.LinkDelay(way="aa", delay_s=0.5, from_s=1.5, until_s=2.5)
    assert facts_of(late, name="aa") == near([("command_late", "rod 2", None, at_s) for at_s in (2.0, 2.51)])
    twice = faults.LinkDuplicate(way="aa", share=1.0, from_s=1.5, until_s=2.5)
    assert facts_of(twice, name="aa") == near([("command_twice", "rod 2", None, 2.01)])


@pytest.mark.parametrize("payload", GARBAGE)
def test_garbage_arrives_on_bb_and_cannot_be_decoded(payload):
    litter = faults.Garbage(payload=payload, from_s=1.5, until_s=2.0)
    assert carried(litter)[1] == (near(1.51), GARBAGE[payload])
    assert len(carried(litter, name="aa")) == 3
    with pytest.raises(wire.WireError):
        wire.decode_feedback(GARBAGE[payload])


# The broker, the connection, the controller.


@pytest.mark.parametrize("kind", [faults.BrokerDown, faults.ClientCutOff, faults.ControllerKilled])
def test_a_controller_that_was_away_sets_belt_and_rods_again(kind):
    single = settings_for(Layout(), in_flight=1)
    lost = kind(from_s=16.0, until_s=19.0)
    run = simulate(Scenario(items=ItemDraw(count=4), controller=single, faults=(lost,)))
    fed_back_s = [record.t_s for record in run.trace if isinstance(record, trace.Feedback)]
    assert not [at_s for at_s in fed_back_s if 16.0 <= at_s < 19.0]
    assert [at_s for at_s in fed_back_s if at_s >= 19.0]
    commanded = [(r.t_s, r.payload) for r in run.trace if isinstance(r, trace.Commanded) and 16.0 <= r.t_s < 19.5]
    will = [] if kind is faults.BrokerDown else [(near(16.002), '{"conveyor":"stop"}')]
    assert commanded == [
        *will, (near(19.002), '{"rod_control":"all_pull"}'), (near(19.002), '{"conveyor":"run"}'),
    ]  # fmt: skip
    back = "restarted" if kind is faults.ControllerKilled else "reconnected"
    assert {"cut_off", back} <= {r.what for r in run.trace if isinstance(r, trace.Disturbed) and r.item}
