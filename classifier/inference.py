"""The classifier: an image file's bytes in, a label and a calibrated confidence out."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.confidence import Floats, probabilities
from classifier.decoding import TornImageError, decode
from classifier.engine import Engine, OnnxEngine
from classifier.errors import ImageError
from classifier.metadata import Calibration, ModelMetadata
from classifier.recognition import UNKNOWN, Recognition

SHIPPED: Final = Path(__file__).parent / "weights" / "resnet18-int8.onnx"
"""The model that runs where no other is named."""


class Classifier:
    """A model ready to answer, on any engine. Safe to call from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.metadata: ModelMetadata = engine.metadata
        self._calibration = self.metadata.calibrations.get(engine.name, Calibration())
        first = np.zeros((1, self.metadata.image_px, self.metadata.image_px, 3), np.uint8)
        engine.run(first)  # The first run takes longest.

    @classmethod
    def load(cls, path: str | Path | None = None, *, threads: int = 1) -> "Classifier":
        """The model in an ONNX file; None is the shipped one. Raises `ModelError`."""
        return cls(OnnxEngine(SHIPPED if path is None else Path(path), threads=threads))

    @property
    def threshold(self) -> float:
        """The confidence from which an answer of this engine is sure."""
        return self._calibration.threshold

    def classify(self, image: bytes) -> Recognition:
        """The answer for one JPEG or PNG file; a torn file is `unknown`. Raises `ImageError` for any other bytes."""
        begin_s = time.perf_counter()
        try:
            pixels = decode(image, self.metadata.image_px)
        except TornImageError:
            return self._unknown(time.perf_counter() - begin_s)
        answer = self.answers(pixels[None])[0]
        return self._recognition(answer, time.perf_counter() - begin_s)

    def classify_many(self, images: Sequence[bytes]) -> list[Recognition | ImageError]:
        """The answers for several files in their order, from one pass of the network.

        A file that is no picture gets its `ImageError` in place of an answer.
        """
        begin_s = time.perf_counter()
        answers: list[Recognition | ImageError] = [self._unknown(0.0)] * len(images)
        pixels: dict[int, NDArray[np.uint8]] = {}
        for number, image in enumerate(images):
            try:
                pixels[number] = decode(image, self.metadata.image_px)
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
        return probabilities(logits, distances, self._calibration, self.metadata)

    def _recognition(self, answer: NDArray[np.float64], seconds: float) -> Recognition:
        best = int(answer.argmax())
        confidence = float(answer[best])
        return Recognition(
            label=self.metadata.classes[best],
            confidence=confidence,
            margin=confidence - self._calibration.threshold,
            seconds=seconds,
        )

    def _unknown(self, seconds: float) -> Recognition:
        return Recognition(label=UNKNOWN, confidence=1.0, margin=1.0 - self._calibration.threshold, seconds=seconds)
