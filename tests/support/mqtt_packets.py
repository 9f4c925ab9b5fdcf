"""Hypothesis strategies for MQTT packets and for their bytes in random portions."""

from hypothesis import strategies as st

from twin.broker.mqtt.codec import encode
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

ids = st.integers(1, 3)
levels = st.integers(0, 2)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0#+"), max_size=4)
topics = st.sampled_from(["a", "a/b", "$x", "/"]) | texts.filter(bool)
filters = st.sampled_from(["a", "a/b", "#", "a/+", "+", "a/#", "$x", "a#", ""])
payloads = st.binary(max_size=5) | st.just(b"long" * 50)
wills = st.builds(Will, topic=topics, payload=payloads, qos=levels, retain=st.booleans())


@st.composite
def connects(draw):
    username = draw(st.none() | texts)
    return Connect(
        client_id=draw(st.sampled_from(["one", "two", ""])), clean_session=draw(st.booleans()),
        keep_alive_s=draw(st.sampled_from([0, 1, 60, 65535])), will=draw(st.none() | wills), username=username,
        password=None if username is None else draw(st.none() | payloads),
    )  # fmt: skip


@st.composite
def publishes(draw):
    qos = draw(levels)
    return Publish(
        topic=draw(topics), payload=draw(payloads), qos=qos, retain=draw(st.booleans()), duplicate=draw(st.booleans()),
        packet_id=draw(ids) if qos else 0,
    )  # fmt: skip


def packets():
    """Any packet."""
    return st.one_of(
        connects(),
        publishes(),
        st.builds(Subscribe, ids, st.lists(st.tuples(filters, levels), min_size=1, max_size=3).map(tuple)),
        st.builds(Unsubscribe, ids, st.lists(filters, min_size=1, max_size=3).map(tuple)),
        st.sampled_from([Puback, Pubrec, Pubrel, Pubcomp, Unsuback]).flatmap(lambda kind: st.builds(kind, ids)),
        st.builds(Connack, st.booleans(), st.integers(0, 5)),
        st.builds(Suback, ids, st.lists(st.sampled_from([0, 1, 2, 0x80]), max_size=3).map(tuple)),
        st.sampled_from([Pingreq(), Pingresp(), Disconnect()]),
    )


def portions(some):
    """The bytes of packets, split anywhere."""
    return cuts(b"".join(encode(packet) for packet in some))


def cuts(data):
    """Bytes, split anywhere."""
    places = st.lists(st.integers(0, len(data)), max_size=8).map(sorted)
    whole = places.map(lambda at: [data[start:end] for start, end in zip([0, *at], [*at, len(data)], strict=True)])
    return whole | st.just([data[at : at + 1] for at in range(len(data))])
