"""Ids, sessions and violations: the session broker, the embedded broker and mosquitto do the same."""

import paho.mqtt.client as mqtt
import pytest

from twin.broker.mqtt.packets import (
    Connack,
    Connect,
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

pytestmark = pytest.mark.broker


def test_a_client_without_an_id_is_given_one(clients):
    one, other = clients(client_id=""), clients(client_id="")
    assert (one.code, other.code) == (0, 0)
    one.subscribe(("bb", 0))
    other.publish("bb")
    assert one.next()[0] == "bb"


def test_a_client_without_an_id_cannot_have_a_persistent_session(by_hand):
    nameless = by_hand("", clean_session=False)
    assert nameless.connack == Connack(False, Connack.IDENTIFIER_REJECTED)
    assert nameless.receive() is None


def test_mqtt_5_is_refused_with_a_code_that_paho_understands(clients, kind):
    client = clients(protocol=mqtt.MQTTv5)
    if kind == "mosquitto":  # mosquitto supports this version.
        assert client.code == 0
    else:
        assert (client.code, client.reason) == (132, "Unsupported protocol version")


def test_mqtt_3_1_is_refused_with_a_code_that_paho_understands(clients, kind):
    client = clients(protocol=mqtt.MQTTv31)
    if kind == "mosquitto":  # mosquitto supports this version.
        assert client.code == 0
    else:
        assert (client.code, client.reason) == (132, "Unsupported protocol version")


def test_a_persistent_session_keeps_subscriptions_and_missed_messages(clients):
    away = clients(client_id="keeper", clean=False)
    assert not away.session_present
    away.subscribe(("bb", 2))
    away.vanish()
    speaker = clients()
    for qos in (0, 1, 2, 1):
        speaker.publish("bb", b"%d" % qos, qos=qos)
    back = clients(client_id="keeper", clean=False)
    assert back.session_present
    speaker.publish("bb", b"live")
    received = [back.next() for _ in range(4)]  # paho passes a message of QoS 2 on after its handshake.
    assert [level for _, _, level, _ in received if level < 2] == [1, 1, 0]
    assert sorted(received) == [
        ("bb", b"1", 1, False), ("bb", b"1", 1, False), ("bb", b"2", 2, False), ("bb", b"live", 0, False)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["session", "embedded"], indirect=True)  # The tests' mosquitto has no persistence.
def test_a_persistent_session_outlives_a_restart(clients, broker):
    clients(client_id="keeper", clean=False, will=("aa", b"gone", 1, True)).subscribe(("bb", 1), ("aa", 1))
    speaker = clients(client_id="speaker", clean=False)
    speaker.publish("state", b"kept", retain=True, qos=1)
    broker.stop()
    broker.start()
    back = clients(client_id="keeper", clean=False)
    assert back.session_present
    back.subscribe(("#", 0))
    assert back.next() == ("state", b"kept", 0, True)  # And no last will.
    clients().publish("bb", b"live", qos=1)
    assert back.next() == ("bb", b"live", 1, False)


def test_a_clean_session_ends_the_persistent_one(clients):
    clients(client_id="keeper", clean=False).subscribe(("bb", 1))
    fresh = clients(client_id="keeper")
    assert not fresh.session_present
    fresh.subscribe(("fence", 0))
    fresh.publish("bb", qos=1)
    fresh.publish("fence", qos=1)
    assert fresh.until("fence") == []
    fresh.close()
    assert not clients(client_id="keeper", clean=False).session_present


def test_an_unacknowledged_message_is_repeated_as_a_duplicate(clients, by_hand):
    first = by_hand("keeper", clean_session=False)
    first.send(Subscribe(1, (("bb", 2),)))
    assert first.receive() == Suback(1, (2,))
    speaker = clients()
    speaker.publish("bb", b"one", qos=1)
    speaker.publish("bb", b"two", qos=2)
    one, two = first.receive(), first.receive()
    assert not one.duplicate
    first.send(Pubrec(two.packet_id))
    assert first.receive() == Pubrel(two.packet_id)
    first.drop()
    again = by_hand("keeper", clean_session=False)
    assert again.connack == Connack(True, 0)
    received = [again.receive(), again.receive()]
    assert received == [
        Publish(topic="bb", payload=b"one", qos=1, duplicate=True, packet_id=one.packet_id),
        Pubrel(two.packet_id),
    ]
    again.send(Puback(one.packet_id), Pubcomp(two.packet_id), Pingreq())
    assert again.receive() == Pingresp()


def test_a_repeated_message_of_qos_2_is_passed_on_once(clients, by_hand):
    listener = clients()
    listener.subscribe(("bb", 0), ("fence", 0))
    message = Publish(topic="bb", payload=b"once", qos=2, packet_id=7)
    speaker = by_hand("speaker")
    speaker.send(message, Publish(topic="bb", payload=b"once", qos=2, packet_id=7, duplicate=True))
    assert [speaker.receive(), speaker.receive()] == [Pubrec(7), Pubrec(7)]
    speaker.send(Pubrel(7))
    assert speaker.receive() == Pubcomp(7)
    speaker.send(message)  # The same packet id for another message.
    assert speaker.receive() == Pubrec(7)
    speaker.send(Pubrel(7), Publish(topic="fence", payload=b""))
    assert [message[:2] for message in listener.until("fence")] == [("bb", b"once")] * 2


def test_a_pubrel_for_an_unknown_id_is_answered(by_hand):
    client = by_hand("client")
    client.send(Pubrel(9))
    assert client.receive() == Pubcomp(9)


@pytest.mark.parametrize("wanted", ["a/#/b", "a#", "a+", "+a/b", "##"])
def test_a_bad_topic_filter_is_refused(by_hand, kind, wanted):
    client = by_hand("client")
    client.send(Subscribe(1, (("good", 0), (wanted, 0))))
    if kind == "mosquitto":  # mosquitto closes the connection.
        assert client.receive() is None
    else:
        assert client.receive() == Suback(1, (0, Suback.REFUSED))
        client.send(Pingreq())
        assert client.receive() == Pingresp()


VIOLATIONS = {
    "a packet that brokers send": b"\x20\x02\x00\x00",
    "a packet type that there is not": b"\x00\x00",
    "a QoS of 3": b"\x36\x07\x00\x02bb\x00\x01x",
    "a topic with a wildcard": b"\x30\x05\x00\x03b/#",
    "an empty topic": b"\x30\x03\x00\x00x",
    "a topic that is not UTF-8": b"\x30\x04\x00\x02\xff\xfe",
    "a topic that is longer than the packet": b"\x30\x04\x00\x09bb",
    "no room for the packet id": b"\x32\x04\x00\x02bb",
    "a remaining length of five bytes": b"\x30\x80\x80\x80\x80\x01",
}


@pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_client_that_breaks_the_protocol_is_disconnected_with_its_will(clients, by_hand, violation):
    listener = clients()
    listener.subscribe(("wills", 0))
    client = by_hand("me", will=Will(topic="wills", payload=b"me"))
    client.send_bytes(violation)
    assert client.receive() is None
    assert listener.next()[:2] == ("wills", b"me")


def test_a_second_connect_ends_the_connection(by_hand):
    client = by_hand("me")
    client.send(Connect(client_id="me"))
    assert client.receive() is None


def test_a_duplicate_at_qos_0_is_an_ordinary_message(clients, by_hand):
    listener = clients()
    listener.subscribe(("bb", 0))
    by_hand("me").send(Publish(topic="bb", payload=b"x", duplicate=True))
    assert listener.next() == ("bb", b"x", 0, False)


STRICT = {
    "a SUBSCRIBE with the wrong flags": b"\x80\x07\x00\x01\x00\x02bb\x00",
    "a SUBSCRIBE without a filter": b"\x82\x02\x00\x01",
    "a packet id of 0": b"\x32\x06\x00\x02bb\x00\x00",
    "an UNSUBSCRIBE without a filter": b"\xa2\x02\x00\x01",
}


@pytest.mark.parametrize("kind", ["session", "mosquitto"], indirect=True)  # The embedded broker accepts these.
@pytest.mark.parametrize("violation", STRICT.values(), ids=STRICT)
def test_a_forbidden_packet_ends_the_connection(by_hand, violation):
    client = by_hand("me")
    client.send_bytes(violation)
    assert client.receive() is None


@pytest.mark.parametrize(
    "first",
    [b"\xc0\x00", b"\x30\x05\x00\x02bbx", b"GET / HTTP/1.1\r\n\r\n", b"\x10\x0c\x00\x04MQTT\x04\x03\x00\x3c\x00\x00"],
    ids=["PINGREQ", "PUBLISH", "HTTP", "a reserved flag"],
)
def test_a_client_without_a_valid_connect_is_disconnected(by_hand, monkeypatch, first):
    monkeypatch.setattr(
        "twin.broker.amqtt_patches.CONNECT_TIMEOUT_S", 0.5
    )  # The embedded broker keeps waiting for a CONNECT.
    client = by_hand()
    client.send_bytes(first)
    assert client.receive() is None


def test_packets_sent_byte_by_byte_are_understood(by_hand):
    client = by_hand("slow")
    client.send_bytes(b"\x82")
    for byte in b"\x07\x00\x01\x00\x02bb\x00\xc0\x00":
        client.send_bytes(bytes((byte,)))
    assert {client.receive(), client.receive()} == {Suback(1, (0,)), Pingresp()}  # In either order.
