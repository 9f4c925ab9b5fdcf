"""The protocol between twin and host: JSON objects, each behind its length (4 bytes, the highest first).

The host says hello: {"protocol", "python", "pid"}. The twin may say {"import": [names]}, which is answered by
{"single"}, whether the host has one thread only; and {"fork": path}, which a child answers with its own hello over
the socket there. Then it says how to run: {"seed", "schedule", "stall_s", "output", "computing"}. From then on the
host speaks when nobody in the program can go on at its time, and the twin answers:

    host: {"at": s, "out": [...], "next": s or null}
    twin: {"now": s, "until": s, "in": [...]}

`out` has ["open", number, host, port], ["data", number, text], ["close", number]; `in` has ["accept", number],
["refuse", number], ["data", number, text], ["close", number], ["signal", number], ["stacks"], ["findings"]. Text is
bytes as latin-1. While it has nothing to say before `until`, the host's time goes on by itself; `at` says where it
is. `computing` has the lines that take time, [file, line, s] each; null: measure. The last message has "ended":
{"code", "reason"} and the findings, "modules" and "computing"; or "refused" or "hung": a sentence.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

VERSION = 1
LONGEST = 64 * 1024 * 1024
_length = struct.Struct(">I")


class EndedError(Exception):
    """The other side is gone."""


def write(stream: IO[bytes], message: dict[str, Any]) -> None:
    """Send a message. Raises `EndedError`."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    try:
        stream.write(_length.pack(len(body)) + body)
        stream.flush()
    except (OSError, ValueError) as error:
        raise EndedError(str(error)) from None


def read(stream: IO[bytes]) -> dict[str, Any]:
    """The next message. Raises `EndedError`, also for what is none."""
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
        part = stream.read(size - len(parts))
        if not part:
            raise EndedError("nothing more to read")
        parts += part
    return parts
