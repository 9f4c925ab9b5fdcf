"""The wire codec: the only module that knows topics and payloads (protocol of the FS simulator).

MQTT 3.1.1, QoS 0, one JSON object with one key per message. `aa` carries commands to the plant, `bb` the
plant's feedback; the `twin/clock` topics carry grants when the clock is granted (lockstep).
"""

import base64
import binascii
import re
from typing import Final, TypeVar

import msgspec

from controller.errors import WireError

COMMANDS: Final = "aa"
FEEDBACK: Final = "bb"
PLANT: Final = "twin/plant"
"""A twin that stands in for the plant publishes a retained message here; the FS simulator does not."""

CLOCK_GRANT: Final = "twin/clock/grant"
CLOCK_DONE: Final = "twin/clock/done"
CLOCK_HELLO: Final = "twin/clock/hello"

ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
)  # fmt: skip
MAX_ORDINAL: Final = len(ORDINALS)
ALL: Final = 0
"""Rod number that means every rod."""

T = TypeVar("T")

LONGEST_SHOWN: Final = 40
"""A refusal's reason shows this many characters of a key or value."""

MAX_FEEDBACK_BYTES: Final = 12 * 1024 * 1024
"""Larger feedback is refused without decoding. No camera of such a line sends so much."""


class Conveyor(msgspec.Struct, frozen=True):
    """Command: run or stop the belt."""

    run: bool


class Rod(msgspec.Struct, frozen=True):
    """Command: push (extend) or pull (retract) rod `number`; 1 is the loader, 0 (`ALL`) every rod."""

    number: int
    push: bool


Command = Conveyor | Rod


class GateEdge(msgspec.Struct, frozen=True):
    """Feedback: gate `number` (from 1) became blocked, or clear."""

    number: int
    blocked: bool


class Image(msgspec.Struct, frozen=True):
    """Feedback: the camera's picture, a JPEG or PNG file's bytes."""

    content: bytes


Feedback = GateEdge | Image


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """The clock's grant: act on everything due at or before `now_s`, once `sent` feedback messages have arrived.

    `stop` asks the participant to end, as a signal would.
    """

    grant: int
    now_s: float
    sent: int
    stop: bool = False


class Done(msgspec.Struct, frozen=True):
    """A participant's answer to a grant: the number of commands `sent` so far, and its next deadline or None."""

    grant: int
    who: str
    sent: int
    next_s: float | None


class Hello(msgspec.Struct, frozen=True):
    """A participant's registration. It then waits for its first grant."""

    who: str


_COMMAND_BYTES: Final[dict[Command, bytes]] = {
    Conveyor(run=True): b'{"conveyor":"run"}',
    Conveyor(run=False): b'{"conveyor":"stop"}',
} | {
    Rod(number=number, push=push): b'{"rod_control":"%s_%s"}' % (word.encode(), b"push" if push else b"pull")
    for number, word in enumerate(("all", *ORDINALS))
    for push in (True, False)
}
_COMMANDS: Final = {
    (key, value): command
    for command, payload in _COMMAND_BYTES.items()
    for key, value in msgspec.json.decode(payload, type=dict[str, str]).items()
}
_EDGE_BYTES: Final = {
    GateEdge(number=number, blocked=blocked): b'{"%s_switch":%s}' % (word.encode(), b"true" if blocked else b"false")
    for number, word in enumerate(ORDINALS, start=1)
    for blocked in (True, False)
}
_GATES: Final = {f"{word}_switch": number for number, word in enumerate(ORDINALS, start=1)}
_SOME_ORDINALS: Final = f"first, second, ... {ORDINALS[-1]}"
_DATA_URL: Final = re.compile(r"data:[^,]{0,128},")

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)
_bool = msgspec.json.Decoder(bool)
_binary = msgspec.json.Decoder(bytes)
_clock_encoder = msgspec.json.Encoder()
_grant = msgspec.json.Decoder(Grant)
_done = msgspec.json.Decoder(Done)
_hello = msgspec.json.Decoder(Hello)


def encode_command(command: Command) -> bytes:
    """The payload on `aa` for a command."""
    return _COMMAND_BYTES[command]


