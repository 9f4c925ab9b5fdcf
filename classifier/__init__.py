"""The recognizer: renders, trains, measures and runs the ResNet that says ripe, half_ripe, raw or unknown.

Importing the package loads nothing heavy; `Classifier` brings numpy, OpenCV and onnxruntime when it is first named.
"""

import os
from typing import TYPE_CHECKING

from classifier.errors import ClassifierError
from classifier.recognition import UNKNOWN, Recognition, Recognizer

if TYPE_CHECKING:
    from classifier.inference import Classifier

__all__ = ["UNKNOWN", "Classifier", "ClassifierError", "Recognition", "Recognizer"]

# onnxruntime 1.29 and later report use over the network, and leave a device id in the home, unless told before they are
# loaded. Nobody who sorts fruit was asked; whoever wants it sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def __getattr__(name: str) -> object:
    """The names that are loaded when they are first asked for."""
    if name == "Classifier":
        from classifier.inference import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether they were asked for before or not."""
    return sorted(__all__)
