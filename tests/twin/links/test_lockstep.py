"""Lockstep over a real broker, with participants that lose and repeat messages, die and come back."""

import socket
import threading
from contextlib import contextmanager
from functools import partial

import pytest
from support.participant import RUN, Participant

from controller import wire
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.errors import BrokerError, ParticipantError
from twin.links.base import Exit
from twin.links.broker_client import BrokerClient
from twin.links.embedded_client import EmbeddedClient
from twin.links.lockstep import LockstepLink

pytestmark = pytest.mark.broker
EDGE = wire.encode_feedback(wire.GateEdge(number=1, blocked=True))


@pytest.fixture
def broker(embedded):
    return embedded


def client_factory(broker, kind):
    """Makes the twin's client: one with a connection, or one inside the embedded broker."""
    if kind == "connection":
        return partial(BrokerClient, broker.host, broker.port)
    return partial(EmbeddedClient, broker)


@contextmanager
def opened(broker, *, client="embedded", answer_timeout_s=5.0, **options):
    link = LockstepLink(client_factory(broker, client), answer_timeout_s=answer_timeout_s, **options)
    link.open()
    try:
        yield link
    finally:
        link.close()


@pytest.fixture(params=["connection", "embedded"])
def link(broker, request):
    with opened(broker, client=request.param) as link:
        yield link


@pytest.fixture
def join(broker):
    joined = []

    def make(name="FS_Ctl", **options):
        joined.append(Participant(broker, name, **options))
        return joined[-1]

    yield make
    for participant in joined:
        participant.close()


def test_each_exchange_delivers_every_message_and_returns_every_command(link, join):
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
    commands = [wire.encode_command(wire.Rod(number=number, push=True)) for number in range(1, 17)]
    participant.act = lambda grant: [
        *(participant.client.publish(wire.COMMANDS, command) for command in commands),
        setattr(participant, "done", wire.Done(grant=grant.grant, who="FS_Ctl", sent=16 * grant.grant, next_s=None)),
        participant.answer(),
    ]
    link.await_participants()
    for number in range(5):
        assert list(link.exchange(float(number), []).commands) == commands


def test_a_newly_joined_participant_gets_the_first_message(link, join):
    participant = join()
    link.await_participants()
    assert link.exchange(0.0, [EDGE]).commands == [RUN]
    assert participant.acted == [(1, 0), (2, 1)]


def test_a_participant_may_start_before_the_link(broker, join):
    participant = join()  # It says hello before the link is open.
    with opened(broker) as link:
        second_hello = threading.Timer(0.2, participant.hello)
        second_hello.start()
        link.await_participants()
        assert link.exchange(0.0, [EDGE]).commands == [RUN]
        second_hello.join()


def test_hellos_repeated_before_the_first_grant_count_once(link, join):
    participant = join()
    for _ in range(3):
        participant.hello()
    link.await_participants()
    link.exchange(0.0, [])
    assert link.exchange(1.0, [EDGE]).commands == [RUN]
    assert [grant for grant, _ in participant.acted] == [1, 2]


