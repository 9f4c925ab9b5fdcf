"""The sources of the camera's pictures: blank, rendered or the user's own, with or without a scripted answer.

Every picture carries a note with the simulated latency of its recognition (`controller.simulation.oracle`).
"""

from importlib import import_module
from pathlib import Path
from random import Random
from typing import Final, Protocol

from classifier import UNKNOWN
from controller.simulation.oracle import PLAIN_PICTURE, Answer, Fails, Note, Says, Silent, can_carry_note, with_note
from twin.errors import ScenarioError
from twin.plant.belt_item import BeltItem
from twin.plant.fault_injector import FaultInjector
from twin.scenario.faults import RecognizerSays, RecognizerSlow, SpoiltImage
from twin.scenario.item import CLASSES
from twin.scenario.picture_folder import PictureFolder, load_pictures
from twin.scenario.random_streams import Streams
from twin.scenario.scenario import Camera, RecognizerModel, Scenario
from twin.trace import Effect

UNREADABLE: Final = ("torn", "not_an_image")
NO_ANSWER: Final = ("error", "nothing")
UNSURE: Final = 0.75
"""The highest confidence under a `low_confidence` fault; well below any threshold at which an item is sorted."""


class PictureSource(Protocol):
    """A source of the camera's pictures."""

    def picture(self, belt_item: BeltItem) -> bytes:
        """The picture of an item under the camera: the bytes of an image file."""


class Shown(Protocol):
    """What an item's picture shows."""

    def image(self, belt_item: BeltItem, damage: str | None) -> bytes:
        """An image file of the item, damaged by a fault (None: by none)."""


class BlankImages:
    """The smallest files that begin and end as a JPEG does."""

    def image(self, belt_item: BeltItem, damage: str | None) -> bytes:
        """The same for each."""
        return PLAIN_PICTURE


class RenderedImages:
    """Images as the line's camera would take them, rendered from the scenario's seed."""

    def __init__(self, look: str, streams: Streams) -> None:
        self._look = look
        self._streams = streams

    def image(self, belt_item: BeltItem, damage: str | None) -> bytes:
        """The item's rendered image."""
        from classifier.rendering.renderer import render  # Imported here because it loads numpy and OpenCV.

        item = belt_item.item
        return render(
            item.item_class, seed=self._streams.number(f"picture/{belt_item.number}"), length_m=item.length_m,
            lateral_m=item.lateral_m, fault=damage, look=self._look,
        )  # fmt: skip


class FolderImages:
    """Images from a folder of the user's; what the folder has none of, such as foreign objects, is `rendered`."""

    def __init__(self, folder: PictureFolder, streams: Streams, rendered: Shown) -> None:
        self._folder = folder
        self._streams = streams
        self._rendered = rendered

    def image(self, belt_item: BeltItem, damage: str | None) -> bytes:
        """One of the pictures of the item's class, which the scenario's seed chooses."""
        number = self._streams.number(f"picture/{belt_item.number}")
        found = self._folder.picture(belt_item.item.item_class, number)
        if found is None:
            return self._rendered.image(belt_item, damage)
        if damage is None:
            return found
        from classifier.rendering.optics import spoil  # Imported here because it loads numpy and OpenCV.

        return spoil(found, damage, seed=number)


class OraclePictures:
    """Pictures with the scenario's answer in their note."""

    def __init__(self, model: RecognizerModel, shown: Shown, stream: Random, faults: FaultInjector) -> None:
        self._model = model
        self._shown = shown
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
        return _with_note_if_image(self._shown.image(belt_item, damage), note)


class PlainPictures:
    """Pictures whose note says how long their recognition takes; a recognizer answers."""

    def __init__(self, model: RecognizerModel, shown: Shown, stream: Random, faults: FaultInjector) -> None:
        self._model = model
        self._shown = shown
        self._stream = stream
        self._faults = faults

    def picture(self, belt_item: BeltItem) -> bytes:
        """The item's picture: the bytes of an image file."""
        image = self._shown.image(belt_item, picture_damage(belt_item, self._faults))
        return _with_note_if_image(image, note_of(None, belt_item, self._model, self._stream, self._faults))


def _with_note_if_image(image: bytes, note: Note) -> bytes:
    """The image with a note, unless it is no image."""
    return with_note(image, note) if can_carry_note(image) else image


def picture_damage(belt_item: BeltItem, faults: FaultInjector) -> str | None:
    """How an active fault damages the picture of an item, such as `torn` or `dark`; None if no fault does.

    Records the damage as a fact.
    """
    fault = faults.first(SpoiltImage)
    if fault is None:
        return None
    faults.disturb(fault, "picture_spoilt", "camera", item=belt_item.number)
    return fault.how


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
    if (fault := faults.first(RecognizerSays)) is not None:
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
    """The source of a scenario's pictures. Raises `ScenarioError` for a folder that has not its pictures."""
    streams = Streams(scenario.seed)
    oracle = scenario.recognizer.source == "oracle"
    shown = BlankImages() if scenario.has_blank_pictures else _shown(scenario.camera, streams)
    kind = OraclePictures if oracle else PlainPictures
    return kind(scenario.recognizer, shown, streams.stream("camera"), faults)


def _shown(camera: Camera, streams: Streams) -> Shown:
    rendered = RenderedImages(camera.look, streams)
    if camera.source in (None, "rendered"):
        return rendered
    folder = load_pictures(Path(camera.source))
    if camera.digest not in (None, folder.digest):
        must = f"{camera.digest}, that of the scenario's pictures (--pictures names their folder)"
        raise ScenarioError("camera.digest", folder.digest, must)
    return FolderImages(folder, streams, rendered)


def load_pictures_of(scenario: Scenario) -> None:
    """Load what makes the scenario's pictures: loading it during a run would delay real time.

    Raises `TwinError` for a folder without pictures of the scenario's items.
    """
    source = scenario.camera.source
    if source is not None or scenario.recognizer.source == "images":
        import_module("classifier.rendering.renderer")
    if source in (None, "rendered"):
        return
    classes, folder = scenario.item_classes, load_pictures(Path(source))
    missing = [name for name in classes if name not in folder.classes]
    if missing:
        raise ScenarioError("camera.source", source, f"a folder with pictures of {', '.join(missing)}")
