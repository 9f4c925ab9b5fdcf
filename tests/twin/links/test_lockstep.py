"""Lockstep over a real broker, with participants that lose, repeat, die and come back."""

import socket
import threading
from contextlib import contextmanager
from functools import partial

import pytest
from support.participant import RUN, Participant

from controller import wire
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.errors import BrokerError, ParticipantError
from twin.links.blocking_client import BlockingClient
from twin.links.embedded_client import EmbeddedClient
from twin.links.external_controller import Exit
from twin.links.lockstep import LockstepLink

pytestmark = pytest.mark.broker
EDGE = wire.encode_feedback(wire.GateEdge(number=1, blocked=True))


@pytest.fixture
def broker(embedded):
    return embedded


def over(broker, post):
    """The twin's end of the wire: a connection like any other, or a place inside the embedded broker."""
    return partial(BlockingClient, broker.host, broker.port) if post == "messenger" else partial(EmbeddedClient, broker)


@contextmanager
def opened(broker, *, post="tap", answer_timeout_s=5.0, **options):
    link = LockstepLink(over(broker, post), answer_timeout_s=answer_timeout_s, **options)
    link.open()
    try:
        yield link
    finally:
        link.close()


@pytest.fixture(params=["messenger", "tap"])
def link(broker, request):
    with opened(broker, post=request.param) as link:
        yield link


@pytest.fixture
def join(broker):
    joined = []

    def make(who="FS_Ctl", **habits):
        joined.append(Participant(broker, who, **habits))
        return joined[-1]

    yield make
    for participant in joined:
        participant.close()


