"""Recognizers by name, and the client's side of the service's contract."""

import contextlib
import json
import socket
import threading

import httpx
import pytest

from classifier import Recognition
from controller.errors import RecognizerError, SettingsError
from controller.recognizers import TRIES, Service, recognizer_of
from controller.simulation.oracle import Oracle


class ServiceAnswers:
    """A service that gives scripted answers, and keeps the requests."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode())


@pytest.fixture
def service():
    """Makes a client of the service, and closes it after the test."""
    with contextlib.ExitStack() as made:

        def make(service_answers=None, url="http://127.0.0.1:8088", **options):
            transport = None if service_answers is None else httpx.MockTransport(service_answers)
            client = Service(url, transport=transport, **options)
            made.callback(client.close)
            return client

        yield make


@pytest.fixture
def endless():
    """Answers each request with a beginning, and then with up to `most` small pieces."""
    over = threading.Event()
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

        def pour(beginning, drop, pause_s, most, sent):
            with contextlib.suppress(OSError):
                while True:
                    with server.accept()[0] as connection, contextlib.suppress(OSError):
                        connection.recv(1024)
                        connection.sendall(beginning)
                        for _ in range(most):
                            if over.wait(pause_s):
                                return
                            connection.sendall(drop)
                            sent.append(len(drop))

        def begin(beginning, drop, pause_s, most):
            sent = []
            thread = threading.Thread(target=pour, args=(beginning, drop, pause_s, most, sent))
            thread.start()
            opened.callback(thread.join)
            opened.callback(server.shutdown, socket.SHUT_RDWR)
            opened.callback(over.set)
            return f"http://127.0.0.1:{server.getsockname()[1]}", sent

        yield begin


RIPE = {"results": [{"label": "ripe", "confidence": 0.98}], "code": 0, "error": ""}


@pytest.mark.parametrize("url", ["http://host:8088", "http://host:8088/", "http://host:8088/aisim_tf_pre"])
def test_the_image_is_posted_unchanged_and_the_answer_decoded(service, url):
    service_answers = ServiceAnswers(RIPE)
    answer = service(service_answers, url).classify(b"\xff\xd8 a picture")
    assert (answer.label, answer.confidence) == ("ripe", 0.98)
    (request,) = service_answers.asked
    assert (request.method, str(request.url), request.content) == (
        "POST", "http://host:8088/aisim_tf_pre", b"\xff\xd8 a picture",
    )  # fmt: skip


def test_a_nonzero_code_is_an_error_with_the_services_message(service):
    service_answers = ServiceAnswers({"results": [], "code": 1, "error": "not an image"})
    with pytest.raises(RecognizerError, match="not an image"):
        service(service_answers).classify(b"")
    assert len(service_answers.asked) == 1


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("timed out")])
def test_a_network_error_is_tried_once_more(service, failure):
    service_answers = ServiceAnswers(failure, RIPE)
    assert service(service_answers).classify(b"x").label == "ripe"
    service_answers = ServiceAnswers(*[failure] * TRIES, RIPE)
    with pytest.raises(RecognizerError, match=str(failure)):
        service(service_answers).classify(b"x")
    assert len(service_answers.asked) == TRIES


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b'{"results":[{"label":"ripe"}],"code":0}', b'{"results":[],"code":0}', b"\xff\xfe",
        {"results": [{"label": "ripe", "confidence": 7}], "code": 0}, {"results": RIPE["results"] * 2, "code": 0},
        b" " * 100_000,
    ],
)  # fmt: skip
def test_any_other_answer_of_a_service_is_an_error(service, body):
    with pytest.raises(RecognizerError):
        service(ServiceAnswers(body)).classify(b"x")


def test_a_status_other_than_200_is_an_error(service):
    with pytest.raises(RecognizerError, match="status 500"):
        service(lambda request: httpx.Response(500)).classify(b"x")


def test_an_unreachable_service_is_named_with_reason_but_no_password(service):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(RecognizerError, match=f"^http://{where}/aisim_tf_pre: .*Errno"):
            service(url=f"http://line:secret@{where}").classify(b"x")


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("beginning", [HEAD, HEAD + b"Content-Length: 60000\r\n\r\n"], ids=["its head", "its body"])
def test_an_answer_byte_by_byte_times_out(service, endless, beginning):
    url, sent = endless(beginning, b"x", pause_s=0.05, most=100)
    with pytest.raises(RecognizerError, match=r"no answer within 0\.4 s"):
        service(url=url, timeout_s=0.4).classify(b"x")
    assert 0 < sum(sent) < 100


def test_an_endless_answer_is_cut_off(service, endless):
    url, sent = endless(HEAD + b"\r\n", b" " * 10_000, pause_s=0, most=10_000)
    with pytest.raises(RecognizerError, match="an answer of more than 65536 bytes"):
        service(url=url, timeout_s=10.0).classify(b"x")
    assert sum(sent) < 50_000_000


def test_recognizers_are_found_by_name():
    assert isinstance(recognizer_of("oracle"), Oracle)
    assert isinstance(recognizer_of("https://host/"), Service)


@pytest.mark.parametrize(
    "name",
    [
        "", "resnet50", "ftp://host", "http://", "http://host:port", "http://host:-1", "http://host:65536",
        "http://xn--0", "http://host/\udcff",
    ],
)  # fmt: skip
def test_an_unknown_recognizer_is_refused_in_one_line(name):
    with pytest.raises(SettingsError) as refusal:
        recognizer_of(name)
    assert "recognizer" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_answer_is_a_recognition(service):
    assert isinstance(service(ServiceAnswers(RIPE)).classify(b"x"), Recognition)
