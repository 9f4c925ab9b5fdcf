"""The session broker in virtual time: queues, acknowledgements and violations, packet by packet."""

import pytest

from twin.broker.limits import MAX_PACKET_BYTES, MAX_RETAINED
from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.effects import (
    Close,
    Disconnected,
    Dropped,
    Published,
)
from twin.broker.mqtt.packets import (
    Connack,
    Connect,
    Pingreq,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Will,
)
from twin.broker.mqtt.session import MAX_QUEUED, MAX_QUEUED_BYTES


def test_a_full_queue_of_an_absent_client_drops_the_newest_message(driver):
    driver.open(1, clean_session=False)
    driver.send(1, Subscribe(1, (("bb", 1),)))
    driver.broker.closed(1)
    driver.take()
    for number in range(MAX_QUEUED):
        driver.broker.publish("bb", b"%d" % number, qos=1)
    assert driver.take() == []
    driver.broker.publish("bb", b"too many", qos=1)
    assert driver.take() == [Dropped("client 1", "bb", "its queue is full")]
    payloads = [packet.payload for _, packet in driver.open(2, client_id="client 1", clean_session=False)[2:]]
    assert payloads == [b"%d" % number for number in range(MAX_QUEUED)]


def test_the_queue_has_a_limit_in_bytes_and_acknowledging_makes_room(driver):
    driver.open(1, clean_session=False)
    driver.send(1, Subscribe(1, (("bb", 1),)))
    picture = bytes(MAX_QUEUED_BYTES * 2 // 5)
    for _ in range(3):
        driver.broker.publish("bb", picture, qos=1)
    *sent, dropped = driver.take()
    assert len(sent) == 2
    assert dropped == Dropped("client 1", "bb", "its queue is full")
    driver.send(1, Puback(1))
    driver.broker.publish("bb", picture, qos=1)
    assert driver.take() == [(1, Publish(topic="bb", payload=picture, qos=1, packet_id=3))]


def test_each_reconnection_repeats_unacknowledged_messages_in_order(driver):
    driver.open(1, client_id="kept", clean_session=False)
    driver.send(1, Subscribe(1, (("bb", 2),)))
    driver.broker.publish("bb", b"released", qos=2)
    driver.broker.publish("bb", b"sent", qos=2)
    driver.take()
    driver.send(1, Pubrec(1))
    driver.broker.closed(1)
    driver.broker.publish("bb", b"missed", qos=1)
    driver.take()
    for connection, marked in ((2, False), (3, True)):
        assert driver.open(connection, client_id="kept", clean_session=False)[-3:] == [
            (connection, Pubrel(1)),
            (connection, Publish(topic="bb", payload=b"sent", qos=2, packet_id=2, duplicate=True)),
            (connection, Publish(topic="bb", payload=b"missed", qos=1, packet_id=3, duplicate=marked)),
        ]
        driver.broker.closed(connection)


def test_packet_ids_are_reused_when_all_were_used(driver):
    driver.open(1)
    driver.send(1, Subscribe(1, (("bb", 1),)))
    driver.broker.publish("bb", b"never acknowledged", qos=1)
    driver.take()
    for number in range(65536):
        driver.broker.publish("bb", b"", qos=1)
        [(_, packet)] = driver.take()
        assert packet.packet_id == number % 65534 + 2
        driver.broker.received(1, encode(Puback(packet.packet_id)), 0.0)


def test_a_retained_message_beyond_the_limit_is_dropped_until_one_ends(driver):
    for number in range(MAX_RETAINED):
        driver.broker.publish(f"topic {number}", b"x", retain=True)
    driver.broker.publish("topic 0", b"y", retain=True)
    assert driver.take() == []
    driver.broker.publish("one more", b"x", retain=True)
    assert driver.take() == [Dropped("", "one more", "too many topics have a retained message")]
    driver.broker.publish("topic 1", b"", retain=True)
    driver.broker.publish("one more", b"x", retain=True)
    assert driver.take() == []


@pytest.mark.parametrize(
    ("qos", "wrong", "right"),
    [(1, Pubrec, "PUBACK"), (1, Pubcomp, "PUBACK"), (2, Puback, "PUBREC"), (2, Pubcomp, "PUBREC")],
)
def test_the_wrong_acknowledgement_ends_the_connection(driver, qos, wrong, right):
    driver.open(1)
    driver.send(1, Subscribe(1, (("bb", 2),)))
    driver.broker.publish("bb", b"x", qos=qos)
    driver.take()
    reason = f"{wrong.__name__.upper()} for packet id 1, whose next acknowledgement must be {right}"
    assert driver.send(1, wrong(1))[0] == Close(1, f"protocol violation: {reason}")


def test_a_repeated_acknowledgement_is_answered_again(driver):
    driver.open(1)
    driver.send(1, Subscribe(1, (("bb", 2),)))
    driver.broker.publish("bb", b"x", qos=2)
    driver.take()
    assert driver.send(1, Pubrec(1), Pubrec(1), Pubcomp(1), Pubcomp(1)) == [(1, Pubrel(1))] * 2
    assert driver.send(1, Pubrec(1), Puback(1)) == [(1, Pubrel(1))]


def test_a_persistent_session_recognises_repeated_messages_of_qos_2(driver):
    message = Publish(topic="aa", payload=b"push", qos=2, packet_id=1)
    driver.open(1, client_id="kept", clean_session=False)
    assert driver.send(1, message) == [Published("kept", "aa", b"push", 2, False), (1, Pubrec(1))]
    driver.broker.closed(1)
    driver.open(2, client_id="kept", clean_session=False)
    assert driver.send(2, message, Pubrel(1)) == [(2, Pubrec(1)), (2, Pubcomp(1))]
    assert driver.send(2, message) == [Published("kept", "aa", b"push", 2, False), (2, Pubrec(1))]


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
def test_a_violation_ends_the_connection_and_the_will_is_sent(driver, data, reason):
    driver.open(1, will=Will(topic="aa", payload=b"stop"))
    driver.broker.received(1, data, 0.0)
    reason = f"protocol violation: {reason}"
    assert driver.take() == [
        Close(1, reason), Disconnected("client 1", reason), Published("client 1", "aa", b"stop", 0, False)
    ]  # fmt: skip


def test_a_first_packet_that_is_no_connect_ends_the_connection(driver):
    driver.broker.opened(1)
    [end] = driver.send(1, Pingreq())
    assert end == Close(1, "protocol violation: a client's first packet must be CONNECT, got PINGREQ")


def test_the_plant_publishes_on_topics_only(driver):
    with pytest.raises(AssertionError, match="nothing can be published on 'b/#'"):
        driver.broker.publish("b/#", b"")
