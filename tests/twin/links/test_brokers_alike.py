"""The session broker, the embedded broker and mosquitto do the same, as far as a client can see.

Where one of them differs by its design, the test says so: mosquitto speaks three versions of MQTT, and closes where it
could refuse.
"""

import pytest

from twin.broker.mqtt.packets import (
    Connack,
    Pingreq,
    Pingresp,
    Will,
)

pytestmark = pytest.mark.broker


@pytest.mark.parametrize("wanted", [0, 1, 2])
@pytest.mark.parametrize("sent", [0, 1, 2])
def test_a_message_arrives_once_at_the_lower_qos(clients, sent, wanted):
    listener, speaker = clients(), clients()
    assert listener.subscribe(("bb", wanted)) == [wanted]
    speaker.publish("bb", b"one", qos=sent)
    speaker.publish("bb", b"two", qos=sent)
    level = min(sent, wanted)
    assert [listener.next(), listener.next()] == [("bb", b"one", level, False), ("bb", b"two", level, False)]


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_many_messages_arrive_in_order(clients, qos):
    listener, speaker = clients(), clients()
    listener.subscribe(("bb", qos))
    payloads = [str(number).encode() for number in range(300)]
    for payload in payloads:
        speaker.client.publish("bb", payload, qos)
    assert [listener.next()[1] for _ in payloads] == payloads


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_a_message_may_be_empty_or_large(clients, size):
    listener = clients()
    listener.subscribe(("bb", 0))
    listener.publish("bb", b"\xff" * size)
    assert listener.next() == ("bb", b"\xff" * size, 0, False)


@pytest.mark.parametrize(
    ("wanted", "topic", "matches"),
    [
        ("bb", "bb", True), ("bb", "bb/x", False), ("bb", "BB", False), ("a/b", "a/b", True), ("/a", "a", False),
        ("#", "a/b/c", True), ("a/#", "a", True), ("a/#", "a/b/c", True), ("a/#", "ab", False), ("#", "/", True),
        ("+", "a", True), ("+", "a/b", False), ("+", "/a", False), ("/+", "/a", True), ("+/+", "/a", True),
        ("a/+/c", "a/b/c", True), ("a/+/c", "a//c", True), ("a/+", "a", False), ("+/b/#", "a/b", True),
        ("#", "$x", False), ("+", "$x", False), ("+/y", "$x/y", False), ("bänd", "bänd", True), ("a b", "a b", True),
    ],
)  # fmt: skip
def test_a_topic_filter_matches_as_the_standard_says(clients, wanted, topic, matches):
    listener, speaker = clients(), clients()
    listener.subscribe((wanted, 0), ("fence/of/three", 0))
    speaker.publish(topic)
    speaker.publish("fence/of/three")
    assert [message[0] for message in listener.until("fence/of/three")] == [topic] * matches


def test_a_client_that_has_unsubscribed_gets_nothing(clients):
    listener, speaker = clients(), clients()
    listener.subscribe(("bb", 0), ("fence", 0))
    speaker.publish("bb")
    assert listener.next()[0] == "bb"
    listener.unsubscribe("bb")
    listener.unsubscribe("never/subscribed")
    speaker.publish("bb")
    speaker.publish("fence")
    assert listener.until("fence") == []


def test_a_second_subscription_to_a_filter_replaces_the_first(clients):
    listener = clients()
    listener.subscribe(("bb", 0))
    assert listener.subscribe(("bb", 1)) == [1]
    listener.subscribe(("fence", 0))
    listener.publish("bb", qos=1)
    listener.publish("fence", qos=1)
    assert listener.until("fence") == [("bb", b"x", 1, False)]


def test_overlapping_subscriptions_deliver_a_message_once_at_the_highest_qos(clients, kind):
    listener = clients()
    listener.subscribe(("a/#", 1), ("a/+", 2), ("a/b", 0), ("fence", 0))
    listener.publish("a/b", qos=2)
    listener.publish("fence", qos=2)
    received = listener.until("fence")
    if kind == "mosquitto":  # The QoS of the first match, which the standard does not allow.
        assert [message[:2] for message in received] == [("a/b", b"x")]
    else:
        assert received == [("a/b", b"x", 2, False)]


