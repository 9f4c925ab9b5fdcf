"""The recognizer: renders, trains, measures and runs the ResNet that says ripe, half_ripe, raw or unknown."""

from classifier.errors import ClassifierError
from classifier.recognition import UNKNOWN, Recognition, Recognizer

__all__ = ["UNKNOWN", "ClassifierError", "Recognition", "Recognizer"]
