"""The service: the contract, the right answer to each client, and no input that it does not survive."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from support import image_files
from support.hue_engine import HueEngine

from classifier import service
from classifier.inference import Classifier
from classifier.recognition import SERVICE_PATH, Recognition
from classifier.service import BODY_LIMIT_BYTES, build_app


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):
        yield client


def answer_to(classifier: Classifier, body: bytes) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with client_of(build_app(classifier)) as client:
            return await client.post(SERVICE_PATH, content=body)

    return asyncio.run(asked())


def test_an_image_is_answered_as_the_contract_says(classifier: Classifier) -> None:
    response = answer_to(classifier, image_files.plain(image_files.RED))
    assert response.status_code == 200
    answer = response.json()
    assert list(answer) == ["results", "code", "error"]
    assert (answer["code"], answer["error"]) == (0, "")
    assert answer["results"] == [{"label": "ripe", "confidence": pytest.approx(1, abs=0.01)}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "0 bytes"),
        (bytes(range(256)) * 8, "begin with"),
        (image_files.huge_png(), "30000 x 30000"),
        (image_files.gif(), "GIF8"),
        (bytes(BODY_LIMIT_BYTES + 1), "or fewer, got more"),
    ],
)
def test_bad_input_is_answered_with_code_1_and_the_reason(classifier: Classifier, body: bytes, reason: str) -> None:
    response = answer_to(classifier, body)
    assert response.status_code == 200
    assert (response.json()["code"], response.json()["results"]) == (1, [])
    assert reason in response.json()["error"]


def test_a_body_that_does_not_come_whole_in_time_is_answered(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BODY_S", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"\xff\xd8"
        await asyncio.Event().wait()

    async def asked() -> httpx.Response:
        async with client_of(build_app(classifier)) as client:
            return await client.post(SERVICE_PATH, content=dripping())

    answer = asyncio.run(asked()).json()
    assert (answer["code"], answer["error"]) == (1, "body must be whole within 0.05 s, got a part of it")


def test_fifty_clients_at_once_each_get_the_answer_to_their_own_image(
    classifier: Classifier, engine: HueEngine
) -> None:
    known = [
        (image_files.RED, "ripe"),
        (image_files.GREEN, "raw"),
        (image_files.BLUE, "unknown"),
        ((60, 60, 60), "half_ripe"),
    ]

    async def ask(client: httpx.AsyncClient, number: int) -> bool:
        colour, label = known[number % 4]
        answer = (await client.post(SERVICE_PATH, content=image_files.plain(colour))).json()
        return bool(answer["results"][0]["label"] == label)

    async def ask_all() -> list[bool]:
        async with client_of(build_app(classifier)) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(50)))

    assert all(asyncio.run(ask_all()))
    assert max(engine.batches) > 1


def test_after_a_fault_of_the_classifier_the_next_image_is_served(classifier: Classifier) -> None:
    class Failing(Classifier):
        def classify_many(self, images):  # type: ignore[no-untyped-def]
            if images[0] == b"fail":
                raise RuntimeError("inside")
            return [Recognition(label="ripe", confidence=1.0)] * len(images)

    async def asked() -> list[dict[str, object]]:
        async with client_of(build_app(Failing(HueEngine()))) as client:
            return [(await client.post(SERVICE_PATH, content=body)).json() for body in (b"fail", b"fine")]

    failed, fine = asyncio.run(asked())
    assert failed == {"results": [], "code": 1, "error": "internal error"}
    assert fine["code"] == 0


def test_the_service_has_health_documentation_and_cors(classifier: Classifier) -> None:
    async def asked() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        async with client_of(build_app(classifier)) as client:
            headers = {"Origin": "http://front.end", "Access-Control-Request-Method": "POST"}
            return (
                await client.get("/healthz"),
                await client.get("/openapi.json"),
                await client.options(SERVICE_PATH, headers=headers),
            )

    health, schema, cors = asyncio.run(asked())
    assert health.json()["classes"] == ["half_ripe", "raw", "ripe", "unknown"]
    assert "image/jpeg" in schema.json()["paths"][SERVICE_PATH]["post"]["requestBody"]["content"]
    assert cors.headers["access-control-allow-origin"] == "*"


def test_small_answers_are_not_held_back() -> None:
    with service.listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
