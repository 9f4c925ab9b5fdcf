"""What is heard of the recognition service by clients that ask in unusual ways."""

import h11
from support.hosting import NoRecognizer

from classifier.recognition import SERVICE_PATH
from twin.links.recognition_endpoint import LATENCY_S, RecognitionEndpoint


def asked(method, *, headers=()):
    """The endpoint, and a client that has sent the head of its request."""
    endpoint, client = RecognitionEndpoint(NoRecognizer()), h11.Connection(h11.CLIENT)
    head = [("host", "127.0.0.1:8088"), *headers]
    endpoint.received(1, client.send(h11.Request(method=method, target=SERVICE_PATH, headers=head)), 5.0)
    return endpoint, client


def answers(endpoint, client, now_s):
    """What the client has got by now."""
    for _, data, _ in endpoint.due(now_s):
        client.receive_data(data)
    found = []
    while not isinstance(event := client.next_event(), type(h11.NEED_DATA)) and len(found) < 5:
        found.append(event)
    return found


def test_who_waits_for_leave_to_post_a_picture_gets_it_at_once():
    """As libcurl and .NET do: without an answer they wait a second, in which the item has passed its rod."""
    endpoint, client = asked("POST", headers=[("content-length", "3"), ("expect", "100-continue")])
    (go_on,) = answers(endpoint, client, 5.0)
    assert go_on.status_code == 100
    endpoint.received(1, client.send(h11.Data(data=b"abc")) + client.send(h11.EndOfMessage()), 5.0)
    assert answers(endpoint, client, 5.0 + LATENCY_S)[0].status_code == 200


def test_a_request_for_the_head_is_answered_without_a_body():
    endpoint, client = asked("HEAD")
    endpoint.received(1, client.send(h11.EndOfMessage()), 5.0)
    head, end = answers(endpoint, client, 5.0 + LATENCY_S)[:2]
    assert head.status_code == 405
    assert isinstance(end, h11.EndOfMessage)
