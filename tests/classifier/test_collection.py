"""Collection: pictures of a line are kept under their label, each once."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support import image_files
from typer.testing import CliRunner

from classifier.cli import app
from classifier.collection import Collector, live_pictures, pictures_among
from classifier.errors import ClassifierError, DatasetError
from classifier.inference import Classifier
from controller.wire import FEEDBACK, GateEdge, Image, encode_feedback
from twin.broker.embedded import EmbeddedBroker


def test_pictures_go_under_the_given_label_each_once(tmp_path: Path) -> None:
    collector = Collector(tmp_path, label="ripe")
    red = image_files.plain(image_files.RED)
    paths = [collector.keep(image) for image in (red, red, image_files.grey_png())]
    assert paths[0] is not None
    assert paths[0] == paths[1] != paths[2]
    assert [path.suffix for path in paths if path] == [".jpg", ".jpg", ".png"]
    assert paths[0].parent == tmp_path / "ripe"
    assert paths[0].read_bytes() == red


def test_a_model_sorts_pictures(tmp_path: Path, classifier: Classifier) -> None:
    collector = Collector(tmp_path, classifier=classifier)
    paths = [
        collector.keep(image_files.plain(colour)) for colour in (image_files.RED, image_files.GREEN, image_files.BLUE)
    ]
    assert [path.parent.name for path in paths if path] == ["ripe", "raw", "unknown"]


@pytest.mark.parametrize("image", [b"", b"text", image_files.torn(image_files.plain(image_files.RED))])
def test_an_unreadable_picture_is_counted_and_not_kept(tmp_path: Path, image: bytes) -> None:
    collector = Collector(tmp_path, label="ripe")
    assert collector.keep(image) is None
    assert (collector.new, collector.unreadable, list(tmp_path.rglob("*.jpg"))) == (0, 1, [])


def test_a_picture_that_was_there_before_is_not_new(tmp_path: Path) -> None:
    collector = Collector(tmp_path, label="ripe")
    for _ in range(2):
        collector.keep(image_files.plain(image_files.RED))
    assert collector.new == 1


@pytest.mark.parametrize("label", ["../up", "a/b", "", ".", ".."])
def test_a_label_that_is_no_folder_name_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(DatasetError, match="label"):
        Collector(tmp_path, label=label)


def test_messages_without_a_picture_are_passed_over() -> None:
    arrived: queue.Queue[bytes] = queue.Queue()
    red = image_files.plain(image_files.RED)
    for payload in (encode_feedback(GateEdge(number=1, blocked=True)), b"rubbish", encode_feedback(Image(content=red))):
        arrived.put(payload)
    assert list(islice(pictures_among(arrived), 1)) == [red]


def test_a_missing_broker_is_one_clear_error() -> None:
    with pytest.raises(ClassifierError, match=r"broker: no answer at 127\.0\.0\.1:9"), live_pictures("127.0.0.1", 9):
        pass


@pytest.mark.broker
def test_pictures_of_a_live_line_arrive_in_order() -> None:
    broker = EmbeddedBroker()
    broker.start()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    images = [image_files.plain((number, 50, 50)) for number in range(3)]
    try:
        with live_pictures("127.0.0.1", broker.port) as arriving:
            client.connect("127.0.0.1", broker.port)
            client.loop_start()
            for image in images:
                client.publish(FEEDBACK, encode_feedback(Image(content=image))).wait_for_publish(10)
            assert list(islice((image for image in arriving if image is not None), 3)) == images
    finally:
        client.disconnect()
        client.loop_stop()
        broker.stop()


@contextmanager
def line_sending(images: list[bytes]) -> Iterator[str]:
    """A broker on which a line sends pictures, over and over; gives the broker's address."""
    broker, client, over = EmbeddedBroker(), mqtt.Client(CallbackAPIVersion.VERSION2), threading.Event()
    broker.start()

    def send() -> None:
        while not over.wait(0.1):
            for image in images:
                client.publish(FEEDBACK, encode_feedback(Image(content=image)))

    sender = threading.Thread(target=send)
    try:
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        sender.start()
        yield f"127.0.0.1:{broker.port}"
    finally:
        over.set()
        sender.join()
        client.disconnect()
        client.loop_stop()
        broker.stop()


@pytest.mark.broker
def test_pictures_that_no_model_knows_are_kept_by_look_and_a_label_is_asked_for_each_look(tmp_path: Path) -> None:
    dull, bright = (0, 60, 120), (40, 200, 90)
    images = [image_files.plain(colour, width_px=64 + 8 * number) for colour in (dull, bright) for number in range(3)]
    with line_sending(images) as address:
        words = ["collect", "--broker", address, "--out", str(tmp_path), "--by-look", "--images", "6"]
        result = CliRunner().invoke(app, words, input="ripe\nraw\n")
    assert result.exit_code == 0, result.output
    kept = {path.name: len(list(path.iterdir())) for path in tmp_path.iterdir() if path.is_dir()}
    assert kept["unlabelled"] == 6
    assert sum(kept.get(name, 0) for name in ("ripe", "raw")) == 6
    assert (tmp_path / "groups.png").is_file()


def test_a_picture_that_somebody_has_put_under_another_label_is_kept_there_alone(
    tmp_path: Path, classifier: Classifier
) -> None:
    collector, red = Collector(tmp_path, classifier=classifier), image_files.plain(image_files.RED)
    first = collector.keep(red)
    assert first is not None
    (tmp_path / "raw").mkdir()
    moved = first.rename(tmp_path / "raw" / first.name)
    assert collector.keep(red) == moved
    assert (collector.new, len(list(tmp_path.rglob("*.jpg")))) == (1, 1)


def test_a_label_and_a_model_together_are_refused(tmp_path: Path) -> None:
    words = ["collect", "--broker", "127.0.0.1:9", "--out", str(tmp_path), "--label", "ripe", "--model", "m.onnx"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "--label must be given without --model" in result.output
