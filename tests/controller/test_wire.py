"""The wire's bytes, and any other payload."""

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import wire
from controller.errors import WireError
from controller.wire import ALL, Conveyor, GateEdge, Image, Rod

COMMANDS = {
    Conveyor(run=True): b'{"conveyor":"run"}',
    Conveyor(run=False): b'{"conveyor":"stop"}',
    Rod(1, push=True): b'{"rod_control":"first_push"}',
    Rod(1, push=False): b'{"rod_control":"first_pull"}',
    Rod(2, push=True): b'{"rod_control":"second_push"}',
    Rod(2, push=False): b'{"rod_control":"second_pull"}',
    Rod(3, push=True): b'{"rod_control":"third_push"}',
    Rod(3, push=False): b'{"rod_control":"third_pull"}',
    Rod(4, push=True): b'{"rod_control":"fourth_push"}',
    Rod(4, push=False): b'{"rod_control":"fourth_pull"}',
    Rod(ALL, push=True): b'{"rod_control":"all_push"}',
    Rod(ALL, push=False): b'{"rod_control":"all_pull"}',
}
FEEDBACK = {
    GateEdge(1, blocked=True): b'{"first_switch":true}',
    GateEdge(1, blocked=False): b'{"first_switch":false}',
    GateEdge(2, blocked=True): b'{"second_switch":true}',
    GateEdge(2, blocked=False): b'{"second_switch":false}',
    GateEdge(3, blocked=True): b'{"third_switch":true}',
    GateEdge(3, blocked=False): b'{"third_switch":false}',
    Image(b"\xff\xd8\xff\xd9"): b'{"image":"/9j/2Q=="}',
}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("command", "payload"), COMMANDS.items(), ids=str)
def test_a_command_has_exactly_these_bytes(command, payload):
    assert wire.encode_command(command) == payload
    assert wire.decode_command(payload) == command


@pytest.mark.parametrize(("feedback", "payload"), FEEDBACK.items(), ids=str)
def test_feedback_has_exactly_these_bytes(feedback, payload):
    assert wire.encode_feedback(feedback) == payload
    assert wire.decode_feedback(payload) == feedback


def test_topics_are_the_simulators():
    assert (wire.COMMANDS, wire.FEEDBACK) == ("aa", "bb")


def test_ordinals_go_on_to_sixteen():
    assert wire.encode_command(Rod(5, push=True)) == b'{"rod_control":"fifth_push"}'
    assert wire.encode_command(Rod(16, push=False)) == b'{"rod_control":"sixteenth_pull"}'
    assert wire.decode_feedback(b'{"sixteenth_switch":true}') == GateEdge(16, blocked=True)


@pytest.mark.parametrize("number", range(17))
@pytest.mark.parametrize("push", [True, False])
def test_every_rod_command_round_trips(number, push):
    command = Rod(number, push=push)
    assert wire.decode_command(wire.encode_command(command)) == command


@pytest.mark.parametrize(
    "payload", [b' { "first_switch" : true } ', b'{"first_switch":true}\n', b'{"first\\u005fswitch":true}']
)
def test_another_spelling_of_the_same_json_is_accepted(payload):
    assert wire.decode_feedback(payload) == GateEdge(1, blocked=True)


@given(st.binary(max_size=300))
def test_any_picture_round_trips(content):
    payload = wire.encode_feedback(Image(content))
    assert payload == json.dumps({"image": base64.b64encode(content).decode()}, separators=(",", ":")).encode()
    assert wire.decode_feedback(payload) == Image(content)


@given(st.binary(max_size=300), st.sampled_from(["image/jpeg", "image/png", "", "image/jpeg;charset=utf-8"]))
def test_a_data_url_prefix_is_accepted(content, kind):
    text = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    assert wire.decode_feedback(json.dumps({"image": text}).encode()) == Image(content)


MALFORMED = {
    b"": "not a JSON object",
    b"\xff\xfe\x00": "not a JSON object",
    b"{": "not a JSON object",
    b"null": "not a JSON object",
    b'"first_switch"': "not a JSON object",
    b"[true]": "not a JSON object",
    b'{"first_switch":true': "not a JSON object",
    b'{"first_switch":true}}': "not a JSON object",
    b'{"first_switch":NaN}': "not a JSON object",
    b'{"a":' * 5000: "not a JSON object",
    b"{}": "number of keys",
    b'{"first_switch":true,"second_switch":true}': "number of keys",
    b'{"first_switch":true,"image":""}': "number of keys",
    b'{"seventeenth_switch":true}': "unknown key",
    b'{"First_switch":true}': "unknown key",
    b'{"":true}': "unknown key",
    b'{"conveyor":"run"}': "unknown key",
    b'{"first_switch":1}': "wrong type",
    b'{"first_switch":"true"}': "wrong type",
    b'{"first_switch":null}': "wrong type",
    b'{"first_switch":[true]}': "wrong type",
    b'{"image":7}': "image",
    b'{"image":null}': "image",
    b'{"image":"/9j/2Q="}': "image",
    b'{"image":"!!!!"}': "image",
    b'{"image":"/9j/ 2Q=="}': "image",
    b'{"image":"data:image/jpeg;base64"}': "image",
    b'{"image":"\xc3\xa4"}': "image",
    b'{"image":"\xff"}': "image",
    b'{"image":"' + b"A" * (16 * 1024 * 1024) + b'"}': "too large",
}


