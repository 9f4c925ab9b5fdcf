"""The note that the twin may put into a picture, and the recognizer that answers from it (scenarios only).

A note is a JPEG comment segment (COM, ITU-T T.81 B.2.4.5) directly after the start-of-image marker, or a text chunk
(tEXt) directly after the header of a PNG. Every broker carries it and every decoder skips it. It holds the scenario's
model of this recognition: the latency, and, if the scenario overrides the recognizer, its answer, error or silence. A
real camera's picture has no note.
"""

import struct
import zlib
from typing import Final

import msgspec

from classifier import Recognition, Recognizer
from controller.errors import RecognizerError

_START: Final = b"\xff\xd8"
_COMMENT: Final = b"\xff\xfe"
_SIGN: Final = b"twin:"
_HEADER_BYTES: Final = len(_START) + len(_COMMENT) + 2 + len(_SIGN)

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD_BYTES: Final = len(_PNG) + 25
"""A PNG's signature and its first chunk, IHDR."""

_KEYWORD: Final = b"twin\0"

PLAIN_PICTURE: Final = _START + b"\xff\xd9"
"""The smallest file with a JPEG's start and end: an oracle's picture without its note."""


class Says(msgspec.Struct, frozen=True, tag="says"):
    """The recognizer gives this answer."""

    label: str
    confidence: float


class Fails(msgspec.Struct, frozen=True, tag="fails"):
    """The recognizer answers with an error."""

    error: str


class Silent(msgspec.Struct, frozen=True, tag="silent"):
    """The recognizer never answers."""


Answer = Says | Fails | Silent


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """The scenario's model of one recognition: latency in the line's time, answer (None: the recognizer's own)."""

    latency_s: float = 0.0
    answer: Answer | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Note)


def can_carry_note(image: bytes) -> bool:
    """Whether a file can have a note in it: it begins as a JPEG or a PNG does."""
    return image.startswith((_START, _PNG))


def with_note(image: bytes, note: Note) -> bytes:
    """The JPEG or PNG `image` with `note` in it."""
    assert can_carry_note(image), "a note goes into a JPEG or a PNG"
    encoded = _encoder.encode(note)
    if image.startswith(_PNG):
        chunk = b"tEXt" + _KEYWORD + encoded
        framed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        return image[:_PNG_HEAD_BYTES] + framed + image[_PNG_HEAD_BYTES:]
    text = _SIGN + encoded
    return b"".join((_START, _COMMENT, struct.pack(">H", len(text) + 2), text, image[len(_START) :]))


def read_note(image: bytes) -> Note | None:
    """The note in a picture, or None if the picture does not begin as `with_note` writes it."""
    text = _text_in(image)
    try:
        return None if text is None else _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _text_in(image: bytes) -> bytes | None:
    """The text of a note, if there is one where `with_note` writes it."""
    if image[: len(_START) + len(_COMMENT)] == _START + _COMMENT and image[6:_HEADER_BYTES] == _SIGN:
        (length,) = struct.unpack(">H", image[4:6])
        return image[_HEADER_BYTES : 4 + length]
    begin = _PNG_HEAD_BYTES + 8
    if image.startswith(_PNG) and image[begin - 4 : begin + len(_KEYWORD)] == b"tEXt" + _KEYWORD:
        (length,) = struct.unpack(">I", image[_PNG_HEAD_BYTES : begin - 4])
        return image[begin + len(_KEYWORD) : begin + length]
    return None


class Oracle:
    """The recognizer that reads the scenario's answer from the picture's note."""

    def classify(self, image: bytes) -> Recognition:
        """The answer in the note. Raises `RecognizerError` if there is none, or if the note holds an error."""
        note = read_note(image)
        if note is None or not isinstance(note.answer, Says | Fails):
            raise RecognizerError("no answer in the picture")
        return recognition_of(note.answer)


class ScriptedRecognizer:
    """A recognizer whose answers the picture's note may override."""

    def __init__(self, inner: Recognizer) -> None:
        self._inner = inner

    def classify(self, image: bytes) -> Recognition:
        """The note's answer if it has one, else the inner recognizer's. Raises what that raises."""
        note = read_note(image)
        if note is None or note.answer is None:
            return self._inner.classify(image)
        if isinstance(note.answer, Says | Fails):
            return recognition_of(note.answer)
        raise RecognizerError("silent")


def recognition_of(answer: Says | Fails) -> Recognition:
    """The recognition in a note's answer. Raises `RecognizerError` if it is an error."""
    if isinstance(answer, Fails):
        raise RecognizerError(answer.error)
    return Recognition(label=answer.label, confidence=answer.confidence)
