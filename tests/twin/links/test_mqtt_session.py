"""The session broker in virtual time: connections, wills and sessions, packet by packet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mqtt_driver import Driver
from support.mqtt_packets import cuts, packets

from twin.broker.access import Access
from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.effects import (
    Close,
    Connected,
    Disconnected,
    Dropped,
    Published,
    Refused,
    Subscribed,
)
from twin.broker.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
)
from twin.broker.mqtt.session_broker import SessionBroker


def test_a_client_connects_subscribes_gets_feedback_and_disconnects(driver):
    assert driver.open(1, client_id="FS_Ctl", keep_alive_s=50) == [
        Connected(1, "FS_Ctl", 50, True, False), (1, Connack(False, 0))
    ]  # fmt: skip
    assert driver.send(1, Subscribe(1, (("bb", 0),))) == [Subscribed("FS_Ctl", "bb", 0), (1, Suback(1, (0,)))]
    driver.broker.publish("bb", b"edge")
    assert driver.take() == [(1, Publish(topic="bb", payload=b"edge"))]
    assert driver.send(1, Publish(topic="aa", payload=b"run")) == [Published("FS_Ctl", "aa", b"run", 0, False)]
    assert driver.send(1, Disconnect()) == [Close(1, "disconnected"), Disconnected("FS_Ctl", "disconnected")]
    driver.broker.publish("bb", b"nobody")
    assert driver.take() == []
    assert driver.broker.next_deadline_s is None


def test_a_will_is_sent_unless_its_client_disconnects(driver):
    will = Will(topic="aa", payload=b"stop", qos=1, retain=True)
    driver.open(1, will=will)
    driver.broker.closed(1)
    assert driver.take() == [Disconnected("client 1", "lost"), Published("client 1", "aa", b"stop", 1, True)]
    driver.open(2, will=will)
    assert driver.send(2, Disconnect()) == [Close(2, "disconnected"), Disconnected("client 2", "disconnected")]
    driver.open(3)
    assert driver.send(3, Subscribe(1, (("aa", 0),)))[-1] == (3, Publish(topic="aa", payload=b"stop", retain=True))


def test_bytes_after_the_end_of_a_connection_are_ignored(driver):
    driver.open(1)
    assert len(driver.send(1, Disconnect(), Publish(topic="aa", payload=b"late"))) == 2
    assert driver.send(1, Publish(topic="aa", payload=b"later")) == []
    driver.broker.closed(1)
    assert driver.take() == []


def test_an_open_connection_cannot_be_opened_again(driver):
    driver.broker.opened(1)
    with pytest.raises(AssertionError, match="connection 1 is open already"):
        driver.broker.opened(1)


@pytest.mark.parametrize("keep_alive_s", [1, 50, 65535])
def test_a_client_is_lost_after_one_and_a_half_keep_alive_intervals(driver, keep_alive_s):
    driver.now_s = 100.0
    driver.open(1, keep_alive_s=keep_alive_s, will=Will(topic="aa", payload=b"stop"))
    assert driver.broker.next_deadline_s == 100 + 1.5 * keep_alive_s
    driver.now_s = 101.0
    assert driver.send(1, Pingreq()) == [(1, Pingresp())]
    deadline_s = driver.broker.next_deadline_s
    assert deadline_s == 101 + 1.5 * keep_alive_s
    driver.broker.tick(deadline_s - 0.001)
    assert driver.take() == []
    driver.broker.tick(deadline_s)
    reason = f"keep-alive ran out: it was silent for {1.5 * keep_alive_s:g} s"
    assert driver.take() == [
        Close(1, reason), Disconnected("client 1", reason), Published("client 1", "aa", b"stop", 0, False)
    ]  # fmt: skip
    assert driver.broker.next_deadline_s is None


def test_a_client_without_keep_alive_may_stay_silent(driver):
    driver.open(1, keep_alive_s=0)
    assert driver.broker.next_deadline_s is None
    driver.broker.tick(1e9)
    assert driver.take() == []


def test_a_connection_without_connect_has_no_deadline(driver):
    driver.broker.opened(1)
    assert driver.broker.next_deadline_s is None


def test_clients_are_lost_in_the_order_of_their_deadlines(driver):
    for connection, keep_alive_s in ((1, 30), (2, 10), (3, 20)):
        driver.open(connection, keep_alive_s=keep_alive_s)
    assert driver.broker.next_deadline_s == 15
    driver.broker.tick(100.0)
    assert [effect.connection for effect in driver.take() if isinstance(effect, Close)] == [2, 3, 1]


def test_half_a_packet_does_not_move_the_deadline(driver):
    driver.open(1, keep_alive_s=10)
    driver.now_s = 5.0
    driver.broker.received(1, b"\xc0", driver.now_s)
    assert driver.broker.next_deadline_s == 15


@pytest.mark.parametrize(
    ("version", "protocol"),
    [(b"\x00\x06MQIsdp\x03", "MQTT 3.1"), (b"\x00\x04MQTT\x05", "MQTT 5"), (b"\x00\x04MQTT\x84", "MQTT level 132")],
)
def test_another_version_of_mqtt_is_refused_with_code_1(driver, version, protocol):
    properties = b"\x00" if protocol == "MQTT 5" else b""
    body = version + b"\x02\x00\x3c" + properties + b"\x00\x02me"
    driver.broker.opened(1)
    driver.broker.received(1, b"\x10" + bytes([len(body)]) + body, 0.0)
    assert driver.take() == [
        Refused("me", protocol, 1), (1, Connack(False, 1)), Close(1, "refused with code 1")
    ]  # fmt: skip


def test_a_client_without_an_id_gets_the_same_one_in_every_run(driver):
    driver.open(1, client_id="nameless-1")
    assert driver.open(2, client_id="")[0] == Connected(2, "nameless-2", 60, True, False)
    assert driver.open(3, client_id="")[0] == Connected(3, "nameless-3", 60, True, False)
    assert driver.open(4, client_id="", clean_session=False)[0] == Refused("", "MQTT 3.1.1", 2)


def test_a_client_without_the_password_is_refused_and_replaces_no_client():
    driver = Driver(Access(passwords={"line": "secret"}))
    assert driver.open(1, client_id="me", username="line", password=b"secret")[-1] == (1, Connack(False, 0))
    for connection, login in enumerate(({}, {"username": "line"}, {"username": "line", "password": b"\xff"}), start=2):
        assert driver.open(connection, client_id="me", **login)[0] == Refused("me", "MQTT 3.1.1", 5)
    assert driver.send(1, Pingreq()) == [(1, Pingresp())]


def test_with_strict_topics_no_client_publishes_as_the_plant():
    driver = Driver(Access(strict_topics=True))
    assert driver.open(1, will=Will(topic="bb", payload=b""))[0] == Refused("client 1", "MQTT 3.1.1", 5)
    driver.open(2)
    driver.send(2, Subscribe(1, (("bb", 0),)))
    assert driver.send(2, Publish(topic="bb", payload=b"I am the plant", qos=1, packet_id=1)) == [
        Dropped("client 2", "bb", "no client may publish on this topic"), (2, Puback(1))
    ]  # fmt: skip
    driver.broker.publish("bb", b"the plant itself")
    assert driver.take() == [(2, Publish(topic="bb", payload=b"the plant itself"))]


def test_the_old_clients_will_precedes_the_new_clients_connack(driver):
    driver.open(1, client_id="twice", will=Will(topic="aa", payload=b"stop"))
    assert driver.open(2, client_id="twice") == [
        Close(1, "taken over"), Disconnected("twice", "taken over"), Published("twice", "aa", b"stop", 0, False),
        Connected(2, "twice", 60, True, False), (2, Connack(False, 0)),
    ]  # fmt: skip


def test_a_kept_session_is_taken_over_with_its_subscriptions(driver):
    driver.open(1, client_id="twice", clean_session=False)
    driver.send(1, Subscribe(1, (("bb", 1),)))
    assert driver.open(2, client_id="twice", clean_session=False)[-1] == (2, Connack(True, 0))
    driver.broker.publish("bb", b"x", qos=1)
    assert driver.take() == [(2, Publish(topic="bb", payload=b"x", qos=1, packet_id=1))]


def test_a_connection_can_be_cut_by_number_or_by_client_id(driver):
    driver.open(1, client_id="one", will=Will(topic="aa", payload=b"stop"))
    driver.open(2, client_id="two")
    driver.broker.opened(3)
    assert [driver.broker.cut_off(who) for who in ("one", 2, 3, "one", 2, 3, "nobody")] == [True] * 3 + [False] * 4
    assert driver.take() == [
        Close(1, "cut off"), Disconnected("one", "cut off"), Published("one", "aa", b"stop", 0, False),
        Close(2, "cut off"), Disconnected("two", "cut off"), Close(3, "cut off"),
    ]  # fmt: skip


def test_a_restart_sends_no_will_and_keeps_persistent_sessions(driver):
    driver.open(1, client_id="clean", will=Will(topic="aa", payload=b"stop"))
    driver.send(1, Subscribe(1, (("bb", 1),)))
    driver.open(2, client_id="kept", clean_session=False)
    driver.send(2, Subscribe(1, (("bb", 1),)))
    driver.broker.publish("state", b"retained", retain=True)
    driver.broker.publish("bb", b"unacknowledged", qos=1)
    driver.take()
    driver.broker.restart()
    reason = "the broker restarted"
    assert driver.take() == [
        Close(1, reason), Disconnected("clean", reason), Close(2, reason), Disconnected("kept", reason)
    ]  # fmt: skip
    assert driver.open(3, client_id="clean", clean_session=False)[-1] == (3, Connack(False, 0))
    assert driver.open(4, client_id="kept", clean_session=False)[1:] == [
        (4, Connack(True, 0)),
        (4, Publish(topic="bb", payload=b"unacknowledged", qos=1, duplicate=True, packet_id=1)),
    ]
    assert driver.send(4, Subscribe(2, (("state", 0),)))[-1] == (
        4,
        Publish(topic="state", payload=b"retained", retain=True),
    )


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
    """The bytes of one client, split in two ways: mostly packets, sometimes any bytes."""
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
def test_any_bytes_raise_nothing_and_close_at_most_their_own_connection(portions, connects):
    broker = SessionBroker()
    for connection in (1, 2):
        broker.opened(connection)
        if connects or connection == 2:
            broker.received(connection, encode(Connect(client_id=f"client {connection}")), 0.0)
    for portion in portions:
        broker.received(1, portion, 0.0)
    assert [effect for effect in broker.take() if isinstance(effect, Close) and effect.connection != 1] == []
    assert broker.cut_off(2)
