"""The session broker in virtual time, packet by packet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mqtt_packets import cuts, packets

from twin.broker.access import Access
from twin.links.mqtt_codec import MAX_PACKET_BYTES, Decoder, encode
from twin.links.mqtt_effects import (
    Close,
    Connected,
    Disconnected,
    Dropped,
    Published,
    Refused,
    Send,
    Subscribed,
)
from twin.links.mqtt_packets import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Will,
)
from twin.links.mqtt_session import MAX_QUEUED, MAX_QUEUED_BYTES, MAX_RETAINED
from twin.links.session_broker import SessionBroker


class Desk:
    """A session broker, its effects as packets by connection, and the others in order."""

    def __init__(self, access=None):
        self.broker = SessionBroker(access)
        self.now_s = 0.0

    def open(self, connection, **connect):
        """A connection that has said CONNECT; returns what came of it."""
        self.broker.opened(connection)
        return self.send(connection, Connect(client_id=connect.pop("client_id", f"client {connection}"), **connect))

    def send(self, connection, *some):
        self.broker.received(connection, b"".join(encode(packet) for packet in some), self.now_s)
        return self.take()

    def take(self):
        """What has come of it; bytes as packets."""
        return [shown(effect) for effect in self.broker.take()]


def shown(effect):
    if not isinstance(effect, Send):
        return effect
    decoder = Decoder()
    decoder.receive(effect.data)
    return (effect.connection, decoder.next_packet())


@pytest.fixture
def desk():
    return Desk()


def test_a_client_connects_subscribes_hears_the_plant_and_says_goodbye(desk):
    assert desk.open(1, client_id="FS_Ctl", keep_alive_s=50) == [
        Connected(1, "FS_Ctl", 50, True, False), (1, Connack(False, 0))
    ]  # fmt: skip
    assert desk.send(1, Subscribe(1, (("bb", 0),))) == [Subscribed("FS_Ctl", "bb", 0), (1, Suback(1, (0,)))]
    desk.broker.publish("bb", b"edge")
    assert desk.take() == [(1, Publish(topic="bb", payload=b"edge"))]
    assert desk.send(1, Publish(topic="aa", payload=b"run")) == [Published("FS_Ctl", "aa", b"run", 0, False)]
    assert desk.send(1, Disconnect()) == [Close(1, "disconnected"), Disconnected("FS_Ctl", "disconnected")]
    desk.broker.publish("bb", b"nobody")
    assert desk.take() == []
    assert desk.broker.next_deadline_s is None


def test_a_will_is_sent_as_it_was_left_unless_its_client_says_goodbye(desk):
    will = Will(topic="aa", payload=b"stop", qos=1, retain=True)
    desk.open(1, will=will)
    desk.broker.closed(1)
    assert desk.take() == [Disconnected("client 1", "lost"), Published("client 1", "aa", b"stop", 1, True)]
    desk.open(2, will=will)
    assert desk.send(2, Disconnect()) == [Close(2, "disconnected"), Disconnected("client 2", "disconnected")]
    desk.open(3)
    assert desk.send(3, Subscribe(1, (("aa", 0),)))[-1] == (3, Publish(topic="aa", payload=b"stop", retain=True))


def test_whatever_a_client_says_after_its_end_is_not_heard(desk):
    desk.open(1)
    assert len(desk.send(1, Disconnect(), Publish(topic="aa", payload=b"late"))) == 2
    assert desk.send(1, Publish(topic="aa", payload=b"later")) == []
    desk.broker.closed(1)
    assert desk.take() == []


def test_a_connection_has_one_number_as_long_as_it_is_open(desk):
    desk.broker.opened(1)
    with pytest.raises(AssertionError, match="connection 1 is open already"):
        desk.broker.opened(1)


@pytest.mark.parametrize("keep_alive_s", [1, 50, 65535])
def test_a_client_is_lost_after_one_and_a_half_times_its_keep_alive_in_the_callers_time(desk, keep_alive_s):
    desk.now_s = 100.0
    desk.open(1, keep_alive_s=keep_alive_s, will=Will(topic="aa", payload=b"stop"))
    assert desk.broker.next_deadline_s == 100 + 1.5 * keep_alive_s
    desk.now_s = 101.0
    assert desk.send(1, Pingreq()) == [(1, Pingresp())]
    deadline_s = desk.broker.next_deadline_s
    assert deadline_s == 101 + 1.5 * keep_alive_s
    desk.broker.tick(deadline_s - 0.001)
    assert desk.take() == []
    desk.broker.tick(deadline_s)
    reason = f"keep-alive ran out: it was silent for {1.5 * keep_alive_s:g} s"
    assert desk.take() == [
        Close(1, reason), Disconnected("client 1", reason), Published("client 1", "aa", b"stop", 0, False)
    ]  # fmt: skip
    assert desk.broker.next_deadline_s is None


def test_a_client_without_keep_alive_may_be_silent_for_ever(desk):
    desk.open(1, keep_alive_s=0)
    assert desk.broker.next_deadline_s is None
    desk.broker.tick(1e9)
    assert desk.take() == []


def test_a_connection_without_connect_has_no_deadline(desk):
    desk.broker.opened(1)
    assert desk.broker.next_deadline_s is None


def test_clients_are_lost_in_the_order_of_their_deadlines(desk):
    for connection, keep_alive_s in ((1, 30), (2, 10), (3, 20)):
        desk.open(connection, keep_alive_s=keep_alive_s)
    assert desk.broker.next_deadline_s == 15
    desk.broker.tick(100.0)
    assert [effect.connection for effect in desk.take() if isinstance(effect, Close)] == [2, 3, 1]


def test_half_a_packet_is_no_sign_of_life(desk):
    desk.open(1, keep_alive_s=10)
    desk.now_s = 5.0
    desk.broker.received(1, b"\xc0", desk.now_s)
    assert desk.broker.next_deadline_s == 15


@pytest.mark.parametrize(
    ("version", "protocol"),
    [(b"\x00\x06MQIsdp\x03", "MQTT 3.1"), (b"\x00\x04MQTT\x05", "MQTT 5"), (b"\x00\x04MQTT\x84", "MQTT level 132")],
)
def test_another_version_of_mqtt_is_refused_with_code_1(desk, version, protocol):
    properties = b"\x00" if protocol == "MQTT 5" else b""
    body = version + b"\x02\x00\x3c" + properties + b"\x00\x02me"
    desk.broker.opened(1)
    desk.broker.received(1, b"\x10" + bytes([len(body)]) + body, 0.0)
    assert desk.take() == [
        Refused("me", protocol, 1), (1, Connack(False, 1)), Close(1, "refused with code 1")
    ]  # fmt: skip


def test_a_client_without_an_id_gets_the_same_one_in_every_run(desk):
    desk.open(1, client_id="nameless-1")
    assert desk.open(2, client_id="")[0] == Connected(2, "nameless-2", 60, True, False)
    assert desk.open(3, client_id="")[0] == Connected(3, "nameless-3", 60, True, False)
    assert desk.open(4, client_id="", clean_session=False)[0] == Refused("", "MQTT 3.1.1", 2)


def test_who_has_no_password_is_refused_and_takes_nobodys_place():
    desk = Desk(Access(passwords={"line": "secret"}))
    assert desk.open(1, client_id="me", username="line", password=b"secret")[-1] == (1, Connack(False, 0))
    for connection, login in enumerate(({}, {"username": "line"}, {"username": "line", "password": b"\xff"}), start=2):
        assert desk.open(connection, client_id="me", **login)[0] == Refused("me", "MQTT 3.1.1", 5)
    assert desk.send(1, Pingreq()) == [(1, Pingresp())]


def test_with_strict_topics_no_client_speaks_for_the_plant():
    desk = Desk(Access(strict_topics=True))
    assert desk.open(1, will=Will(topic="bb", payload=b""))[0] == Refused("client 1", "MQTT 3.1.1", 5)
    desk.open(2)
    desk.send(2, Subscribe(1, (("bb", 0),)))
    assert desk.send(2, Publish(topic="bb", payload=b"I am the plant", qos=1, packet_id=1)) == [
        Dropped("client 2", "bb", "no client may publish on this topic"), (2, Puback(1))
    ]  # fmt: skip
    desk.broker.publish("bb", b"the plant itself")
    assert desk.take() == [(2, Publish(topic="bb", payload=b"the plant itself"))]


def test_the_old_clients_will_is_out_before_the_new_one_is_let_in(desk):
    desk.open(1, client_id="twice", will=Will(topic="aa", payload=b"stop"))
    assert desk.open(2, client_id="twice") == [
        Close(1, "taken over"), Disconnected("twice", "taken over"), Published("twice", "aa", b"stop", 0, False),
        Connected(2, "twice", 60, True, False), (2, Connack(False, 0)),
    ]  # fmt: skip


def test_a_kept_session_is_taken_over_with_its_subscriptions(desk):
    desk.open(1, client_id="twice", clean_session=False)
    desk.send(1, Subscribe(1, (("bb", 1),)))
    assert desk.open(2, client_id="twice", clean_session=False)[-1] == (2, Connack(True, 0))
    desk.broker.publish("bb", b"x", qos=1)
    assert desk.take() == [(2, Publish(topic="bb", payload=b"x", qos=1, packet_id=1))]


def test_a_connection_that_is_cut_off_by_its_number_or_its_clients_id_is_lost(desk):
    desk.open(1, client_id="one", will=Will(topic="aa", payload=b"stop"))
    desk.open(2, client_id="two")
    desk.broker.opened(3)
    assert [desk.broker.cut_off(who) for who in ("one", 2, 3, "one", 2, 3, "nobody")] == [True] * 3 + [False] * 4
    assert desk.take() == [
        Close(1, "cut off"), Disconnected("one", "cut off"), Published("one", "aa", b"stop", 0, False),
        Close(2, "cut off"), Disconnected("two", "cut off"), Close(3, "cut off"),
    ]  # fmt: skip


def test_a_restart_ends_every_connection_without_a_will_and_keeps_what_is_persistent(desk):
    desk.open(1, client_id="clean", will=Will(topic="aa", payload=b"stop"))
    desk.send(1, Subscribe(1, (("bb", 1),)))
    desk.open(2, client_id="kept", clean_session=False)
    desk.send(2, Subscribe(1, (("bb", 1),)))
    desk.broker.publish("state", b"retained", retain=True)
    desk.broker.publish("bb", b"unacknowledged", qos=1)
    desk.take()
    desk.broker.restart()
    reason = "the broker restarted"
    assert desk.take() == [
        Close(1, reason), Disconnected("clean", reason), Close(2, reason), Disconnected("kept", reason)
    ]  # fmt: skip
    assert desk.open(3, client_id="clean", clean_session=False)[-1] == (3, Connack(False, 0))
    assert desk.open(4, client_id="kept", clean_session=False)[1:] == [
        (4, Connack(True, 0)),
        (4, Publish(topic="bb", payload=b"unacknowledged", qos=1, duplicate=True, packet_id=1)),
    ]
    assert desk.send(4, Subscribe(2, (("state", 0),)))[-1] == (
        4,
        Publish(topic="state", payload=b"retained", retain=True),
    )


def test_what_is_kept_for_a_client_that_is_away_has_a_limit_and_the_newest_is_dropped(desk):
    desk.open(1, clean_session=False)
    desk.send(1, Subscribe(1, (("bb", 1),)))
    desk.broker.closed(1)
    desk.take()
    for number in range(MAX_QUEUED):
        desk.broker.publish("bb", b"%d" % number, qos=1)
    assert desk.take() == []
    desk.broker.publish("bb", b"too many", qos=1)
    assert desk.take() == [Dropped("client 1", "bb", "its queue is full")]
    heard = [packet.payload for _, packet in desk.open(2, client_id="client 1", clean_session=False)[2:]]
    assert heard == [b"%d" % number for number in range(MAX_QUEUED)]


def test_what_is_kept_has_a_limit_in_bytes_and_acknowledging_makes_room(desk):
    desk.open(1, clean_session=False)
    desk.send(1, Subscribe(1, (("bb", 1),)))
    picture = bytes(MAX_QUEUED_BYTES * 2 // 5)
    for _ in range(3):
        desk.broker.publish("bb", picture, qos=1)
    *sent, dropped = desk.take()
    assert len(sent) == 2
    assert dropped == Dropped("client 1", "bb", "its queue is full")
    desk.send(1, Puback(1))
    desk.broker.publish("bb", picture, qos=1)
    assert desk.take() == [(1, Publish(topic="bb", payload=picture, qos=1, packet_id=3))]


def test_what_is_not_acknowledged_comes_again_in_order_and_marked_as_often_as_the_client_comes_back(desk):
    desk.open(1, client_id="kept", clean_session=False)
    desk.send(1, Subscribe(1, (("bb", 2),)))
    desk.broker.publish("bb", b"released", qos=2)
    desk.broker.publish("bb", b"sent", qos=2)
    desk.take()
    desk.send(1, Pubrec(1))
    desk.broker.closed(1)
    desk.broker.publish("bb", b"missed", qos=1)
    desk.take()
    for connection, marked in ((2, False), (3, True)):
        assert desk.open(connection, client_id="kept", clean_session=False)[-3:] == [
            (connection, Pubrel(1)),
            (connection, Publish(topic="bb", payload=b"sent", qos=2, packet_id=2, duplicate=True)),
            (connection, Publish(topic="bb", payload=b"missed", qos=1, packet_id=3, duplicate=marked)),
        ]
        desk.broker.closed(connection)


def test_packet_ids_are_used_again_when_all_were_used(desk):
    desk.open(1)
    desk.send(1, Subscribe(1, (("bb", 1),)))
    desk.broker.publish("bb", b"never acknowledged", qos=1)
    desk.take()
    for number in range(65536):
        desk.broker.publish("bb", b"", qos=1)
        [(_, packet)] = desk.take()
        assert packet.packet_id == number % 65534 + 2
        desk.broker.received(1, encode(Puback(packet.packet_id)), 0.0)


def test_too_many_topics_with_a_retained_message_lose_the_newest_until_one_ends(desk):
    for number in range(MAX_RETAINED):
        desk.broker.publish(f"topic {number}", b"x", retain=True)
    desk.broker.publish("topic 0", b"y", retain=True)
    assert desk.take() == []
    desk.broker.publish("one more", b"x", retain=True)
    assert desk.take() == [Dropped("", "one more", "too many topics have a retained message")]
    desk.broker.publish("topic 1", b"", retain=True)
    desk.broker.publish("one more", b"x", retain=True)
    assert desk.take() == []


@pytest.mark.parametrize(
    ("qos", "wrong", "right"),
    [(1, Pubrec, "PUBACK"), (1, Pubcomp, "PUBACK"), (2, Puback, "PUBREC"), (2, Pubcomp, "PUBREC")],
)
def test_the_wrong_acknowledgement_ends_the_connection(desk, qos, wrong, right):
    desk.open(1)
    desk.send(1, Subscribe(1, (("bb", 2),)))
    desk.broker.publish("bb", b"x", qos=qos)
    desk.take()
    said = f"{wrong.__name__.upper()} for packet id 1, whose next acknowledgement must be {right}"
    assert desk.send(1, wrong(1))[0] == Close(1, f"protocol violation: {said}")


def test_an_acknowledgement_that_comes_again_is_answered_again(desk):
    desk.open(1)
    desk.send(1, Subscribe(1, (("bb", 2),)))
    desk.broker.publish("bb", b"x", qos=2)
    desk.take()
    assert desk.send(1, Pubrec(1), Pubrec(1), Pubcomp(1), Pubcomp(1)) == [(1, Pubrel(1))] * 2
    assert desk.send(1, Pubrec(1), Puback(1)) == [(1, Pubrel(1))]


def test_a_kept_session_knows_which_messages_of_qos_2_it_has_passed_on(desk):
    message = Publish(topic="aa", payload=b"push", qos=2, packet_id=1)
    desk.open(1, client_id="kept", clean_session=False)
    assert desk.send(1, message) == [Published("kept", "aa", b"push", 2, False), (1, Pubrec(1))]
    desk.broker.closed(1)
    desk.open(2, client_id="kept", clean_session=False)
    assert desk.send(2, message, Pubrel(1)) == [(2, Pubrec(1)), (2, Pubcomp(1))]
    assert desk.send(2, message) == [Published("kept", "aa", b"push", 2, False), (2, Pubrec(1))]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encode(Connect(client_id="x")), "a second CONNECT"),
        (encode(Connack(False, 0)), "CONNACK is for brokers to send"),
        (encode(Suback(1, (0,))), "SUBACK is for brokers to send"),
        (b"\x30\xff\xff\xff\x7f", f"a packet of 268435455 bytes; it must be {MAX_PACKET_BYTES} at most"),
        (b"\x30\x02\x00\x00", "PUBLISH has the topic '', on which nothing can be published"),
    ],
)
def test_a_violation_ends_the_connection_with_its_reason_and_the_will_is_sent(desk, data, reason):
    desk.open(1, will=Will(topic="aa", payload=b"stop"))
    desk.broker.received(1, data, 0.0)
    reason = f"protocol violation: {reason}"
    assert desk.take() == [
        Close(1, reason), Disconnected("client 1", reason), Published("client 1", "aa", b"stop", 0, False)
    ]  # fmt: skip


def test_a_first_packet_that_is_no_connect_ends_the_connection(desk):
    desk.broker.opened(1)
    [end] = desk.send(1, Pingreq())
    assert end == Close(1, "protocol violation: a client's first packet must be CONNECT, got PINGREQ")


def test_the_plant_publishes_on_topics_only(desk):
    with pytest.raises(AssertionError, match="nothing can be published on 'b/#'"):
        desk.broker.publish("b/#", b"")


def effects_of(cut):
    broker = SessionBroker()
    for connection, client_id in ((8, "one"), (9, "listener")):
        broker.opened(connection)
        broker.received(connection, encode(Connect(client_id=client_id, clean_session=False)), 0.0)
    broker.received(9, encode(Subscribe(1, (("#", 2),))), 0.0)
    broker.opened(1)
    for portion in cut:
        broker.received(1, portion, 1.0)
    return broker.take()


@st.composite
def streams(draw):
    """What one client sends, split in two ways: mostly packets, now and then anything."""
    some = draw(st.lists(packets().map(encode) | st.binary(max_size=4), max_size=8))
    start = draw(st.sampled_from([encode(Connect(client_id="one")), encode(Connect(client_id="two")), b""]))
    data = start + b"".join(some)
    return [data], draw(cuts(data))


@settings(max_examples=200, deadline=None)
@given(streams())
def test_a_stream_has_the_same_effects_however_it_is_split(case):
    whole, cut = case
    assert effects_of(cut) == effects_of(whole)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5), st.booleans())
def test_any_bytes_at_all_raise_nothing_and_at_worst_close_their_own_connection(portions, says_connect):
    broker = SessionBroker()
    for connection in (1, 2):
        broker.opened(connection)
        if says_connect or connection == 2:
            broker.received(connection, encode(Connect(client_id=f"client {connection}")), 0.0)
    for portion in portions:
        broker.received(1, portion, 0.0)
    assert [effect for effect in broker.take() if isinstance(effect, Close) and effect.connection != 1] == []
    assert broker.cut_off(2)
