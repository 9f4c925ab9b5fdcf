"""MQTT packets as bytes, compared with the standard's examples and after a round trip."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mqtt_packets import packets, portions

from twin.broker.limits import MAX_PACKET_BYTES
from twin.broker.mqtt.codec import Decoder, encode
from twin.broker.mqtt.fields import ProtocolError, length_bytes, read_length
from twin.broker.mqtt.packets import (
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
    Unsuback,
    Unsubscribe,
    Will,
)

BYTES = {
    b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me": Connect(client_id="me"),
    b"\x10\x21\x00\x04MQTT\x04\xec\x00\x0a\x00\x01c\x00\x03a/b\x00\x03\x00\xff\x01\x00\x04name\x00\x02pw": Connect(
        client_id="c", clean_session=False, keep_alive_s=10, username="name", password=b"pw",
        will=Will(topic="a/b", payload=b"\x00\xff\x01", qos=1, retain=True),
    ),
    b"\x20\x02\x01\x00": Connack(True, 0),
    b"\x20\x02\x00\x05": Connack(False, Connack.NOT_AUTHORIZED),
    b"\x30\x05\x00\x02bbx": Publish(topic="bb", payload=b"x"),
    b"\x31\x04\x00\x02bb": Publish(topic="bb", payload=b"", retain=True),
    b"\x3c\x08\x00\x02bb\x00\x0ahi": Publish(topic="bb", payload=b"hi", qos=2, duplicate=True, packet_id=10),
    b"\x40\x02\x00\x01": Puback(1),
    b"\x50\x02\x01\x00": Pubrec(256),
    b"\x62\x02\xff\xff": Pubrel(65535),
    b"\x70\x02\x00\x02": Pubcomp(2),
    b"\x82\x0e\x00\x0a\x00\x03a/b\x01\x00\x03c/d\x02": Subscribe(10, (("a/b", 1), ("c/d", 2))),
    b"\x90\x05\x00\x0a\x00\x02\x80": Suback(10, (0, 2, 0x80)),
    b"\xa2\x0c\x00\x0a\x00\x03a/b\x00\x03c/d": Unsubscribe(10, ("a/b", "c/d")),
    b"\xb0\x02\x00\x0a": Unsuback(10),
    b"\xc0\x00": Pingreq(),
    b"\xd0\x00": Pingresp(),
    b"\xe0\x00": Disconnect(),
}  # fmt: skip


def decoded(data):
    decoder = Decoder()
    decoder.receive(data)
    found = []
    while (packet := decoder.next_packet()) is not None:
        found.append(packet)
    return found


@pytest.mark.parametrize(("data", "packet"), BYTES.items(), ids=[type(packet).__name__ for packet in BYTES.values()])
def test_a_packet_is_written_and_read_as_the_standard_says(data, packet):
    assert encode(packet) == data
    assert decoded(data) == [packet]


@settings(deadline=None)
@given(st.lists(packets(), max_size=5).flatmap(lambda some: st.tuples(st.just(some), portions(some))))
def test_packets_survive_a_round_trip_however_their_bytes_are_split(case):
    some, cut = case
    decoder, found = Decoder(), []
    for portion in cut:
        decoder.receive(portion)
        while (packet := decoder.next_packet()) is not None:
            found.append(packet)
    assert found == some


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_packets_or_a_protocol_error(data):
    with suppress(ProtocolError):
        assert decoded(data) is not None


@pytest.mark.parametrize(
    ("length", "data"),
    [
        (0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_383, b"\xff\x7f"), (16_384, b"\x80\x80\x01"),
        (2_097_151, b"\xff\xff\x7f"), (2_097_152, b"\x80\x80\x80\x01"), (268_435_455, b"\xff\xff\xff\x7f"),
    ],
)  # fmt: skip
def test_a_length_has_seven_bits_a_byte(length, data):
    assert length_bytes(length) == data
    assert read_length(data + b"more") == (length, len(data))
    assert read_length(data[:-1]) is None


def test_a_packet_of_several_megabytes_arrives_complete():
    picture = Publish(topic="bb", payload=b"\xab" * 8_000_000)
    assert decoded(encode(picture) + encode(Pingreq())) == [picture, Pingreq()]


def test_a_packet_that_is_too_large_is_refused_at_its_header():
    decoder = Decoder()
    decoder.receive(b"\x30" + length_bytes(MAX_PACKET_BYTES + 1))
    with pytest.raises(ProtocolError, match=f"it must be {MAX_PACKET_BYTES} at most"):
        decoder.next_packet()


def test_packets_before_an_invalid_one_are_read_and_the_error_stays():
    decoder = Decoder()
    decoder.receive(encode(Pingreq()) + b"\x00\x00" + encode(Pingreq()))
    assert decoder.next_packet() == Pingreq()
    for _ in range(2):
        with pytest.raises(ProtocolError, match="type 0"):
            decoder.next_packet()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x00", "type 0"),
        (b"\xf0\x00", "type 15"),
        (b"\x60\x02\x00\x01", "PUBREL has the flags 0000, they must be 0010"),
        (b"\xc1\x00", "PINGREQ has the flags 0001"),
        (b"\xc0\x01x", "PINGREQ has 1 bytes too many"),
        (b"\x40\x01\x00", "PUBACK ends too early"),
        (b"\x40\x02\x00\x00", "PUBACK has packet id 0"),
        (b"\x40\x03\x00\x01x", "PUBACK has 1 bytes too many"),
        (b"\x36\x06\x00\x02bb\x00\x01", "a QoS of 3"),
        (b"\x30\x05\x00\x03b/#", "'b/#'"),
        (b"\x30\x05\x00\x03b/+", "'b/+'"),
        (b"\x30\x02\x00\x00", "''"),
        (b"\x30\x04\x00\x02\xff\xfe", "not UTF-8"),
        (b"\x30\x05\x00\x03\xed\xa0\x80", "not UTF-8"),
        (b"\x30\x04\x00\x02a\x00", "null character"),
        (b"\x30\x80\x80\x80\x80\x01", "more than 4 bytes"),
        (b"\x82\x02\x00\x01", "SUBSCRIBE has no topic filter"),
        (b"\x82\x06\x00\x01\x00\x01a\x03", "a QoS of 3"),
        (b"\xa2\x02\x00\x01", "UNSUBSCRIBE has no topic filter"),
        (b"\x10\x0c\x00\x04MQTT\x04\x03\x00\x3c\x00\x00", "reserved flag"),
        (b"\x10\x0c\x00\x04MQTT\x04\x22\x00\x3c\x00\x00", "no last will"),
        (b"\x10\x0e\x00\x04MQTT\x04\x42\x00\x3c\x00\x00\x00\x00", "no user name"),
        (b"\x10\x11\x00\x04MQTT\x04\x1e\x00\x3c\x00\x00\x00\x01a\x00\x00", "a QoS of 3"),
        (b"\x10\x10\x00\x04MQTT\x04\x06\x00\x3c\x00\x00\x00\x00\x00\x00", "CONNECT has the topic ''"),
        (b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x00x", "CONNECT has 1 bytes too many"),
        (b"\x10\x05\x00\x04MQT", "CONNECT ends too early"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_packet(data, reason):
    with pytest.raises(ProtocolError, match=r"\A[^\n]*\Z") as refusal:
        decoded(data)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("version", "rest", "protocol", "client_id"),
    [
        (b"\x00\x06MQIsdp\x03", b"\x02\x00\x3c\x00\x02me", "MQTT 3.1", "me"),
        (b"\x00\x04MQTT\x05", b"\x02\x00\x3c\x00\x00\x02me", "MQTT 5", "me"),
        (b"\x00\x04MQTT\x05", b"\x02\x00\x3c\x03\x21\x00\x14\x00\x02me", "MQTT 5", "me"),
        (b"\x00\x04MQTT\x05", b"\x02\x00\x3c\x09\x21", "MQTT 5", ""),
        (b"\x00\x04MQTT\x05", b"\x02\x00\x3c" + b"\xff" * 90, "MQTT 5", ""),
        (b"\x00\x04MQTT\x06", b"\x02\x00\x3c\x00\x02me", "MQTT level 6", "me"),
        (b"\x00\x03CoAP"[:5], b"\x01", "CoA level 1", ""),
    ],
)
def test_another_versions_connect_gives_its_version_and_client_id(version, rest, protocol, client_id):
    body = version + rest
    [connect] = decoded(b"\x10" + length_bytes(len(body)) + body)
    assert (connect.protocol, connect.client_id, connect.is_spoken) == (protocol, client_id, False)
