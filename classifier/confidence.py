"""From a network's raw answers to probabilities that mean what they say, `unknown` among them.

The probability of a class is softmax(logits / temperature) (Guo et al. 2017) times the probability that the image is
of a known kind at all, a logistic function of its distance from the known classes. The rest belongs to `unknown`.
The probability that an image lies between two classes goes to both, half and half, so that neither is sure of it.
"""

import numpy as np
from numpy.typing import NDArray

from classifier.metadata import BETWEEN, Calibration, ModelMetadata

Floats = NDArray[np.float64]


def probabilities(
    logits: NDArray[np.float32], distances: NDArray[np.float32], calibration: Calibration, metadata: ModelMetadata
) -> Floats:
    """Probabilities [n, classes] from a model's logits [n, outputs] and distances [n]; the last class is `unknown`."""
    known = tempered_softmax(logits, calibration, unknown=len(metadata.classes) - 1) @ _class_shares(metadata)
    far = (distances.astype(np.float64) - calibration.distance_cut) / calibration.distance_scale
    known[:, :-1] *= (1 / (1 + np.exp(np.clip(far, -50, 50))))[:, None]
    known[:, -1] = 1 - known[:, :-1].sum(axis=1)
    return known


def tempered_softmax(logits: NDArray[np.float32], calibration: Calibration, *, unknown: int) -> Floats:
    """Softmax of logits [n, outputs] at the calibration's temperature, with its odds of the output `unknown`."""
    scaled = logits.astype(np.float64) / calibration.temperature
    scaled[:, unknown] += np.log(calibration.unknown_odds)
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled


def _class_shares(metadata: ModelMetadata) -> Floats:
    """The share of each output's probability that each class gets [outputs, classes].

    A class gets all of its own output, and half of each output between it and another class.
    """
    rows = [[name in output.split(BETWEEN) for name in metadata.classes] for output in metadata.outputs]
    shares = np.array(rows, np.float64)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
