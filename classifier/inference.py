"""The classifier: an image file's bytes in, a label and a calibrated confidence out."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import TornImageError, decode
from classifier.engine import Engine, open_engine
from classifier.errors import ImageError
from classifier.metadata import Calibration, Card
from classifier.recognition import UNKNOWN, Recognition
from classifier.training.calibration import Floats, probabilities

SHIPPED: Final = Path(__file__).parent / "weights" / "resnet18-int8.onnx"
"""The model that runs where no other is named."""


class Classifier:
    """A model ready to answer. Safe to call from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.card: Card = engine.card
        self._calibration = self.card.calibrations.get(engine.name, Calibration())
        warm = np.zeros((1, self.card.image_px, self.card.image_px, 3), np.uint8)
        engine.run(warm)

    @classmethod
    def load(cls, path: str | Path | None = None, *, threads: int = 1) -> "Classifier":
        """The model in a file (None: the shipped one). Raises `ModelError`, `MissingExtraError`."""
        return cls(open_engine(SHIPPED if path is None else Path(path), threads=threads))

    @property
    def threshold(self) -> float:
        """The confidence from which an answer of this engine is sure."""
        return self._calibration.threshold

    def classify(self, image: bytes) -> Recognition:
        """The answer for one JPEG or PNG file. A torn file is `unknown`. Raises `ImageError` for what is no picture."""
        begin_s = time.perf_counter()
        try:
            pixels = decode(image, self.card.image_px)
        except TornImageError:
            return self._unseen(time.perf_counter() - begin_s)
        answer = self.answers(pixels[None])[0]
        return self._recognition(answer, time.perf_counter() - begin_s)

    def classify_many(self, images: Sequence[bytes]) -> list[Recognition | ImageError]:
        """The answers for several files in one pass of the network, in their order; an error in place of an answer."""
        begin_s = time.perf_counter()
        answers: list[Recognition | ImageError] = [self._unseen(0.0)] * len(images)
        pixels: dict[int, NDArray[np.uint8]] = {}
        for number, image in enumerate(images):
            try:
                pixels[number] = decode(image, self.card.image_px)
            except TornImageError:
                continue
            except ImageError as error:
                answers[number] = error
        if pixels:
            rows = self.answers(np.stack(list(pixels.values())))
            seconds = (time.perf_counter() - begin_s) / len(pixels)
            for number, row in zip(pixels, rows, strict=True):
                answers[number] = self._recognition(row, seconds)
        return answers

    def answers(self, pixels: NDArray[np.uint8]) -> Floats:
        """The calibrated probabilities [n, classes] of images [n, image_px, image_px, 3] in BGR."""
        logits, distances = self.engine.run(pixels)
        return probabilities(logits, distances, self._calibration, self.card)

    def _recognition(self, answer: NDArray[np.float64], seconds: float) -> Recognition:
        best = int(answer.argmax())
        confidence = float(answer[best])
        return Recognition(
            label=self.card.classes[best],
            confidence=confidence,
            margin=confidence - self._calibration.threshold,
            seconds=seconds,
        )

    def _unseen(self, seconds: float) -> Recognition:
        return Recognition(label=UNKNOWN, confidence=1.0, margin=1.0 - self._calibration.threshold, seconds=seconds)
