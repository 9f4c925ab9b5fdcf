"""The recognition service over HTTP: passes images to the classifier, and answers every request.

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
from classifier.recognition import SERVICE_PATH, Recognition

BODY_LIMIT_BYTES: Final = 10 * 1024 * 1024
DRAINED_BYTES: Final = 512 * 1024 * 1024
"""The service reads and drops this much of a body over the limit, so that its sender gets to read the answer."""

BODY_S: Final = 30.0
"""The time that a body may take to arrive."""

BATCH: Final = 8
WAITING: Final = 128
"""The most requests that may wait. The service answers one more that it is busy."""

CONNECTIONS: Final = 256
"""The most connections at once; one more gets status 503. Bounds the memory: each holds one body at most."""

SHUTDOWN_S: Final = 5
"""How long requests that are not answered yet may keep the service from stopping."""

_IMAGE_BODY: Final = {
    "requestBody": {
        "required": False,  # An empty body gets status 200 and code 1, as any body does that is no picture.
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


class Batcher:
    """The queue before the classifier: images that wait together are classified together, in one batch."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._queue: asyncio.Queue[tuple[bytes, asyncio.Future[Recognition]]] = asyncio.Queue(WAITING)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="classifier")

    async def classify(self, image: bytes) -> Recognition:
        """The answer for one image. Raises `ClassifierError`, also where too many images wait already."""
        answer: asyncio.Future[Recognition] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((image, answer))
        except asyncio.QueueFull:
            raise ClassifierError(f"service busy: {WAITING} images are waiting") from None
        return await answer

    async def serve(self) -> None:
        """Classify what waits, batch by batch, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            images = [image for image, _ in waiting]
            try:
                outcomes = await loop.run_in_executor(self._thread, self._classifier.classify_many, images)
            except Exception:  # These requests get an error, and the next ones are served.
                _log.exception("classify_failed images=%d", len(images))
                outcomes = [ImageError("internal error")] * len(images)
            for (_, answer), outcome in zip(waiting, outcomes, strict=True):
                _settle(answer, outcome)


def build_app(classifier: Classifier) -> FastAPI:
    """The service that answers with a classifier."""
    batcher = Batcher(classifier)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker = asyncio.create_task(batcher.serve())
        yield
        worker.cancel()

    app = FastAPI(title="Recognition", description="Tells ripe, half_ripe and raw items apart.", lifespan=lifespan)
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])

    @app.post(SERVICE_PATH, openapi_extra=_IMAGE_BODY)
    async def recognise(request: Request) -> Answer:
        """What the image in the body shows."""
        try:
            recognition = await batcher.classify(await read_body(request))
        except ClassifierError as error:
            return Answer(code=1, error=str(error))
        except asyncio.CancelledError:  # It was not answered within SHUTDOWN_S.
            return Answer(code=1, error="service: stopping")
        return Answer(results=[Result(label=recognition.label, confidence=recognition.confidence)])

    @app.get("/healthz")
    async def health() -> dict[str, Any]:
        """Whether the service runs, and which model."""
        metadata = classifier.metadata
        return {
            "status": "ok",
            "arch": metadata.arch,
            "engine": classifier.engine.name,
            "classes": list(metadata.classes),
            "threshold": classifier.threshold,
        }

    return app


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; port 0 is any free port. Raises `ClassifierError` where it is not free."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sends answers without delay on sockets that say that they are TCP: 40 ms an answer.
        listener = socket.socket(family, kind, socket.IPPROTO_TCP)
        try:
            if sys.platform != "win32":  # There it would let two services listen on one port.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(CONNECTIONS)
        except OSError:
            listener.close()
            raise
        return listener
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ClassifierError(
            f"host, port must be a free address of this machine, got {host}:{port} ({reason})"
        ) from error


async def read_body(request: Request) -> bytes:
    """The request's body. Raises `ImageError` for one that is too large, too slow or broken off."""
    try:
        async with asyncio.timeout(BODY_S):
            return await _read_whole(request)
    except TimeoutError:
        raise ImageError(f"body must be whole within {BODY_S:g} s, got a part of it") from None
    except ClientDisconnect:
        raise ImageError("body must be whole, got one that broke off") from None


async def _read_whole(request: Request) -> bytes:
    """The whole body, of which no more than the limit is ever kept."""
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
        raise ImageError(f"body must have {BODY_LIMIT_BYTES} bytes or fewer, got more")
    return bytes(body)


def _settle(answer: "asyncio.Future[Recognition]", outcome: Recognition | ImageError) -> None:
    """Resolve a request's future, unless the client has gone."""
    if answer.done():
        return
    if isinstance(outcome, ImageError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