def test_a_lost_grant_is_sent_again_and_handled_once(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    participant.deaf = 1
    assert link.exchange(0.0, [EDGE, EDGE]).commands == [RUN, RUN]
    assert participant.acted == [(1, 0), (2, 2)]
    assert [participant.grants.get(timeout=5).grant for _ in range(3)] == [1, 2, 2]


def test_a_late_answer_is_awaited_and_counted_once(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    answer, participant.answer = participant.answer, lambda: None  # The answer to the first attempt is lost.
    threading.Timer(0.3, lambda: setattr(participant, "answer", answer)).start()
    assert link.exchange(1.0, [EDGE]).commands == [RUN]
    participant.answer()  # The lost answer arrives late.
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert participant.acted == [(1, 0), (2, 1), (3, 1)]


def test_an_exchange_waits_for_every_participant(link, join):
    slow, quick = join("slow"), join("quick")
    link.await_participants(2)
    link.exchange(0.0, [])
    slow.deaf = 1
    assert list(link.exchange(3.0, [EDGE]).commands) == [RUN, RUN]
    assert slow.acted == quick.acted == [(1, 0), (2, 1)]


def test_the_earliest_deadline_counts(link, join):
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


def test_the_error_names_a_silent_participant_and_its_grant(broker, join):
    notices = []
    with opened(broker, answer_timeout_s=3.0, on_waiting=notices.append) as link:
        join("quick")
        join("silent", deaf=10_000)
        link.await_participants(2)
        with pytest.raises(
            ParticipantError, match=r"^no answer within 3 s: silent owes the answer to grant 1 \(at 1.5"
        ):
            link.exchange(1.5, [])
    assert any("silent owes" in text for text in notices)


def test_the_error_names_a_participant_that_died(broker, join):
    with opened(broker, answer_timeout_s=1.0) as link:
        participant = join()
        link.await_participants()
        link.exchange(0.0, [])
        participant.die()
        with pytest.raises(ParticipantError, match="FS_Ctl owes the answer to grant 2"):
            link.exchange(1.0, [EDGE])


def test_the_error_counts_announced_commands_that_never_arrived(broker, join):
    with opened(broker, answer_timeout_s=1.0) as link:
        participant = join()
        link.await_participants()
        link.exchange(0.0, [])
        participant.owing = 2
        with pytest.raises(ParticipantError, match="FS_Ctl owes 2 of 3 commands announced with grant 2"):
            link.exchange(0.0, [EDGE])


def test_a_missing_participant_is_an_error_of_one_line(link):
    with pytest.raises(ParticipantError, match=r"1 participant.* hello .*so far none"):
        link.await_participants(timeout_s=0.5)


def test_a_participant_that_has_exited_is_not_awaited(broker):
    with (
        opened(broker, exit_of=lambda: Exit(1, "KeyError: 'x'")) as link,
        pytest.raises(ParticipantError, match="KeyError"),
    ):
        link.await_participants()


def test_a_restarted_participant_counts_from_zero_and_the_run_goes_on(link, join):
    first = join()
    link.await_participants()
    link.exchange(0.0, [])
    assert link.exchange(0.5, [EDGE, EDGE]).commands == [RUN, RUN]
    first.die()
    second = join()
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert second.acted == [(3, 0), (4, 1)]


def test_a_restarted_participant_answers_the_grant_that_is_still_open(link, join):
    first = join()
    link.await_participants()
    link.exchange(0.0, [])
    first.die()
    restart = threading.Timer(0.3, join)
    restart.start()
    assert link.exchange(1.0, []).next_s == 2.0
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    restart.join()


def test_a_restart_does_not_change_the_other_participants_count(link, join):
    first, other = join("restarts"), join("stays")
    link.await_participants(2)
    link.exchange(0.0, [])
    assert len(link.exchange(1.0, [EDGE, EDGE]).commands) == 4
    first.die()
    join("restarts")
    for number in range(1, 4):
        assert len(link.exchange(1.0 + number, [EDGE] * number).commands) == 2 * number
    assert [count for _, count in other.acted if count] == [2, 1, 2, 3]


def test_a_killed_participant_is_not_awaited_and_its_replacement_joins_on_time(broker, join):
    participants = []

    def kill():
        participants[0].die()

    with opened(broker, kill=kill, revive=lambda: participants.append(join())) as link:
        participants.append(join())
        link.await_participants()
        link.exchange(0.0, [])
        assert link.exchange(1.0, [EDGE]).commands == [RUN]
        link.kill()
        assert link.revive(5.0) == ([], 6.0)
        assert link.exchange(6.0, [EDGE, EDGE]).commands == [RUN, RUN]
    assert [each.acted[-1] for each in participants] == [(2, 1), (4, 2)]


def test_a_participant_rejoins_after_a_cut_and_its_last_will_is_ignored(link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    assert link.rejoin(1.0) == ([], 2.0)
    assert participant.back.acquire(timeout=0)  # It was really cut off, and has subscribed again.
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert participant.acted == [(1, 0), (2, 0), (3, 1)]


def test_invalid_clock_messages_are_ignored(broker, link, join):
    participant = join()
    link.await_participants()
    for topic in (wire.CLOCK_DONE, wire.CLOCK_HELLO):
        participant.client.publish(topic, b"\xff{")
    unknown = wire.Done(grant=1, who="unknown", sent=7, next_s=0.0)
    participant.client.publish(wire.CLOCK_DONE, wire.encode_clock(unknown))
    link.exchange(0.0, [])
    assert link.exchange(0.0, [EDGE]) == ([RUN], 1.0)


def test_a_missing_broker_is_an_error_of_one_line():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(BrokerError, match=f"broker 127.0.0.1:{port}: .*refused"):
        LockstepLink(partial(BrokerClient, "127.0.0.1", port)).open()


def test_a_broker_restart_between_grants_loses_no_message(broker, link, join):
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    for number in range(2):
        broker.stop()
        broker.start()
        assert link.exchange(1.0 + number, [EDGE]).commands == [RUN]
    assert [count for _, count in participant.acted if count] == [1, 1]


def test_a_broker_restart_during_a_grant_loses_no_answer(broker, link, join):
    join()
    link.await_participants()
    link.exchange(0.0, [])
    broker.stop()
    restart = threading.Timer(0.3, broker.start)
    restart.start()
    assert link.exchange(1.0, []).next_s == 2.0
    restart.join()
    assert link.exchange(2.0, [EDGE]).commands == [RUN]


def test_the_error_says_that_the_broker_is_away(broker, join):
    with opened(broker, answer_timeout_s=1.0) as link:
        join()
        link.await_participants()
        link.exchange(0.0, [])
        broker.stop()
        with pytest.raises(ParticipantError, match=r"FS_Ctl owes the answer to grant 2 .*; the broker is away"):
            link.exchange(1.0, [EDGE])


def test_cutting_the_twins_connection_loses_nothing(broker, join):
    clients = []

    def make_client(**options):
        clients.append(BrokerClient(broker.host, broker.port, **options))
        return clients[0]

    link = LockstepLink(make_client, answer_timeout_s=5.0)
    link.open()
    participant = join()
    link.await_participants()
    link.exchange(0.0, [])
    assert broker.cut_off(clients[0].client_id)
    assert link.exchange(1.0, [EDGE]).commands == [RUN]
    assert [count for _, count in participant.acted if count] == [1]
    link.close()


def test_lockstep_works_with_mosquitto(mosquitto):
    scenario = Scenario(items=ItemDraw(count=10), controller=settings_for(Layout(), items=10))
    run = simulate(scenario, link="lockstep", broker=f"{mosquitto.host}:{mosquitto.port}")
    assert run.summary.digest == simulate(scenario).summary.digest
