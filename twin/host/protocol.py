"""The protocol between twin and host: JSON objects, each after its length (4 bytes, the highest first).

The host first sends {"protocol", "python", "pid"}. The twin may send {"import": [names]}; the host answers
{"single"}: whether it has one thread only. The twin may send {"fork": path}; a child process sends its own first
message over the socket at that path. Then the twin sends how to run: {"seed", "schedule", "start", "began", "stall_s",
"output", "computing"}; `began` is when this start begins, in s after the first one; `computing` has the lines that take
time, [file, line, s] each, or is null: measure them. From then on the host sends a message when no thread of the
program can go on at its time, and the twin answers:

    host: {"at": s, "out": [...], "next": s or null, "wrote": [...]}
    twin: {"now": s, "until": s, "in": [...]}

`out` has ["open", number, host, port], ["data", number, text], ["close", number]; `in` has ["accept", number],
["refuse", number], ["data", number, text], ["close", number], ["signal", number], ["stacks"], ["findings"]. Text is
bytes as latin-1. Until the time `until`, the host's time goes on without the twin as long as the host has nothing to
send; `at` is the time that it has reached, and `wrote` has [bytes, s]: how much the program had written by when. The
last message has "ended": {"code", "reason"} and the findings, "modules" and "computing"; or "refused" or "hung": a
sentence.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

VERSION = 1
LONGEST = 64 * 1024 * 1024
_length = struct.Struct(">I")


class EndedError(Exception):
    """The other process has closed its stream."""


def write(stream: IO[bytes], message: dict[str, Any]) -> None:
    """Send a message. Raises `EndedError`."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    try:
        stream.write(_length.pack(len(body)) + body)
        stream.flush()
    except (OSError, ValueError) as error:
        raise EndedError(str(error)) from None


def read(stream: IO[bytes]) -> dict[str, Any]:
    """The next message. Raises `EndedError`, also for an invalid one."""
    size = _length.unpack(_exactly(stream, _length.size))[0]
    if size > LONGEST:
        raise EndedError(f"a message of {size} bytes")
    message = json.loads(_exactly(stream, size))
    if not isinstance(message, dict):
        raise EndedError("a message that is no object")
    return message


def _exactly(stream: IO[bytes], size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        try:
            part = stream.read(size - len(parts))
        except OSError as error:  # As from a socket whose other end was closed before all was read.
            raise EndedError(str(error)) from None
        if not part:
            raise EndedError("nothing more to read")
        parts += part
    return parts
