"""The recognition service from request to answer: a request in pieces, its body, the image's header and pixels.

Everything is real except the network, so that an input takes one millisecond and not ten. For any input the answer must
be status 200 and the contract's JSON.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import atheris
import cv2
import msgspec
from harness import fuzz

with atheris.instrument_imports(include=["classifier.decoding", "classifier.service"]):
    from classifier.decoding import TornImageError, decode
    from classifier.errors import ImageError
    from classifier.recognition import UNKNOWN, Recognition
    from classifier.service import PATH, build_app

EDGE_PX = 128
SURE = Recognition(label=UNKNOWN, confidence=1.0, margin=0.0, seconds=0.0)


class Contract(msgspec.Struct, forbid_unknown_fields=True):
    """The form of an answer."""

    results: list[dict[str, str | float]]
    code: int
    error: str


class Decoding:
    """A classifier that decodes like the real one, but has no model."""

    def classify_many(self, images: Sequence[bytes]) -> list[Recognition | ImageError]:
        """An answer for each picture; an error for other bytes."""
        answers: list[Recognition | ImageError] = []
        for image in images:
            try:
                assert decode(image, EDGE_PX).shape == (EDGE_PX, EDGE_PX, 3)
                answers.append(SURE)
            except TornImageError:
                answers.append(SURE)
            except ImageError as error:
                answers.append(error)
        return answers


app = build_app(Decoding())
loop = asyncio.new_event_loop()
lifespan = app.router.lifespan_context(app)
loop.run_until_complete(lifespan.__aenter__())


def test_one_input(data: bytes) -> None:
    """Send the bytes as the body of a request in two pieces."""
    status, body = loop.run_until_complete(_client(data))
    assert status == 200
    answer = msgspec.json.decode(body, type=Contract)
    assert (answer.code == 0) == (len(answer.results) == 1) == (answer.error == "")
    assert answer.error != "internal error", answer.error


async def _client(body: bytes) -> tuple[int, bytes]:
    cut = body[-1] % len(body) if body else 0
    pieces = [
        {"type": "http.request", "body": body[:cut], "more_body": True},
        {"type": "http.request", "body": body[cut:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": PATH, "raw_path": PATH.encode(), "query_string": b"", "root_path": "", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8088),
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])


if __name__ == "__main__":
    cv2.setNumThreads(1)
    fuzz("image", test_one_input, most_bytes=8192)
