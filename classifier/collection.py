"""Collection: keeps the pictures of a live line, one folder a class, to train on them later."""

import hashlib
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from classifier.decoding import decode
from classifier.errors import ClassifierError, DatasetError, ImageError
from classifier.inference import Classifier
from controller.address import address_text
from controller.errors import WireError
from controller.wire import FEEDBACK, Image, decode_feedback

_BACKLOG: Final = 256
"""The most pictures that may wait to be written. A disk that is slower than the line for longer than that is broken."""

_CHECKED_PX: Final = 32
_KEEPALIVE_S: Final = 50
_QUIET_S: Final = 0.5
_ANSWER_S: Final = 10.0


class Collector:
    """Sorts pictures into `out/label/`: all under one label, or each under the label that a model gives it.

    `new` counts the pictures written, `unreadable` those left out because nothing can be trained on them. Raises
    `DatasetError` where not exactly one of label and model is given, or the label is no folder name.
    """

    def __init__(self, out: Path, *, label: str | None = None, classifier: Classifier | None = None) -> None:
        if (label is None) == (classifier is None):
            raise DatasetError("label, classifier: exactly one of them must be given")
        if label is not None and (label in ("", "..") or Path(label).name != label):
            raise DatasetError(f"label must be a plain folder name, got {label!r}")
        self.new = self.unreadable = 0
        self._out = out
        self._label = label
        self._classifier = classifier

    def keep(self, image: bytes) -> Path | None:
        """Write one picture and return its path, or None where it is no whole picture.

        The file is named by its content, so that the same picture is kept once, under whatever label. Raises
        `DatasetError` where it cannot be written.
        """
        try:
            decode(image, _CHECKED_PX)
        except ImageError:
            self.unreadable += 1
            return None
        name = hashlib.sha256(image).hexdigest()[:16] + (".png" if image.startswith(b"\x89PNG") else ".jpg")
        kept = next(self._out.glob(f"*/{name}"), None)  # Perhaps under another label by now: somebody has moved it.
        if kept is not None:
            return kept
        folder = self._out / self._label_of(image)
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image)
            self.new += 1
        except OSError as error:
            raise DatasetError(f"{path}: not writable ({error.strerror})") from error
        return path

    def _label_of(self, image: bytes) -> str:
        """The label under which a picture is kept."""
        if self._classifier is not None:
            return self._classifier.classify(image).label
        assert self._label is not None
        return self._label


@contextmanager
def live_pictures(host: str, port: int) -> Iterator[Iterator[bytes | None]]:
    """The pictures that a line sends from now on; None every half second without one, so that the caller may stop.

    Raises `ClassifierError` where no broker answers.
    """
    arrived: queue.Queue[bytes] = queue.Queue(_BACKLOG)
    listening = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)

    def on_connect(client: mqtt.Client, *_rest: Any) -> None:
        client.subscribe(FEEDBACK)

    def on_message(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        if not arrived.full():
            arrived.put_nowait(bytes(message.payload))

    def on_subscribe(*_rest: Any) -> None:
        listening.set()

    client.on_connect, client.on_message, client.on_subscribe = on_connect, on_message, on_subscribe
    try:
        client.connect(host, port, keepalive=_KEEPALIVE_S)
    except OSError as error:
        raise ClassifierError(f"broker: no answer at {address_text(host, port)} ({error.strerror or error})") from error
    except ValueError as error:
        raise ClassifierError(f"broker must be a host's name or address, got {host!r}") from error
    client.loop_start()
    try:
        if not listening.wait(_ANSWER_S):
            raise ClassifierError(f"broker: no subscription at {address_text(host, port)} within {_ANSWER_S:.0f} s")
        yield pictures_among(arrived)
    finally:
        client.disconnect()
        client.loop_stop()


def pictures_among(arrived: "queue.Queue[bytes]") -> Iterator[bytes | None]:
    """The pictures among the messages that arrived; messages of gates are passed over."""
    while True:
        try:
            payload = arrived.get(timeout=_QUIET_S)
        except queue.Empty:
            yield None
            continue
        try:
            feedback = decode_feedback(payload)
        except WireError:
            continue
        if isinstance(feedback, Image):
            yield feedback.content
