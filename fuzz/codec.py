"""The wire, both directions: no payload does more than raise `WireError`, and what is encoded decodes to itself."""

import math

import atheris
from harness import fuzz

with atheris.instrument_imports(include=["controller.codec"]):
    from controller import codec
    from controller.errors import WireError


def test_one_input(data: bytes) -> None:
    """The bytes as a payload on every topic; then as what to say."""
    _decodes(data)
    _encodes(atheris.FuzzedDataProvider(data))


def _decodes(payload: bytes) -> None:
    for decode, encode in (
        (codec.decode_command, codec.encode_command),
        (codec.decode_feedback, codec.encode_feedback),
        (codec.decode_grant, codec.encode_clock),
        (codec.decode_done, codec.encode_clock),
        (codec.decode_hello, codec.encode_clock),
    ):
        try:
            message = decode(payload)
        except WireError:
            continue
        assert decode(encode(message)) == message


def _encodes(source: atheris.FuzzedDataProvider) -> None:
    which = source.ConsumeIntInRange(0, 4)
    number, flag = source.ConsumeIntInRange(1, codec.MAX_ORDINAL), source.ConsumeBool()
    who = source.ConsumeUnicodeNoSurrogates(30)
    time_s = source.ConsumeFloat()
    time_s = time_s if math.isfinite(time_s) else 0.0
    if which == 0:
        command = codec.Rod(number=number, push=flag)
        assert codec.decode_command(codec.encode_command(command)) == command
    elif which == 1:
        edge = codec.GateEdge(number=number, blocked=flag)
        assert codec.decode_feedback(codec.encode_feedback(edge)) == edge
    elif which == 2:
        image = codec.Image(content=source.ConsumeBytes(10_000))
        assert codec.decode_feedback(codec.encode_feedback(image)) == image
    elif which == 3:
        grant = codec.Grant(grant=number, now_s=time_s, sent=number)
        assert codec.decode_grant(codec.encode_clock(grant)) == grant
    else:
        done = codec.Done(grant=number, who=who, sent=number, next_s=time_s if flag else None)
        assert codec.decode_done(codec.encode_clock(done)) == done
        hello = codec.Hello(who=who)
        assert codec.decode_hello(codec.encode_clock(hello)) == hello


if __name__ == "__main__":
    fuzz("codec", test_one_input, most_bytes=4096)
