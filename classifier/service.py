"""The recognition service over HTTP: translates requests to the classifier and back; whatever comes, it answers.

Contract: `POST /aisim_tf_pre`, body an image file; `{"results":[{"label","confidence"}],"code":0,"error":""}`, or
`code` 1, no results and the reason, always with status 200.
"""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from classifier.errors import ClassifierError, ImageError
from classifier.inference import Classifier
from classifier.recognition import Recognition

PATH: Final = "/aisim_tf_pre"
BODY_LIMIT_BYTES: Final = 10 * 1024 * 1024
DRAINED_BYTES: Final = 512 * 1024 * 1024
"""A body over the limit is read on to here and dropped, so that its sender gets to read the answer."""

BODY_S: Final = 30.0
"""A body that is not there by then is answered as one that never came whole."""

BATCH: Final = 8
WAITING: Final = 128
"""Most requests that may wait; one more is answered that the service is busy."""

CONNECTIONS: Final = 256
"""Most connections at once; one more is answered with status 503 at once. Bounds the memory: a body each, at most."""

SHUTDOWN_S: Final = 5
"""How long those that are being answered may keep the service from stopping."""

_IMAGE_BODY: Final = {
    "requestBody": {
        "required": False,  # An empty body is answered like any other that shows nothing: status 200, code 1.
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png")},
    }
}

_log = logging.getLogger(__name__)


class Result(BaseModel):
    """What the image shows and how sure that is."""

    label: str
    confidence: float


class Answer(BaseModel):
    """The answer to one image: `code` 0 with a result, or 1 with the reason."""

    results: list[Result] = []
    code: int = 0
    error: str = ""


class Desk:
    """Where images wait for the classifier: those that wait together go through it together, each to its asker."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._queue: asyncio.Queue[tuple[bytes, asyncio.Future[Recognition]]] = asyncio.Queue(WAITING)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="classifier")

    async def ask(self, image: bytes) -> Recognition:
        """The answer for one image. Raises `ClassifierError`."""
        answer: asyncio.Future[Recognition] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((image, answer))
        except asyncio.QueueFull:
            raise ClassifierError(f"busy: {WAITING} images are waiting") from None
        return await answer

    async def serve(self) -> None:
        """Answer until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            images = [image for image, _ in waiting]
            try:
                outcomes = await loop.run_in_executor(self._thread, self._classifier.classify_many, images)
            except Exception:  # A fault of ours: these askers are told so, and the next ones are served all the same.
                _log.exception("classify_failed images=%d", len(images))
                outcomes = [ImageError("internal error")] * len(images)
            for (_, answer), outcome in zip(waiting, outcomes, strict=True):
                _settle(answer, outcome)


def build_app(classifier: Classifier) -> FastAPI:
    """The service for a classifier."""
    desk = Desk(classifier)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker = asyncio.create_task(desk.serve())
        yield
        worker.cancel()

    app = FastAPI(title="Recognition", description="Tells ripe, half_ripe and raw items apart.", lifespan=lifespan)
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])

    @app.post(PATH, openapi_extra=_IMAGE_BODY)
    async def recognise(request: Request) -> Answer:
        """What the image in the body shows."""
        try:
            recognition = await desk.ask(await read_body(request))
        except ClassifierError as error:
            return Answer(code=1, error=str(error))
        except asyncio.CancelledError:  # The server's last word to those who kept it from stopping for too long.
            return Answer(code=1, error="service: stopping")
        return Answer(results=[Result(label=recognition.label, confidence=recognition.confidence)])

    @app.get("/healthz")
    async def health() -> dict[str, Any]:
        """That the service is there, and which model it runs."""
        card = classifier.card
        return {
            "status": "ok",
            "arch": card.arch,
            "engine": classifier.engine.name,
            "classes": list(card.classes),
            "threshold": classifier.threshold,
        }

    return app


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any that is free. Raises `ClassifierError`."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sends answers without delay on sockets that say that they are TCP: 40 ms an answer.
        door = socket.socket(family, kind, socket.IPPROTO_TCP)
        try:
            if sys.platform != "win32":  # There it would let two services listen on one port.
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
            door.listen(CONNECTIONS)
        except OSError:
            door.close()
            raise
        return door
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ClassifierError(f"host, port: {host}:{port} ({reason}), allowed: free ones of this machine") from error


async def read_body(request: Request) -> bytes:
    """The request's body. Raises `ImageError` for one that is too large, too slow or broken off."""
    try:
        async with asyncio.timeout(BODY_S):
            return await _read_whole(request)
    except TimeoutError:
        raise ImageError(f"body: not whole after {BODY_S:g} s") from None
    except ClientDisconnect:
        raise ImageError("body: broken off") from None


async def _read_whole(request: Request) -> bytes:
    """No more than the limit is ever kept."""
    body, size = bytearray(), 0
    async for part in request.stream():
        size += len(part)
        if size <= BODY_LIMIT_BYTES:
            body += part
        elif size > DRAINED_BYTES:
            break
        else:
            body.clear()
    if size > BODY_LIMIT_BYTES:
        raise ImageError(f"body: more than {BODY_LIMIT_BYTES} bytes, allowed: up to {BODY_LIMIT_BYTES}")
    return bytes(body)


def _settle(answer: "asyncio.Future[Recognition]", outcome: Recognition | ImageError) -> None:
    """Give an outcome to its asker, unless the asker has gone."""
    if answer.done():
        return
    if isinstance(outcome, ImageError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
