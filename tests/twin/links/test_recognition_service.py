"""The twin's recognition service in real time."""

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from classifier.recognition import SERVICE_PATH
from controller.simulation.oracle import PLAIN_PICTURE, Fails, Note, Oracle, Says, Silent, with_note
from twin.errors import TwinError
from twin.links.recognition_service import RecognitionService

RIPE = Says(label="ripe", confidence=0.98)


def posted(url, *pictures, path=None, timeout_s=10.0):
    """The answers to pictures, over one connection."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=timeout_s)
    try:
        for picture in pictures:
            connection.request("POST", path or at.path, picture)
            response = connection.getresponse()
            yield response.status, json.loads(response.read())
    finally:
        connection.close()


def picture(answer, latency_s=0.0):
    return with_note(PLAIN_PICTURE, Note(latency_s=latency_s, answer=answer))


def test_it_answers_as_the_scenario_says():
    with RecognitionService(Oracle()) as service:
        answers = list(posted(service.url, picture(RIPE), picture(Fails(error="code 1")), b"no picture"))
    right = {"results": [{"label": "ripe", "confidence": 0.98}], "code": 0, "error": ""}
    assert answers[0] == (200, right)
    assert [(status, body["code"], body["results"]) for status, body in answers[1:]] == [(200, 1, []), (200, 1, [])]


def test_an_answer_takes_the_lines_time():
    with RecognitionService(Oracle(), speed=4.0) as service:
        began_s = time.monotonic()
        list(posted(service.url, picture(RIPE, latency_s=2.0)))
        assert 0.4 < time.monotonic() - began_s < 1.9


def test_an_answer_that_never_comes_holds_nobody_else_up():
    with RecognitionService(Oracle()) as service:
        silent = posted(service.url, picture(Silent()), timeout_s=0.5)
        with pytest.raises(TimeoutError):
            next(silent)
        assert next(posted(service.url, picture(RIPE)))[0] == 200


def test_another_path_is_not_found():
    with RecognitionService(Oracle()) as service:
        assert next(posted(service.url, b"", path="/elsewhere"))[0] == 404


def test_a_program_may_append_the_path_to_a_url_that_has_it():
    with RecognitionService(Oracle()) as service:
        answer = next(posted(service.url, picture(RIPE), path=f"{SERVICE_PATH}{SERVICE_PATH}"))
        assert answer == next(posted(service.url, picture(RIPE)))


def test_a_port_in_use_is_refused():
    with RecognitionService(Oracle()) as service:
        port = urlsplit(service.url).port
        with (
            pytest.raises(TwinError, match=f"cannot listen on 127.0.0.1:{port}"),
            RecognitionService(Oracle(), port=port),
        ):
            raise AssertionError
