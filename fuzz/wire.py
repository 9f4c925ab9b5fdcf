"""The wire in both directions: any payload decodes or raises `WireError`, and every message round-trips."""

import math

import atheris
from harness import fuzz

with atheris.instrument_imports(include=["controller.wire"]):
    from controller import wire
    from controller.errors import WireError


def test_one_input(data: bytes) -> None:
    """Decode the bytes as a payload on every topic, then use them to build messages to encode."""
    _decodes(data)
    _encodes(atheris.FuzzedDataProvider(data))


def _decodes(payload: bytes) -> None:
    for decode, encode in (
        (wire.decode_command, wire.encode_command),
        (wire.decode_feedback, wire.encode_feedback),
        (wire.decode_grant, wire.encode_clock),
        (wire.decode_done, wire.encode_clock),
        (wire.decode_hello, wire.encode_clock),
    ):
        try:
            message = decode(payload)
        except WireError:
            continue
        assert decode(encode(message)) == message


def _encodes(source: atheris.FuzzedDataProvider) -> None:
    which = source.ConsumeIntInRange(0, 4)
    number, flag = source.ConsumeIntInRange(1, wire.MAX_ORDINAL), source.ConsumeBool()
    who = source.ConsumeUnicodeNoSurrogates(30)
    time_s = source.ConsumeFloat()
    time_s = time_s if math.isfinite(time_s) else 0.0
    if which == 0:
        command = wire.Rod(number=number, push=flag)
        assert wire.decode_command(wire.encode_command(command)) == command
    elif which == 1:
        edge = wire.GateEdge(number=number, blocked=flag)
        assert wire.decode_feedback(wire.encode_feedback(edge)) == edge
    elif which == 2:
        image = wire.Image(content=source.ConsumeBytes(10_000))
        assert wire.decode_feedback(wire.encode_feedback(image)) == image
    elif which == 3:
        grant = wire.Grant(grant=number, now_s=time_s, sent=number)
        assert wire.decode_grant(wire.encode_clock(grant)) == grant
    else:
        done = wire.Done(grant=number, who=who, sent=number, next_s=time_s if flag else None)
        assert wire.decode_done(wire.encode_clock(done)) == done
        hello = wire.Hello(who=who)
        assert wire.decode_hello(wire.encode_clock(hello)) == hello


if __name__ == "__main__":
    fuzz("codec", test_one_input, most_bytes=4096)
