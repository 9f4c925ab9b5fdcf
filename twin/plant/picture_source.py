"""The sources of the camera's pictures: rendered pictures, or empty ones with a scripted answer.

Every picture carries a note with the simulated latency of its recognition (`controller.simulation.oracle`).
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
"""The highest confidence under a `low_confidence` fault; well below any threshold at which an item is sorted."""


class PictureSource(Protocol):
    """A source of the camera's pictures."""

    def picture(self, belt_item: BeltItem) -> bytes:
        """The picture of an item under the camera: the bytes of an image file."""


class OraclePictures:
    """Empty pictures, with the scenario's answer in their note."""

    def __init__(self, model: RecognizerModel, stream: Random, faults: FaultInjector) -> None:
        self._model = model
        self._stream = stream
        self._faults = faults

    def picture(self, belt_item: BeltItem) -> bytes:
        """A picture whose note names the item's class, or a wrong one in the model's `misread_share` of pictures."""
        model, stream = self._model, self._stream
        label = belt_item.item.item_class
        if stream.random() < model.misread_share:
            label = stream.choice([other for other in CLASSES if other != label])
        confidence = stream.uniform(model.confidence_from, model.confidence_to)
        if label not in CLASSES:
            label = UNKNOWN
        note = note_of(Says(label=label, confidence=confidence), belt_item, model, stream, self._faults)
        damage = picture_damage(belt_item, self._faults)
        if damage is not None:
            answer = Fails(error=damage) if damage in UNREADABLE else Says(label=UNKNOWN, confidence=confidence)
            note = Note(latency_s=note.latency_s, answer=answer)
        return with_note(PLAIN_PICTURE, note)


class RenderedPictures:
    """Pictures as the line's camera would take them, rendered from the scenario's seed."""

    def __init__(self, model: RecognizerModel, look: str, streams: Streams, faults: FaultInjector) -> None:
        self._model = model
        self._look = look
        self._stream = streams.stream("camera")
        self._streams = streams
        self._faults = faults

    def picture(self, belt_item: BeltItem) -> bytes:
        """The item's rendered picture: the bytes of an image file."""
        from classifier.rendering.renderer import render  # Imported here because it loads numpy and OpenCV.

        item = belt_item.item
        image = render(
            item.item_class, seed=self._streams.number(f"picture/{belt_item.number}"), length_m=item.length_m,
            lateral_m=item.lateral_m, fault=picture_damage(belt_item, self._faults),
            look=self._look,
        )  # fmt: skip
        note = note_of(None, belt_item, self._model, self._stream, self._faults)
        return with_note(image, note) if image.startswith(PLAIN_PICTURE[:2]) else image


def picture_damage(belt_item: BeltItem, faults: FaultInjector) -> str | None:
    """How an active fault damages the picture of an item, such as `torn` or `dark`; None if no fault does.

    Records the damage as a fact.
    """
    for fault in faults.active(SpoiltImage):
        faults.disturb(fault, "picture_spoilt", "camera", item=belt_item.number)
        return fault.how
    return None


def note_of(
    answer: Answer | None, belt_item: BeltItem, model: RecognizerModel, stream: Random, faults: FaultInjector
) -> Note:
    """The note for one recognition: its latency and its answer (None: the recognizer's own).

    An active fault of the recognizer replaces `answer`.
    """
    latency_s = model.latency_s + model.jitter_s * stream.random()
    for slow in faults.active(RecognizerSlow):
        faults.disturb(slow, "answer_late", "recognizer", item=belt_item.number)
        latency_s += slow.delay_s
    for fault in faults.active(RecognizerSays):
        what: Effect = "answer_lost" if fault.what in NO_ANSWER else "answer_false"
        faults.disturb(fault, what, "recognizer", item=belt_item.number)
        return Note(latency_s=latency_s, answer=_faulty_answer(fault, belt_item.item.item_class, stream))
    return Note(latency_s=latency_s, answer=answer)


def _faulty_answer(fault: RecognizerSays, label: str, stream: Random) -> Answer:
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
    """The picture source that a scenario's recognizer model requires."""
    streams = Streams(scenario.seed)
    if scenario.recognizer.source == "oracle":
        return OraclePictures(scenario.recognizer, streams.stream("camera"), faults)
    return RenderedPictures(scenario.recognizer, scenario.camera.look, streams, faults)
