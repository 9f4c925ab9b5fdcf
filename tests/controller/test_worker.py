"""The worker that recognises pictures beside the session's thread."""

import queue
import threading

import pytest

from classifier import ClassifierError, Recognition
from controller.core.events import Recognised, Unrecognised
from controller.worker import QUEUED_IMAGES, Worker

RIPE = Recognition(label="ripe", confidence=0.9)


class Held:
    """A recognizer that answers when it is let go."""

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


def test_an_answer_announces_itself(pokes):
    recognizer = Held()
    with at_work(recognizer, pokes) as worker:
        worker.submit(1, b"a", 0.0)
        assert worker.due(0.0) is None
        recognizer.go.set()
        assert pokes.get(timeout=5)
        assert worker.due(0.1) == Recognised(image=1, label="ripe", confidence=0.9)
        assert worker.due(0.1) is None
        assert worker.next_due_s is None


def test_pictures_beyond_those_that_may_wait_are_unrecognised_at_once(pokes):
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


def test_an_answer_that_takes_too_long_is_none_and_the_late_one_is_dropped(pokes):
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


def test_a_picture_nobody_waits_for_any_more_is_not_recognised(pokes):
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
def test_whatever_a_recognizer_raises_the_next_picture_is_recognised(pokes, error):
    with at_work(Fails(error), pokes) as worker:
        worker.submit(1, b"bad", 0.0)
        worker.submit(2, b"good", 0.0)
        assert pokes.get(timeout=5)
        assert pokes.get(timeout=5)
        first, second = worker.due(0.0), worker.due(0.0)
    assert isinstance(first, Unrecognised)
    assert str(error) in first.reason
    assert second == Recognised(image=2, label="ripe", confidence=0.9)


def test_it_ends_though_the_recognizer_hangs(pokes, monkeypatch):
    monkeypatch.setattr("controller.worker.END_S", 0.05)
    recognizer = Held()
    with at_work(recognizer, pokes) as worker:
        for image in range(QUEUED_IMAGES + 3):
            worker.submit(image, b"", 0.0)
    recognizer.go.set()
