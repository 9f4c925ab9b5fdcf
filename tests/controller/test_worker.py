"""The worker thread that recognises pictures."""

import queue
import threading

import pytest

from classifier import ClassifierError, Recognition
from controller.core.events import Recognised, Unrecognised
from controller.worker import QUEUED_IMAGES, Worker

RIPE = Recognition(label="ripe", confidence=0.9)


class Held:
    """A recognizer that answers when the test releases it."""

    def __init__(self):
        self.go = threading.Event()
        self.begun = threading.Event()
        self.asked = []

    def classify(self, image):
        self.asked.append(image)
        self.begun.set()
        assert self.go.wait(10)
        return RIPE


class Fails:
    def __init__(self, error):
        self.error = error

    def classify(self, image):
        if image == b"good":
            return RIPE
        raise self.error


@pytest.fixture
def pokes():
    return queue.Queue()


def at_work(recognizer, pokes, **options):
    return Worker(recognizer, lambda: pokes.put(True), **options)


def test_an_answer_wakes_the_session(pokes):
    recognizer = Held()
    with at_work(recognizer, pokes) as worker:
        worker.submit(1, b"a", 0.0)
        assert worker.due(0.0) is None
        recognizer.go.set()
        assert pokes.get(timeout=5)
        assert worker.due(0.1) == Recognised(image=1, label="ripe", confidence=0.9)
        assert worker.due(0.1) is None
        assert worker.next_due_s is None


def test_pictures_beyond_the_queues_limit_are_unrecognised_at_once(pokes):
    recognizer = Held()
    with at_work(recognizer, pokes) as worker:
        worker.submit(0, b"", 0.0)
        assert recognizer.begun.wait(5)
        for image in range(1, QUEUED_IMAGES + 2):
            worker.submit(image, b"", 0.0)
        answered = worker.due(0.0)
        assert isinstance(answered, Unrecognised)
        assert answered.image == QUEUED_IMAGES + 1
        recognizer.go.set()


def test_a_late_answer_is_dropped_after_the_timeout(pokes):
    recognizer = Held()
    with at_work(recognizer, pokes, timeout_s=3.0) as worker:
        worker.submit(1, b"", 100.0)
        assert recognizer.begun.wait(5)
        assert worker.next_due_s == 103.0
        assert worker.due(102.9) is None
        assert worker.due(103.0) == Unrecognised(image=1, reason="no answer within 3 s")
        recognizer.go.set()
        assert pokes.get(timeout=5)
        assert worker.due(103.1) is None


def test_a_picture_that_has_timed_out_is_not_recognised(pokes):
    recognizer = Held()
    with at_work(recognizer, pokes, timeout_s=3.0) as worker:
        for image in (1, 2, 3):
            worker.submit(image, b"%d" % image, float(image))
        assert recognizer.begun.wait(5)
        assert [worker.due(5.5).image, worker.due(5.5).image] == [1, 2]
        recognizer.go.set()
        assert pokes.get(timeout=5)
        assert pokes.get(timeout=5)
        assert worker.due(5.5).image == 3
        assert b"2" not in recognizer.asked


@pytest.mark.parametrize("error", [ClassifierError("torn"), ZeroDivisionError("a fault of ours")])
def test_after_any_error_the_next_picture_is_recognised(pokes, error):
    with at_work(Fails(error), pokes) as worker:
        worker.submit(1, b"bad", 0.0)
        worker.submit(2, b"good", 0.0)
        assert pokes.get(timeout=5)
        assert pokes.get(timeout=5)
        first, second = worker.due(0.0), worker.due(0.0)
    assert isinstance(first, Unrecognised)
    assert str(error) in first.reason
    assert second == Recognised(image=2, label="ripe", confidence=0.9)


def test_the_worker_ends_when_the_recognizer_hangs(pokes, monkeypatch):
    monkeypatch.setattr("controller.worker.END_S", 0.05)
    recognizer = Held()
    with at_work(recognizer, pokes) as worker:
        for image in range(QUEUED_IMAGES + 3):
            worker.submit(image, b"", 0.0)
    recognizer.go.set()
