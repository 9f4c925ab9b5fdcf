"""The recognizer: renders, trains, measures and runs the ResNet that says ripe, half_ripe, raw or unknown.

Importing the package loads nothing heavy; `Classifier` brings numpy, OpenCV and onnxruntime when it is first named.
"""

from typing import TYPE_CHECKING

from classifier.errors import ClassifierError
from classifier.recognition import UNKNOWN, Recognition, Recognizer

if TYPE_CHECKING:
    from classifier.inference import Classifier

__all__ = ["UNKNOWN", "Classifier", "ClassifierError", "Recognition", "Recognizer"]


def __getattr__(name: str) -> object:
    """The names that are loaded when they are first asked for."""
    if name == "Classifier":
        from classifier.inference import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
