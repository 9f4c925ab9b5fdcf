"""The camera: it takes an item's picture when the item's centre passes, and publishes it after a delay."""

from collections.abc import Callable, Sequence
from functools import partial

from controller import wire
from twin.pictures import picture_digest
from twin.plant.belt_item import BeltItem
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message
from twin.plant.picture_source import PictureSource
from twin.scenario.faults import Fault, ImageTwice, LateImage, NoImage
from twin.scenario.layout import Layout
from twin.timeline import Timeline
from twin.trace import AnyRecord, Effect, Photographed


class Camera:
    """The camera over the belt, at `position_m` from the loader.

    It records each picture. `on_photo` gets an item's number, and digest and bytes of its picture (an image file), at
    once. `send` gets the message with the picture after exposure and encoding.
    """

    def __init__(
        self, timeline: Timeline, layout: Layout, picture_source: PictureSource, faults: FaultInjector,
        record: Callable[[AnyRecord], None], send: Callable[[Message], None],
        on_photo: Callable[[int, str, bytes], None],
    ) -> None:  # fmt: skip
        self.position_m = layout.camera_m
        self._timeline = timeline
        self._exposure_s = layout.exposure_s
        self._picture_source = picture_source
        self._faults = faults
        self._record = record
        self._send = send
        self._on_photo = on_photo

    def pass_by(self, belt_item: BeltItem) -> None:
        """Take the picture of an item, or a foreign object, whose centre is under the camera."""
        item, image = belt_item.number, self._picture_source.picture(belt_item)
        digest = picture_digest(image)
        self._record(Photographed(self._timeline.now, item, digest, len(image)))
        if item > 0:  # A foreign object has no class to recognize.
            self._on_photo(item, digest, image)
        self._send_later(Message(wire.encode_feedback(wire.Image(content=image)), "camera", digest, item))

    def _send_later(self, message: Message) -> None:
        """Send the picture after exposure and encoding. Faults delay, repeat or suppress it."""
        faults, item = self._faults, message.item
        if (missing := faults.first(NoImage)) is not None:
            faults.disturb(missing, "picture_lost", "camera", item=item)
            return
        ready_s = self._timeline.now + self._exposure_s
        late, repeats = faults.active(LateImage), faults.active(ImageTwice)
        for delay in late:
            faults.disturb(delay, "picture_late", "camera", item=item)
            ready_s += delay.delay_s
        self._timeline.call_at(ready_s, partial(self._send_now, message, late[:1], "picture_late"))
        for repeat in repeats:
            faults.disturb(repeat, "picture_twice", "camera", item=item)
            ready_s += repeat.delay_s
            self._timeline.call_at(ready_s, partial(self._send_now, message, [repeat], "picture_twice"))

    def _send_now(self, message: Message, faults: Sequence[Fault], what: Effect) -> None:
        """Send the picture. A late or repeated picture also disturbs the items that are next to the camera now."""
        for fault in faults:
            self._faults.disturb(fault, what, "camera", at_m=self.position_m)
        self._send(message)
