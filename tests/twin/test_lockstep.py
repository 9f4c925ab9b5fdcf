"""Lockstep over a real broker, with participants that lose, repeat, die and come back."""

import queue
import shutil
import socket
import subprocess
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from controller import codec
from twin.broker import EmbeddedBroker
from twin.errors import BrokerError, ParticipantError
from twin.lockstep import LockstepLink

pytestmark = pytest.mark.broker
RUN = codec.encode_command(codec.Conveyor(run=True))
EDGE = codec.encode_feedback(codec.GateEdge(number=1, blocked=True))


class Participant:
    """Answers each grant by one command for each message it counts; its deadline is a second later.

    `deaf` is how many grants it lets pass before it begins to answer, `owing` how many commands it announces and
    never sends.
    """

    def __init__(self, broker, who="FS_Ctl", *, deaf=0, owing=0):
        self.who, self.deaf, self.owing = who, deaf, owing
        self.feedback, self.sent, self.acted = 0, 0, []
        self.baseline, self.done = None, None
        ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=who, protocol=mqtt.MQTTv311)
        self.client.on_connect = lambda *_: self.client.subscribe([(codec.FEEDBACK, 0), (codec.CLOCK_GRANT, 0)])
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = lambda *arguments: self.hear(arguments[-1])
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert ready.wait(5)
        self.hello()

    def hello(self):
        self.client.publish(codec.CLOCK_HELLO, codec.encode_clock(codec.Hello(who=self.who)))

    def hear(self, message):
        if message.topic == codec.FEEDBACK:
            self.feedback += 1
            return
        grant = codec.decode_grant(message.payload)
        if self.deaf > 0:
            self.deaf -= 1
            return
        if self.done is None or grant.grant > self.done.grant:
            self.act(grant)
        self.client.publish(codec.CLOCK_DONE, codec.encode_clock(self.done))

    def act(self, grant):
        fresh = 0 if self.done is None and grant.sent and self.feedback == 0 else self.feedback
        self.feedback = 0
        self.acted.append((grant.grant, fresh))
        for _ in range(fresh):
            self.client.publish(codec.COMMANDS, RUN)
        self.sent += fresh + self.owing
        self.done = codec.Done(grant=grant.grant, who=self.who, sent=self.sent, next_s=grant.now_s + 1)

    def die(self):
        """The connection is gone without a word."""
        self.client.loop_stop()
        self.client.socket().shutdown(socket.SHUT_RDWR)
        self.client = None

    def close(self):
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()
            self.client = None


@pytest.fixture
def broker():
    with EmbeddedBroker() as embedded:
        yield embedded


@pytest.fixture
def link(broker):
    link = LockstepLink(broker.host, broker.port, answer_timeout_s=5.0)
    link.open()
    yield link
    link.close()


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
    for number in range(50):
        reply = link.exchange(float(number), [EDGE] * (number % 4))
        assert list(reply.commands) == [RUN] * (number % 4)
        assert reply.next_s == number + 1.0
    assert participant.acted == [(number + 1, number % 4) for number in range(50)]


def test_the_order_of_start_is_of_no_consequence(broker, join):
    participant = join()
    link = LockstepLink(broker.host, broker.port)
    link.open()
    again = threading.Timer(0.2, participant.hello)
    again.start()
    link.await_participants()
    assert link.exchange(0.0, [EDGE]).commands == [RUN]
    again.join()
    link.close()


def test_a_grant_that_got_lost_is_sent_again_and_acted_on_once(link, join):
    participant = join(deaf=1)
    link.await_participants()
    assert link.exchange(0.0, [EDGE, EDGE]).commands == [RUN, RUN]
    assert participant.acted == [(1, 2)]


def test_an_exchange_waits_for_every_participant(link, join):
    slow, quick = join("slow", deaf=1), join("quick")
    link.await_participants(2)
    reply = link.exchange(3.0, [EDGE])
    assert list(reply.commands) == [RUN, RUN]
    assert [one.acted for one in (slow, quick)] == [[(1, 1)], [(1, 1)]]


def test_one_that_does_not_answer_is_named_with_the_grant_it_owes(broker, join):
    said = []
    link = LockstepLink(broker.host, broker.port, answer_timeout_s=3.0, on_waiting=said.append)
    link.open()
    join("quick")
    join("mute", deaf=10_000)
    link.await_participants(2)
    with pytest.raises(ParticipantError, match="mute owes the answer to grant 1"):
        link.exchange(1.5, [EDGE])
    assert any("mute owes" in text for text in said)
    link.close()


def test_commands_that_were_announced_and_never_came_are_owed(broker, join):
    link = LockstepLink(broker.host, broker.port, answer_timeout_s=1.0)
    link.open()
    join(owing=2)
    link.await_participants()
    with pytest.raises(ParticipantError, match="FS_Ctl owes 2 of 3 commands"):
        link.exchange(0.0, [EDGE])
    link.close()


def test_nobody_there_is_said_in_one_line(link):
    with pytest.raises(ParticipantError, match=r"1 participant.* hello .*so far none"):
        link.await_participants(timeout_s=0.5)


def test_one_that_died_of_something_known_is_not_waited_for(broker, join):
    link = LockstepLink(broker.host, broker.port, obituary=lambda: "KeyError: 'x'")
    link.open()
    with pytest.raises(ParticipantError, match="KeyError"):
        link.await_participants()
    link.close()


def test_a_participant_that_was_restarted_counts_from_zero_and_the_run_goes_on(link, join):
    first = join()
    link.await_participants()
    assert link.exchange(0.0, [EDGE, EDGE]).commands == [RUN, RUN]
    first.die()
    second = queue.Queue()
    starter = threading.Timer(0.3, lambda: second.put(join()))
    starter.start()
    assert link.exchange(1.0, []).commands == []
    assert link.exchange(2.0, [EDGE]).commands == [RUN]
    assert second.get(timeout=5).acted[-1] == (3, 1)
    starter.join()


def test_a_broker_that_is_not_there_is_one_line():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(BrokerError, match=f"broker 127.0.0.1:{port}: .*refused"):
        LockstepLink("127.0.0.1", port).open()


def test_a_broker_that_restarts_mid_run_costs_no_answer(broker, link, join):
    join()
    link.await_participants()
    assert link.exchange(0.0, [EDGE]).commands == [RUN]
    broker.stop()
    broker.start()
    assert link.exchange(1.0, []).next_s == 2.0
    assert link.exchange(2.0, [EDGE]).commands == [RUN]


def test_mosquitto_serves_as_well(tmp_path):
    program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if program is None:
        pytest.skip("mosquitto is not installed (Debian's package mosquitto)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n")
    process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.PIPE)
    try:
        assert b"running" in b"".join(iter_until(process.stderr, b"running"))
        from twin import ItemDraw, Layout, Scenario, settings_for, simulate

        scenario = Scenario(items=ItemDraw(count=10), controller=settings_for(Layout(), items=10))
        run = simulate(scenario, link="lockstep", broker=f"127.0.0.1:{port}")
        assert run.summary.digest == simulate(scenario).summary.digest
    finally:
        process.terminate()
        process.communicate()


def iter_until(stream, word):
    """Lines of a program's output up to the one with the word."""
    for line in stream:
        yield line
        if word in line:
            return
