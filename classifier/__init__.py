"""The recognizer: the ResNet that says ripe, half_ripe, raw or unknown of a picture, and all that makes it.

`Classifier.load().classify(image)` answers for one JPEG or PNG file. `classifier.rendering` draws the pictures that the
model is trained on, `classifier.training` makes and measures a model; a deployment needs neither. Importing the package
loads nothing heavy: `Classifier` brings numpy, OpenCV and onnxruntime when it is first named.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from classifier.errors import ClassifierError, ImageError, ModelError
from classifier.recognition import UNKNOWN, Recognition, Recognizer

if TYPE_CHECKING:
    from classifier.inference import Classifier
    from classifier.metadata import ModelMetadata

__all__ = [
    "UNKNOWN", "Classifier", "ClassifierError", "ImageError", "ModelError", "ModelMetadata", "Recognition",
    "Recognizer",
]  # fmt: skip

_HOMES: Final = {"Classifier": "classifier.inference", "ModelMetadata": "classifier.metadata"}

# onnxruntime 1.29 and later report use over the network, and leave a device id in the home, unless the environment says
# otherwise before they are loaded. Nobody who sorts fruit was asked; who wants the reports sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name in _HOMES:
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, whether they were asked for before or not."""
    return sorted(__all__)
