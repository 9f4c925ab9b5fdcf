"""A stand-in for an engine that answers by colour."""

import numpy as np
from numpy.typing import NDArray

from classifier.metadata import Calibration, ModelMetadata

CLASSES = ("half_ripe", "raw", "ripe", "unknown")


class HueEngine:
    """Answers by the mean colour of the picture: red is ripe, green is raw, blue is unknown, anything else half ripe.

    Keeps the sizes of the batches that it was given.
    """

    name = "int8"

    def __init__(self, calibration: Calibration | None = None) -> None:
        self.metadata = ModelMetadata(
            arch="resnet18", classes=CLASSES, image_px=32, calibrations={"int8": calibration or Calibration()}
        )
        self.batches: list[int] = []

    def run(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.batches.append(len(images))
        blue, green, red = np.moveaxis(images.astype(np.float32).mean(axis=(1, 2)), 1, 0)
        dull = np.full_like(red, 60.0)
        logits = np.stack([dull, green, red, blue], axis=1) / 10
        return logits.astype(np.float32), np.zeros(len(images), np.float32)
