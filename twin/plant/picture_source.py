"""Where the camera's pictures come from: rendered, or empty but for the answer that a scenario scripts.

Every picture carries a note with the recognition's simulated latency (`controller.simulation.oracle`).
"""

from random import Random
from typing import Final, Protocol

from classifier import UNKNOWN
from controller.simulation.oracle import PLAIN_PICTURE, Answer, Fails, Note, Says, Silent, with_note
from twin.plant.belt_item import BeltItem
from twin.plant.fault_injector import FaultInjector
from twin.scenario.faults import RecognizerSays, RecognizerSlow, SpoiltImage
from twin.scenario.item import CLASSES
from twin.scenario.random_streams import Streams
from twin.scenario.scenario import RecognizerModel, Scenario
from twin.trace import Effect

UNREADABLE: Final = ("torn", "not_an_image")
NO_ANSWER: Final = ("error", "nothing")
UNSURE: Final = 0.75
"""The most that a recognizer with a fault of low confidence is sure; well below any threshold that sorts."""


class PictureSource(Protocol):
    """Where pictures come from."""

    def picture(self, belt_item: BeltItem) -> bytes:
        """The image file of an item under the camera."""


class OraclePictures:
    """Pictures of nothing, with the scenario's answer in their note."""

    def __init__(self, model: RecognizerModel, stream: Random, faults: FaultInjector) -> None:
        self._model = model
        self._stream = stream
        self._faults = faults

    def picture(self, belt_item: BeltItem) -> bytes:
        """A picture whose note answers for the item, now and then wrongly if the model says so."""
        model, stream = self._model, self._stream
        label = belt_item.item.item_class
        if stream.random() < model.misread_share:
            label = stream.choice([other for other in CLASSES if other != label])
        confidence = stream.uniform(model.confidence_from, model.confidence_to)
        if label not in CLASSES:
            label = UNKNOWN
        note = note_of(Says(label=label, confidence=confidence), belt_item, model, stream, self._faults)
        how = spoilt(belt_item, self._faults)
        if how is not None:
            answer = Fails(error=how) if how in UNREADABLE else Says(label=UNKNOWN, confidence=confidence)
            note = Note(latency_s=note.latency_s, answer=answer)
        return with_note(PLAIN_PICTURE, note)


class RenderedPictures:
    """Pictures as the line's camera would take them, rendered from the scenario's seed."""

    def __init__(self, model: RecognizerModel, streams: Streams, faults: FaultInjector) -> None:
        self._model = model
        self._stream = streams.stream("camera")
        self._streams = streams
        self._faults = faults

    def picture(self, belt_item: BeltItem) -> bytes:
        """The rendered picture of the item."""
        from classifier.rendering.renderer import render  # Loads numpy and OpenCV: only where pictures are wanted.

        item = belt_item.item
        image = render(
            item.item_class, seed=self._streams.number(f"picture/{belt_item.number}"), length_m=item.length_m,
            lateral_m=item.lateral_m, fault=spoilt(belt_item, self._faults),
        )  # fmt: skip
        note = note_of(None, belt_item, self._model, self._stream, self._faults)
        return with_note(image, note) if image.startswith(PLAIN_PICTURE[:2]) else image


def spoilt(belt_item: BeltItem, faults: FaultInjector) -> str | None:
    """How the picture of an item is spoilt, if it is."""
    for spoils in faults.active(SpoiltImage):
        faults.disturb(spoils, "picture_spoilt", "camera", item=belt_item.number)
        return spoils.how
    return None


def note_of(
    answer: Answer | None, belt_item: BeltItem, model: RecognizerModel, stream: Random, faults: FaultInjector
) -> Note:
    """What a scenario says of one recognition: the recognizer's own `answer`, or what its faults make of it."""
    latency_s = model.latency_s + model.jitter_s * stream.random()
    for slow in faults.active(RecognizerSlow):
        faults.disturb(slow, "answer_late", "recognizer", item=belt_item.number)
        latency_s += slow.delay_s
    for says in faults.active(RecognizerSays):
        what: Effect = "answer_lost" if says.what in NO_ANSWER else "answer_false"
        faults.disturb(says, what, "recognizer", item=belt_item.number)
        return Note(latency_s=latency_s, answer=_faulty(says, belt_item.item.item_class, stream))
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


def picture_source_of(scenario: Scenario, faults: FaultInjector) -> PictureSource:
    """The pictures that a scenario's recognizer model asks for."""
    streams = Streams(scenario.seed)
    if scenario.recognizer.source == "oracle":
        return OraclePictures(scenario.recognizer, streams.stream("camera"), faults)
    return RenderedPictures(scenario.recognizer, streams, faults)
