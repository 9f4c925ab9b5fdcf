"""Recognizers by name, and the service's contract from the client's side."""

import json

import httpx
import pytest

from classifier import Recognition
from controller.errors import RecognizerError, SettingsError
from controller.oracle import Oracle
from controller.recognizers import TRIES, Service, recognizer_of


class Desk:
    """A service that gives the answers it was told to, and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def service(desk, url="http://127.0.0.1:8088"):
    return Service(url, transport=httpx.MockTransport(desk))


RIPE = {"results": [{"label": "ripe", "confidence": 0.98}], "code": 0, "error": ""}


@pytest.mark.parametrize("url", ["http://host:8088", "http://host:8088/", "http://host:8088/aisim_tf_pre"])
def test_the_image_is_posted_as_it_is_and_the_answer_understood(url):
    desk = Desk(RIPE)
    answer = service(desk, url).classify(b"\xff\xd8 a picture")
    assert (answer.label, answer.confidence) == ("ripe", 0.98)
    (request,) = desk.asked
    assert (request.method, str(request.url), request.content) == (
        "POST", "http://host:8088/aisim_tf_pre", b"\xff\xd8 a picture",
    )  # fmt: skip


def test_a_code_that_is_not_zero_is_an_error_in_the_services_words():
    desk = Desk({"results": [], "code": 1, "error": "not an image"})
    with pytest.raises(RecognizerError, match="not an image"):
        service(desk).classify(b"")
    assert len(desk.asked) == 1


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("timed out")])
def test_a_failure_on_the_way_is_tried_once_more(failure):
    desk = Desk(failure, RIPE)
    assert service(desk).classify(b"x").label == "ripe"
    desk = Desk(*[failure] * TRIES, RIPE)
    with pytest.raises(RecognizerError, match=str(failure)):
        service(desk).classify(b"x")
    assert len(desk.asked) == TRIES


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b'{"results":[{"label":"ripe"}],"code":0}', b'{"results":[],"code":0}', b"\xff\xfe",
        {"results": [{"label": "ripe", "confidence": 7}], "code": 0}, {"results": RIPE["results"] * 2, "code": 0},
        b" " * 100_000,
    ],
)  # fmt: skip
def test_whatever_else_a_service_answers_is_an_error(body):
    with pytest.raises(RecognizerError):
        service(Desk(body)).classify(b"x")


def test_a_status_other_than_200_is_an_error():
    client = Service("http://host", transport=httpx.MockTransport(lambda request: httpx.Response(500)))
    with pytest.raises(RecognizerError, match="status 500"):
        client.classify(b"x")


def test_recognizers_go_by_name():
    assert isinstance(recognizer_of("oracle"), Oracle)
    assert isinstance(recognizer_of("https://host/"), Service)


@pytest.mark.parametrize("name", ["", "resnet50", "ftp://host", "http://", "http://host:port"])
def test_a_name_that_stands_for_nothing_is_refused_in_one_line(name):
    with pytest.raises(SettingsError) as refusal:
        recognizer_of(name)
    assert "recognizer" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_answer_is_a_recognition():
    assert isinstance(service(Desk(RIPE)).classify(b"x"), Recognition)
