"""A recognizer's answer for one image. Imports the standard library only, so that anybody can afford it."""

from dataclasses import dataclass
from typing import Final, Protocol

UNKNOWN: Final = "unknown"
"""The label of an image that shows no class: empty belt, foreign object, noise, torn or dark picture."""

SURE_AT: Final = 0.80
"""The confidence from which an answer is sure, where neither a model nor the settings say otherwise."""

SERVICE_PATH: Final = "/aisim_tf_pre"
"""Where a recognition service takes its pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A recognizer's answer for one image.

    `confidence` is a calibrated probability in [0, 1]; `margin` is how far it lies above the recognizer's own
    threshold (negative: not sure); `seconds` is the wall time that the answer took.
    """

    label: str
    confidence: float
    margin: float = 0.0
    seconds: float = 0.0


class Recognizer(Protocol):
    """Turns an image file's bytes (JPEG or PNG) into a label and a confidence."""

    def classify(self, image: bytes) -> Recognition:
        """Answer for one image. Raises `ClassifierError` or `RecognizerError` when there is no answer."""
        ...