def test_only_later_subscribers_get_a_message_marked_as_retained(clients):
    before, speaker = clients(), clients()
    before.subscribe(("state", 1))
    speaker.publish("state", b"old", qos=1, retain=True)
    speaker.publish("state", b"new", qos=1, retain=True)
    assert [before.next(), before.next()] == [("state", b"old", 1, False), ("state", b"new", 1, False)]
    after = clients()
    after.subscribe(("#", 1))
    assert after.next() == ("state", b"new", 1, True)
    after.subscribe(("#", 1))
    assert after.next() == ("state", b"new", 1, True)


def test_an_empty_message_removes_the_retained_one(clients):
    speaker = clients()
    speaker.publish("state", b"old", qos=1, retain=True)
    speaker.publish("other", b"kept", qos=1, retain=True)
    speaker.publish("state", b"", qos=1, retain=True)
    listener = clients()
    listener.subscribe(("#", 0))
    assert listener.next() == ("other", b"kept", 0, True)


def test_a_clients_will_is_sent_when_it_vanishes(clients):
    listener = clients()
    listener.subscribe(("wills", 0), ("fence", 0))
    clients(will=("wills", b"gone", 0, False)).vanish()
    assert listener.next() == ("wills", b"gone", 0, False)


def test_a_will_may_be_retained(clients):
    listener = clients()
    listener.subscribe(("wills", 0))
    clients(will=("wills", b"gone", 1, True)).vanish()
    assert listener.next() == ("wills", b"gone", 0, False)
    late = clients()
    late.subscribe(("wills", 0))
    assert late.next() == ("wills", b"gone", 0, True)


def test_the_will_of_a_client_that_disconnects_is_not_sent(clients):
    listener = clients()
    listener.subscribe(("wills", 0), ("fence", 0))
    clients(will=("wills", b"gone", 0, False)).close()
    clients(client_id="other", will=("wills", b"gone", 0, False)).close()
    clients().publish("fence", qos=1)
    assert listener.until("fence") == []


def test_a_silent_client_is_disconnected_and_its_will_is_sent(clients, by_hand):
    listener = clients()
    listener.subscribe(("wills", 0))
    silent = by_hand("silent", keep_alive_s=1, will=Will(topic="wills", payload=b"silent"))
    assert silent.receive() is None
    assert listener.next() == ("wills", b"silent", 0, False)


def test_a_second_client_with_the_same_id_replaces_the_first(clients, by_hand):
    listener = clients()
    listener.subscribe(("wills", 0))
    first = by_hand("twice", will=Will(topic="wills", payload=b"first"))
    second = by_hand("twice")
    assert first.receive() is None
    assert second.connack == Connack(False, 0)
    assert listener.next() == ("wills", b"first", 0, False)
    second.send(Pingreq())
    assert second.receive() == Pingresp()


def test_clients_reconnect_after_a_restart(clients, broker):
    listener = clients()
    broker.stop()
    assert listener.lost.wait(10)
    broker.start()
    assert listener.connections.get(timeout=10)[1] == 0
    listener.subscribe(("bb", 0))
    listener.publish("bb", b"again")
    assert listener.next() == ("bb", b"again", 0, False)


@pytest.mark.parametrize("kind", ["session", "embedded"], indirect=True)  # mosquitto cannot cut a client off.
def test_a_cut_off_client_is_lost_and_its_will_is_sent(clients, by_hand, broker):
    listener = clients()
    listener.subscribe(("wills", 0))
    client = by_hand("cut", will=Will(topic="wills", payload=b"cut"))
    broker.cut_off("cut")
    assert client.receive() is None
    assert listener.next() == ("wills", b"cut", 0, False)
