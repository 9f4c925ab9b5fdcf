"""The camera: takes an item's picture when its centre passes; the message follows after exposure and encoding.

What the picture shows is drawn by `classifier.renderer`, or it is empty but for the oracle's note where the
scenario wants no pixels. A note also carries the recognition's modelled latency.
"""

from collections.abc import Callable
from random import Random
from typing import Protocol

from controller.oracle import PLAIN_PICTURE, Note, Says, with_note
from twin.item import CLASSES, Rider
from twin.scenario import RecognizerModel, Scenario
from twin.streams import Streams
from twin.timeline import Timeline


class Film(Protocol):
    """Where pictures come from."""

    def picture(self, rider: Rider) -> bytes:
        """The image file of an item under the camera."""


class OracleFilm:
    """Pictures of nothing, with the scenario's answer in their note."""

    def __init__(self, model: RecognizerModel, stream: Random) -> None:
        self._model = model
        self._stream = stream

    def picture(self, rider: Rider) -> bytes:
        """A picture whose note answers for the item, now and then wrongly if the model says so."""
        model, stream = self._model, self._stream
        label = rider.item.item_class
        if stream.random() < model.misread_share:
            label = stream.choice([other for other in CLASSES if other != label])
        confidence = stream.uniform(model.confidence_from, model.confidence_to)
        latency_s = model.latency_s + model.jitter_s * stream.random()
        return with_note(PLAIN_PICTURE, Note(latency_s=latency_s, answer=Says(label=label, confidence=confidence)))


class RenderedFilm:
    """Pictures as the line's camera would take them, rendered from the scenario's seed."""

    def __init__(self, model: RecognizerModel, streams: Streams) -> None:
        self._model = model
        self._stream = streams.stream("camera")
        self._streams = streams

    def picture(self, rider: Rider) -> bytes:
        """The rendered picture of the item."""
        from classifier.renderer import render  # Loads numpy and OpenCV: only where pictures are wanted.

        item = rider.item
        seed = self._streams.number(f"picture/{rider.number}")
        image = render(item.item_class, seed=seed, length_m=item.length_m, lateral_m=item.lateral_m)
        latency_s = self._model.latency_s + self._model.jitter_s * self._stream.random()
        return with_note(image, Note(latency_s=latency_s))


def film_of(scenario: Scenario) -> Film:
    """The film that a scenario's recognizer model asks for."""
    streams = Streams(scenario.seed)
    if scenario.recognizer.source == "oracle":
        return OracleFilm(scenario.recognizer, streams.stream("camera"))
    return RenderedFilm(scenario.recognizer, streams)


class Camera:
    """The camera over the belt. `on_photo` gets rider and image at once, `send` the image after the delay."""

    def __init__(
        self, timeline: Timeline, exposure_s: float, film: Film,
        on_photo: Callable[[Rider, bytes], None], send: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        self._timeline = timeline
        self._exposure_s = exposure_s
        self._film = film
        self._on_photo = on_photo
        self._send = send

    def pass_by(self, rider: Rider) -> None:
        """An item's centre is under the camera."""
        image = self._film.picture(rider)
        self._on_photo(rider, image)
        self._timeline.call_at(self._timeline.now + self._exposure_s, lambda: self._send(image))