@pytest.mark.parametrize(("payload", "kind"), MALFORMED.items(), ids=lambda value: repr(value[:40]))
def test_invalid_feedback_is_refused_with_its_kind(payload, kind):
    with pytest.raises(WireError) as refusal:
        wire.decode_feedback(payload)
    assert refusal.value.kind == kind
    assert len(refusal.value.detail) < 500


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b'{"conveyor":"RUN"}', b'{"conveyor":true}', b'{"rod_control":"fifth"}', b'{"first_switch":true}',
     b'{"rod_control":"run"}', b'{"conveyor":"run","rod_control":"all_pull"}'],
)  # fmt: skip
def test_an_invalid_command_is_refused(payload):
    with pytest.raises(WireError):
        wire.decode_command(payload)


REFUSED = {
    b'{"conveyor":"start"}': '{"conveyor":"start"}: "conveyor" must be run or stop',
    b'{"conveyor":true}': '{"conveyor":true}: "conveyor" must be run or stop',
    b'{"rod_control":"fith_push"}': '{"rod_control":"fith_push"}: "rod_control" must be W_push or W_pull, W one of all',
    b'{"convoyer":"run"}': '{"convoyer":"run"}: the key must be conveyor or rod_control',
    b'{"conveyor":{\n"\xff":1}}': '{"conveyor":{ "\N{REPLACEMENT CHARACTER}":1}}: "conveyor" must be run or stop',
    b'{"\\u001b[2J":"%s"}' % (b"x" * 1000): '{" [2J":"' + "x" * 39 + "...}: the key must be conveyor or rod_control",
}


@pytest.mark.parametrize("payload", REFUSED, ids=lambda value: repr(value[:40]))
def test_an_unknown_command_is_refused_in_one_short_line(payload):
    with pytest.raises(WireError) as refusal:
        wire.decode_command(payload)
    assert str(refusal.value).startswith(f"unknown command: {REFUSED[payload]}")
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 200


@given(
    st.binary(max_size=200) | st.dictionaries(st.text(), JSON, max_size=3).map(lambda value: json.dumps(value).encode())
)
def test_any_payload_is_feedback_or_a_wire_error(payload):
    for decode in (
        wire.decode_feedback,
        wire.decode_command,
        wire.decode_grant,
        wire.decode_done,
        wire.decode_hello,
    ):
        with suppress(WireError):
            decode(payload)


@given(st.sampled_from([*wire.ORDINALS, "image", "all"]), JSON)
def test_a_known_key_with_any_value_is_feedback_or_a_wire_error(word, value):
    for key in (word, f"{word}_switch"):
        try:
            feedback = wire.decode_feedback(json.dumps({key: value}).encode())
        except WireError:
            continue
        assert isinstance(value, bool | str)
        assert isinstance(feedback, GateEdge | Image)


@given(st.integers(0, 2**53), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**53))
def test_times_in_grants_round_trip_bit_for_bit(number, now_s, sent):
    grant = wire.Grant(grant=number, now_s=now_s, sent=sent)
    assert wire.decode_grant(wire.encode_clock(grant)) == grant
    done = wire.Done(grant=number, who="FS_Ctl", sent=sent, next_s=now_s)
    assert wire.decode_done(wire.encode_clock(done)) == done


def test_clock_messages_have_exactly_these_bytes():
    assert wire.encode_clock(wire.Grant(grant=3, now_s=1.5, sent=2)) == b'{"grant":3,"now_s":1.5,"sent":2}'
    done = wire.Done(grant=3, who="FS_Ctl", sent=1, next_s=None)
    assert wire.encode_clock(done) == b'{"grant":3,"who":"FS_Ctl","sent":1,"next_s":null}'
    assert wire.encode_clock(wire.Hello(who="FS_Ctl")) == b'{"who":"FS_Ctl"}'


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (b"hello", "got hello ("),
        (b"", "got nothing ("),
        (b'{"first_switch":true,"image":""}', "an object must have exactly one key, got first_switch, image"),
        (b'{"firstswitch":true}', "key 'firstswitch' must be image or W_switch, W one of first, second, ... "),
        (b'{"first_switch":1}', "first_switch must be true or false, got 1"),
    ],
)
def test_a_refusal_says_what_came_and_what_it_must_be(payload, detail):
    with pytest.raises(WireError) as refusal:
        wire.decode_feedback(payload)
    assert refusal.value.detail.startswith(detail)
