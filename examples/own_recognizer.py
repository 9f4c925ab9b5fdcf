"""A recognizer of one's own: anything with a `classify` that takes an image file's bytes.

This one knows nothing but colour: it takes the median hue of the colourful pixels in the picture's middle. The twin
draws pictures of the items, so that a real recognizer can answer. Prints for it, and for the model that comes with the
package, how many of 30 items came into the bin of their class, were sure but wrong, and rode to reject.

    python examples/own_recognizer.py
"""

import cv2
import numpy as np

from classifier import UNKNOWN, Classifier, Recognition, Recognizer
from twin import ItemDraw, RecognizerModel, Scenario, simulate

HUES = (("ripe", 0, 9), ("half_ripe", 10, 24), ("raw", 27, 80))
"""OpenCV's hues, from 0 to 179."""


class ByColour:
    """Labels an item by its hue; a hue near the end of a class is not sure."""

    def classify(self, image: bytes) -> Recognition:
        """The label that the hue says. A picture that cannot be decoded is unknown."""
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            return Recognition(label=UNKNOWN, confidence=1.0)
        height, width = pixels.shape[:2]
        middle = pixels[height // 3 : -height // 3, width // 3 : -width // 3]
        hue, saturation, _ = cv2.split(cv2.cvtColor(middle, cv2.COLOR_BGR2HSV))
        colourful = hue[saturation > 90]
        found = float(np.median(np.where(colourful > 150, 0, colourful))) if colourful.size else -1.0
        for label, low, high in HUES:
            if low <= found <= high:
                return Recognition(label=label, confidence=0.95)
        return Recognition(label=UNKNOWN, confidence=0.9)


def show(name: str, recognizer: Recognizer) -> None:
    """Run a stack of items with it."""
    scenario = Scenario(seed=6, items=ItemDraw(count=30), recognizer=RecognizerModel(source="images"))
    summary = simulate(scenario, recognizer=recognizer).summary
    print(f"{name}: {summary.correct} right, {summary.recognizer.misread} misread, {summary.rejected} rejected")


if __name__ == "__main__":
    show("by colour", ByColour())
    show("shipped model", Classifier.load())