def test_every_message_is_heard_and_every_command_comes_back_in_the_exchange(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    for number in range(1, 50):
        reply = link.exchange(float(number), [EDGE] * (number % 4))
        assert list(reply.commands) == [RUN] * (number % 4)
        assert reply.next_s == number + 1.0
    assert participant.acted[1:] == [(number + 1, number % 4) for number in range(1, 50)]


def test_messages_and_commands_keep_their_order(broker, link, join):
    participant = join()
    orders = [wire.encode_command(wire.Rod(number=number, push=True)) for number in range(1, 17)]
    participant.act = lambda grant: [
        *(participant.client.publish(wire.COMMANDS, order) for order in orders),
        setattr(participant, "done", wire.Done(grant=grant.grant, who="FS_Ctl", sent=16 * grant.grant, next_s=None)),
        participant.answer(),
    ]
    link.await_participants()
    for number in range(5):
        assert list(link.exchange(float(number), []).commands) == orders


def test_the_first_message_is_not_lost_on_one_that_counts_from_its_first_grant(link, join):
    participant = join()
    link.await_participants()
    assert link.exchange(0.0, [EDGE]).commands == [RUN]
    assert participant.acted == [(1, 0), (2, 1)]


def test_the_order_of_start_is_of_no_consequence(broker, join):
    participant = join()  # Its hello is gone before there is a link to hear it.
    with opened(broker) as link:
        again = threading.Timer(0.2, participant.hello)
        again.start()
        link.await_participants()
        assert link.exchange(0.0, [EDGE]).commands == [RUN]
        again.join()


def test_a_hello_that_is_repeated_before_the_first_grant_is_one_hello(link, join):
    participant = join()
    for _ in range(3):
        participant.hello()
    link.await_participants()
    link.exchange(0.0, [])
    assert link.exchange(1.0, [EDGE]).commands == [RUN]
    assert [grant for grant, _ in participant.acted] == [1, 2]


def test_a_grant_that_got_lost_is_sent_again_and_acted_on_once(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    participant.deaf = 1
    assert link.exchange(0.0, [EDGE, EDGE]).commands == [RUN, RUN]
    assert participant.acted == [(1, 0), (2, 2)]
    assert [participant.heard.get(timeout=5).grant for _ in range(3)] == [1, 2, 2]


def test_an_answer_that_comes_late_is_waited_for_and_counted_once(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    answer, participant.answer = participant.answer, lambda: None  # The first send's answer is lost.
    threading.Timer(0.3, lambda: setattr(participant, "answer", answer)).start()
    assert link.exchange(1.0, [EDGE]).commands == [RUN]
    participant.answer()  # The lost one turns up.
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert participant.acted == [(1, 0), (2, 1), (3, 1)]


def test_an_exchange_waits_for_every_participant(link, join):
    slow, quick = join("slow"), join("quick")
    link.await_participants(2)
    link.exchange(0.0, [])
    slow.deaf = 1
    assert list(link.exchange(3.0, [EDGE]).commands) == [RUN, RUN]
    assert slow.acted == quick.acted == [(1, 0), (2, 1)]


def test_the_nearest_deadline_counts(link, join):
    early, late = join("early"), join("late")
    late.act = lambda grant: [
        setattr(late, "done", wire.Done(grant=grant.grant, who="late", sent=0, next_s=None)),
        late.answer(),
    ]
    link.await_participants(2)
    assert link.exchange(3.0, []).next_s == 4.0
    early.act = lambda grant: [
        setattr(early, "done", wire.Done(grant=grant.grant, who="early", sent=0, next_s=None)),
        early.answer(),
    ]
    assert link.exchange(4.0, []).next_s is None


def test_one_that_does_not_answer_is_named_with_the_grant_it_owes(broker, join):
    said = []
    with opened(broker, answer_timeout_s=3.0, on_waiting=said.append) as link:
        join("quick")
        join("mute", deaf=10_000)
        link.await_participants(2)
        with pytest.raises(ParticipantError, match=r"^no answer within 3 s: mute owes the answer to grant 1 \(at 1.5"):
            link.exchange(1.5, [])
    assert any("mute owes" in text for text in said)


def test_one_that_dies_is_named(broker, join):
    with opened(broker, answer_timeout_s=1.0) as link:
        participant = join()
        link.await_participants()
        link.exchange(0.0, [])
        participant.die()
        with pytest.raises(ParticipantError, match="FS_Ctl owes the answer to grant 2"):
            link.exchange(1.0, [EDGE])


def test_commands_that_were_announced_and_never_came_are_owed(broker, join):
    with opened(broker, answer_timeout_s=1.0) as link:
        participant = join()
        link.await_participants()
        link.exchange(0.0, [])
        participant.owing = 2
        with pytest.raises(ParticipantError, match="FS_Ctl owes 2 of 3 commands announced with grant 2"):
            link.exchange(0.0, [EDGE])


def test_nobody_there_is_said_in_one_line(link):
    with pytest.raises(ParticipantError, match=r"1 participant.* hello .*so far none"):
        link.await_participants(timeout_s=0.5)


def test_one_that_died_of_something_known_is_not_waited_for(broker):
    with (
        opened(broker, exit_of=lambda: Exit(1, "KeyError: 'x'")) as link,
        pytest.raises(ParticipantError, match="KeyError"),
    ):
        link.await_participants()


def test_a_participant_that_was_restarted_counts_from_zero_and_the_run_goes_on(link, join):
    first = join()
    link.await_participants()
    link.exchange(0.0, [])
    assert link.exchange(0.5, [EDGE, EDGE]).commands == [RUN, RUN]
    first.die()
    second = join()
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert second.acted == [(3, 0), (4, 1)]


def test_a_participant_that_is_restarted_while_an_answer_is_owed_answers_in_the_dead_ones_place(link, join):
    first = join()
    link.await_participants()
    link.exchange(0.0, [])
    first.die()
    starter = threading.Timer(0.3, join)
    starter.start()
    assert link.exchange(1.0, []).next_s == 2.0
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    starter.join()


def test_a_restart_does_not_muddle_the_others_count(link, join):
    first, other = join("restarts"), join("stays")
    link.await_participants(2)
    link.exchange(0.0, [])
    assert len(link.exchange(1.0, [EDGE, EDGE]).commands) == 4
    first.die()
    join("restarts")
    for number in range(1, 4):
        assert len(link.exchange(1.0 + number, [EDGE] * number).commands) == 2 * number
    assert [fresh for _, fresh in other.acted if fresh] == [2, 1, 2, 3]


def test_one_that_is_killed_is_not_waited_for_and_another_in_its_place_begins_at_the_time_it_is_told(broker, join):
    lives = []

    def kill():
        lives[0].die()

    with opened(broker, kill=kill, revive=lambda: lives.append(join())) as link:
        lives.append(join())
        link.await_participants()
        link.exchange(0.0, [])
        assert link.exchange(1.0, [EDGE]).commands == [RUN]
        link.kill()
        assert link.revive(5.0) == ([], 6.0)
        assert link.exchange(6.0, [EDGE, EDGE]).commands == [RUN, RUN]
    assert [life.acted[-1] for life in lives] == [(2, 1), (4, 2)]


def test_one_whose_connection_is_ended_rejoins_and_its_last_will_is_no_answer_to_anything(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    assert link.rejoin(1.0) == ([], 2.0)
    assert participant.back.acquire(timeout=0)  # It was really cut off, and has subscribed again.
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert participant.acted == [(1, 0), (2, 0), (3, 1)]


def test_a_clock_message_that_is_none_is_ignored(broker, link, join):
    participant = join()
    link.await_participants()
    for topic in (wire.CLOCK_DONE, wire.CLOCK_HELLO):
        participant.client.publish(topic, b"\xff{")
    foreign = wire.Done(grant=1, who="nobody", sent=7, next_s=0.0)
    participant.client.publish(wire.CLOCK_DONE, wire.encode_clock(foreign))
    link.exchange(0.0, [])
    assert link.exchange(0.0, [EDGE]) == ([RUN], 1.0)


def test_a_broker_that_is_not_there_is_one_line():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(BrokerError, match=f"broker 127.0.0.1:{port}: .*refused"):
        LockstepLink(partial(BlockingClient, "127.0.0.1", port)).open()


def test_a_broker_that_restarts_mid_run_costs_neither_an_answer_nor_a_message(broker, link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    for number in range(2):
        broker.stop()
        broker.start()
        assert link.exchange(1.0 + number, [EDGE]).commands == [RUN]
    assert [fresh for _, fresh in participant.acted if fresh] == [1, 1]


def test_a_broker_that_comes_back_while_an_answer_is_owed_costs_no_answer(broker, link, join):
    join()
    link.await_participants()
    link.exchange(0.0, [])
    broker.stop()
    starter = threading.Timer(0.3, broker.start)
    starter.start()
    assert link.exchange(1.0, []).next_s == 2.0
    starter.join()
    assert link.exchange(2.0, [EDGE]).commands == [RUN]


def test_a_broker_that_stays_away_is_named_among_the_causes(broker, join):
    with opened(broker, answer_timeout_s=1.0) as link:
        join()
        link.await_participants()
        link.exchange(0.0, [])
        broker.stop()
        with pytest.raises(ParticipantError, match=r"FS_Ctl owes the answer to grant 2 .*; the broker is away"):
            link.exchange(1.0, [EDGE])


def test_the_twins_connection_cut_off_costs_nothing(broker, join):
    twins = []

    def make_client(**options):
        twins.append(BlockingClient(broker.host, broker.port, **options))
        return twins[0]

    link = LockstepLink(make_client, answer_timeout_s=5.0)
    link.open()
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    assert broker.cut_off(twins[0].client_id)
    assert link.exchange(1.0, [EDGE]).commands == [RUN]
    assert [fresh for _, fresh in participant.acted if fresh] == [1]
    link.close()


def test_mosquitto_serves_as_well(mosquitto):
    scenario = Scenario(items=ItemDraw(count=10), controller=settings_for(Layout(), items=10))
    run = simulate(scenario, link="lockstep", broker=f"{mosquitto.host}:{mosquitto.port}")
    assert run.summary.digest == simulate(scenario).summary.digest