def decode_command(payload: bytes) -> Command:
    """The command in a payload on `aa`. Raises `WireError` for anything else."""
    key, raw = _single(payload)
    try:
        return _COMMANDS[key, _text.decode(raw)]
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError):
        raise WireError("unknown command", _unknown_command(key, raw)) from None


def encode_feedback(feedback: Feedback) -> bytes:
    """The payload on `bb` for a gate's edge or a camera's picture."""
    if isinstance(feedback, GateEdge):
        return _EDGE_BYTES[feedback]
    return b'{"image":"%s"}' % base64.b64encode(feedback.content)


def decode_feedback(payload: bytes) -> Feedback:
    """The feedback in a payload on `bb`. A data-URL prefix before the base64 is accepted.

    Raises `WireError` for anything else. It does not check that the bytes are an image; the recognizer does.
    """
    if len(payload) > MAX_FEEDBACK_BYTES:
        raise WireError("too large", f"payload must be at most {MAX_FEEDBACK_BYTES} bytes, got {len(payload)}")
    key, raw = _single(payload)
    if key == "image":
        return Image(content=_image_bytes(raw))
    number = _GATES.get(key)
    if number is None:
        raise WireError("unknown key", f"key {key!r:.40} must be image or W_switch, W one of {_SOME_ORDINALS}")
    try:
        return GateEdge(number=number, blocked=_bool.decode(raw))
    except msgspec.DecodeError:
        raise WireError("wrong type", f"{key} must be true or false, got {_received(bytes(raw))}") from None


def encode_clock(message: Grant | Done | Hello) -> bytes:
    """The payload of a clock message; its type decides the topic (`twin/clock/grant`, `done`, `hello`)."""
    return _clock_encoder.encode(message)


def decode_grant(payload: bytes) -> Grant:
    """The grant in a payload on `twin/clock/grant`. Raises `WireError`."""
    return _clock(_grant, payload)


def decode_done(payload: bytes) -> Done:
    """The answer in a payload on `twin/clock/done`. Raises `WireError`."""
    return _clock(_done, payload)


def decode_hello(payload: bytes) -> Hello:
    """The registration in a payload on `twin/clock/hello`. Raises `WireError`."""
    return _clock(_hello, payload)


def _unknown_command(key: str, raw: msgspec.Raw) -> str:
    """The object as it was sent, and what its wrong part must be."""
    sent = f'{{"{_shown(key)}":{_shown(bytes(raw).decode(errors="replace"))}}}'
    if key == "conveyor":
        return f'{sent}: "conveyor" must be run or stop'
    if key == "rod_control":
        return f'{sent}: "rod_control" must be W_push or W_pull, W one of all, {_SOME_ORDINALS}'
    return f"{sent}: the key must be conveyor or rod_control"


def _shown(text: str) -> str:
    """The beginning of a received text, without characters that break a line."""
    cut = text[:LONGEST_SHOWN] + ("..." if len(text) > LONGEST_SHOWN else "")
    return "".join(sign if sign.isprintable() else " " for sign in cut)


def _received(payload: bytes) -> str:
    """The beginning of a received payload, as text."""
    return _shown(payload[: 4 * LONGEST_SHOWN].decode(errors="replace"))


def _clock(decoder: "msgspec.json.Decoder[T]", payload: bytes) -> T:
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError("clock message", str(error)) from None


def _single(payload: bytes) -> tuple[str, msgspec.Raw]:
    try:
        fields = _object.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("not a JSON object", f"got {_received(payload) or 'nothing'} ({error})") from None
    if len(fields) != 1:
        keys = _shown(", ".join(fields)) or "none"
        raise WireError("number of keys", f"an object must have exactly one key, got {keys}")
    return next(iter(fields.items()))


def _image_bytes(raw: msgspec.Raw) -> bytes:
    try:
        return _binary.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # Not plain base64. It may have the data-URL prefix that browsers add.
    try:
        text = _text.decode(raw)
        prefix = _DATA_URL.match(text)
        return base64.b64decode(text[prefix.end() if prefix else 0 :], validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise WireError("image", str(error)) from None
