"""The camera: takes an item's picture when its centre passes; the message follows after exposure and encoding.

What the picture shows is drawn by `classifier.renderer`, or it is empty but for the oracle's note where the
scenario wants no pixels. A note also carries the recognition's modelled latency.
"""

from collections.abc import Callable
from random import Random
from typing import Final, Protocol

from classifier import UNKNOWN
from controller.oracle import PLAIN_PICTURE, Answer, Fails, Note, Says, Silent, with_note
from twin.faults import ImageTwice, LateImage, NoImage, RecognizerSays, RecognizerSlow, SpoiltImage
from twin.item import CLASSES, Rider
from twin.mishaps import Mishaps
from twin.scenario import RecognizerModel, Scenario
from twin.streams import Streams
from twin.timeline import Timeline

UNREADABLE: Final = ("torn", "not_an_image")
UNSURE: Final = 0.75
"""The most that a recognizer with a fault of low confidence is sure; well below any threshold that sorts."""


class Film(Protocol):
    """Where pictures come from."""

    def picture(self, rider: Rider) -> bytes:
        """The image file of an item under the camera."""


class OracleFilm:
    """Pictures of nothing, with the scenario's answer in their note."""

    def __init__(self, model: RecognizerModel, stream: Random, mishaps: Mishaps) -> None:
        self._model = model
        self._stream = stream
        self._mishaps = mishaps

    def picture(self, rider: Rider) -> bytes:
        """A picture whose note answers for the item, now and then wrongly if the model says so."""
        model, stream = self._model, self._stream
        label = rider.item.item_class
        if stream.random() < model.misread_share:
            label = stream.choice([other for other in CLASSES if other != label])
        confidence = stream.uniform(model.confidence_from, model.confidence_to)
        if label not in CLASSES:
            label = UNKNOWN
        note = noted(Says(label=label, confidence=confidence), rider, model, stream, self._mishaps)
        spoilt = self._mishaps.now(SpoiltImage)
        if spoilt is not None:
            self._mishaps.touch(spoilt)
            answer = Fails(error=spoilt.how) if spoilt.how in UNREADABLE else Says(label=UNKNOWN, confidence=confidence)
            note = Note(latency_s=note.latency_s, answer=answer)
        return with_note(PLAIN_PICTURE, note)


class RenderedFilm:
    """Pictures as the line's camera would take them, rendered from the scenario's seed."""

    def __init__(self, model: RecognizerModel, streams: Streams, mishaps: Mishaps) -> None:
        self._model = model
        self._stream = streams.stream("camera")
        self._streams = streams
        self._mishaps = mishaps

    def picture(self, rider: Rider) -> bytes:
        """The rendered picture of the item."""
        from classifier.renderer import render  # Loads numpy and OpenCV: only where pictures are wanted.

        item = rider.item
        spoilt = self._mishaps.now(SpoiltImage)
        if spoilt is not None:
            self._mishaps.touch(spoilt)
        image = render(
            item.item_class, seed=self._streams.number(f"picture/{rider.number}"), length_m=item.length_m,
            lateral_m=item.lateral_m, fault=None if spoilt is None else spoilt.how,
        )  # fmt: skip
        note = noted(None, rider, self._model, self._stream, self._mishaps)
        return with_note(image, note) if image.startswith(PLAIN_PICTURE[:2]) else image


def noted(answer: Answer | None, rider: Rider, model: RecognizerModel, stream: Random, mishaps: Mishaps) -> Note:
    """What a scenario says of one recognition: the recognizer's own `answer`, or what its faults make of it."""
    latency_s = model.latency_s + model.jitter_s * stream.random()
    if (slow := mishaps.now(RecognizerSlow)) is not None:
        mishaps.touch(slow)
        latency_s += slow.delay_s
    if (fault := mishaps.now(RecognizerSays)) is not None:
        mishaps.touch(fault)
        answer = _faulty(fault, rider.item.item_class, stream)
    return Note(latency_s=latency_s, answer=answer)


def _faulty(fault: RecognizerSays, label: str, stream: Random) -> Answer:
    if fault.what == "error":
        return Fails(error="code 1")
    if fault.what == "nothing":
        return Silent()
    if fault.what == "unknown":
        return Says(label=UNKNOWN, confidence=0.95)
    if fault.what == "low_confidence":
        return Says(label=label, confidence=stream.uniform(0.0, UNSURE))
    return Says(label=stream.choice([other for other in CLASSES if other != label]), confidence=0.95)


def film_of(scenario: Scenario, mishaps: Mishaps) -> Film:
    """The film that a scenario's recognizer model asks for."""
    streams = Streams(scenario.seed)
    if scenario.recognizer.source == "oracle":
        return OracleFilm(scenario.recognizer, streams.stream("camera"), mishaps)
    return RenderedFilm(scenario.recognizer, streams, mishaps)


class Camera:
    """The camera over the belt. `on_photo` gets rider and image at once, `send` the image after the delay."""

    def __init__(
        self, timeline: Timeline, exposure_s: float, film: Film, mishaps: Mishaps,
        on_photo: Callable[[Rider, bytes], None], send: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._exposure_s = exposure_s
        self._film = film
        self._mishaps = mishaps
        self._on_photo = on_photo
        self._send = send

    def pass_by(self, rider: Rider) -> None:
        """An item's centre is under the camera."""
        mishaps = self._mishaps
        image = self._film.picture(rider)
        self._on_photo(rider, image)
        ready_s = self._timeline.now + self._exposure_s
        if (missing := mishaps.now(NoImage)) is not None:
            mishaps.touch(missing)
            return
        if (late := mishaps.now(LateImage)) is not None:
            mishaps.touch(late, self._timeline.now + late.delay_s)
            ready_s += late.delay_s
        self._timeline.call_at(ready_s, lambda: self._send(image))
        if (twice := mishaps.now(ImageTwice)) is not None:
            mishaps.touch(twice, self._timeline.now + twice.delay_s)
            self._timeline.call_at(ready_s + twice.delay_s, lambda: self._send(image))
